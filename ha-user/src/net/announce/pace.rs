//! How fast announcements follow each other, and which interfaces share that.

use std::net::IpAddr;
use std::time::Duration;

use super::Announcement;

/// What lies between two announcements of one kind; nothing is as fast as queues on the way can take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Between two gratuitous ARPs.
    pub arp: Duration,
    /// Between two unsolicited Neighbor Advertisements.
    pub neighbour: Duration,
}

/// Interfaces that share a pace: among all of them there is one announcement of a kind at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaceGroup {
    /// Theirs.
    pub pace: Pace,
    /// By their indices.
    pub interfaces: Vec<u32>,
}

/// The pace of every interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pacing {
    /// Of an interface that is in no group.
    pub alone: Pace,
    /// An interface in two of them follows the first.
    pub groups: Vec<PaceGroup>,
}

/// What announcements wait for: others of their kind on their interface, or of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lane {
    kind: Kind,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Arp,
    Neighbour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Interface(u32),
    /// By its number among the groups.
    Group(usize),
}

impl Pacing {
    /// Where `announcement` waits, and what it leaves behind itself.
    pub(super) fn of(&self, announcement: &Announcement) -> (Lane, Duration) {
        let ifindex = announcement.ifindex;
        let mut groups = self.groups.iter().enumerate();
        let (place, pace) = match groups.find(|(_, group)| group.interfaces.contains(&ifindex)) {
            Some((number, group)) => (Place::Group(number), group.pace),
            None => (Place::Interface(ifindex), self.alone),
        };
        let (kind, pause) = match announcement.address {
            IpAddr::V4(_) => (Kind::Arp, pace.arp),
            IpAddr::V6(_) => (Kind::Neighbour, pace.neighbour),
        };
        (Lane { kind, place }, pause)
    }
}
