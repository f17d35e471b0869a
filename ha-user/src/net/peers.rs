//! Unicast peers that the kernel has lost, on a thread that may wait for its lock.
//!
//! For a neighbour that does not answer, the kernel asks once a second. What is sent there meanwhile
//! waits, and leaves all at once when the neighbour answers. After a cut that would let two
//! directors be Active for a second more, and then look like a claim. So a neighbour that has left an
//! advert unanswered for some milliseconds is declared failed: the kernel drops what waits, and asks
//! again for the sake of the next packet, which is the next advert or comes earlier.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use ha_common::Nanos;
use netlink_packet_route::neighbour::NeighbourState;

use super::clock;
use super::neighbours::Neighbour;
use super::netlink::{Netlink, Refusal};
use super::urgency::hasten;
use crate::vrrp::RouterId;

/// How long a neighbour on the LAN may take to answer, unless adverts follow each other too closely
/// for that. Its kernel does so, not a process.
const PATIENCE: Duration = Duration::from_millis(4);
/// Of the time between two adverts, the share that is patience at most.
const SHARE: u32 = 4;
/// No router speaks more often.
const SHORTEST_SPACING: Duration = Duration::from_millis(1);

/// Answers when the last advert of a router has left, or that it sends no more.
pub type LastSent = Arc<dyn Fn() -> Option<Nanos> + Send + Sync>;

/// The way of a router's adverts.
pub struct Way {
    /// Whose adverts.
    pub router: RouterId,
    /// Interface that they leave by.
    pub ifindex: u32,
    /// Where they go.
    pub peers: Vec<IpAddr>,
    /// From one of them to the next.
    pub spacing: Duration,
    /// When the last one left.
    pub last_sent: LastSent,
}

/// The thread that keeps the ways to unicast peers open.
#[derive(Debug)]
pub struct PeerKeeper(Sender<Way>);

impl PeerKeeper {
    /// Starts the thread in the network namespace of the calling one. It ends with this value.
    ///
    /// # Errors
    /// The process may not have another thread or file descriptor.
    pub fn spawn() -> io::Result<Self> {
        let netlink = Netlink::open()?;
        let (ways, inbox) = channel();
        thread::Builder::new()
            .name("peers".into())
            .spawn(move || work(netlink, &inbox))?;
        Ok(Self(ways))
    }

    /// Looks after `way` from now on, for as long as its router sends; returns at once. It takes
    /// the place of what the same router has asked for before.
    pub fn keep(&self, way: Way) {
        // The thread ends only when this sender is gone.
        let _ = self.0.send(way);
    }
}

fn work(mut netlink: Netlink, inbox: &Receiver<Way>) {
    hasten();
    let mut ways = Ways::default();
    loop {
        let next = match ways.next_look() {
            Some(at) => inbox.recv_timeout(at.saturating_since(clock::now())),
            None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match next {
            Ok(way) => ways.keep(way, clock::now()),
            Err(RecvTimeoutError::Timeout) => {
                let due = ways.due(clock::now());
                ways.note(due.iter().map(|peer| look_at(&mut netlink, *peer)));
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Ways that are looked after.
#[derive(Default)]
struct Ways {
    kept: BTreeMap<RouterId, (Way, Nanos)>,
    /// Somebody was found lost in the last look.
    lost: bool,
}

impl Ways {
    fn keep(&mut self, way: Way, now: Nanos) {
        self.kept.remove(&way.router);
        if let Some(last_sent) = (way.last_sent)()
            && !way.peers.is_empty()
        {
            let look_at = next_look(last_sent, way.spacing, self.lost, now);
            self.kept.insert(way.router, (way, look_at));
        }
    }

    fn next_look(&self) -> Option<Nanos> {
        self.kept.values().map(|(_, look_at)| *look_at).min()
    }

    /// Forgets ways that nothing is sent any more, and returns the peers that it is time to look at,
    /// each once: routers that speak together are looked after together.
    fn due(&mut self, now: Nanos) -> BTreeSet<Neighbour> {
        let lost = self.lost;
        let mut due = BTreeSet::new();
        self.kept.retain(|_, (way, look_at)| {
            let Some(last_sent) = (way.last_sent)() else {
                return false;
            };
            if *look_at <= now {
                *look_at = next_look(last_sent, way.spacing, lost, now);
                // An advert that was late is given the same time.
                if last_sent + patience(way.spacing) <= now {
                    due.extend(way.peers.iter().map(|address| Neighbour {
                        ifindex: way.ifindex,
                        address: *address,
                    }));
                }
            }
            true
        });
        due
    }

    /// Notes which of the peers that it was time to look at are lost. If there were none, nothing
    /// new is known.
    fn note(&mut self, lost: impl Iterator<Item = bool>) {
        self.lost = lost.reduce(|one, other| one | other).unwrap_or(self.lost);
    }
}

fn patience(spacing: Duration) -> Duration {
    PATIENCE.min(spacing / SHARE)
}

/// When to look next, after `now`, at the peers of a router that speaks every `spacing` and did so
/// `last_sent`: some time after each advert, so that it does not wait longer than that; and while
/// somebody is `lost` also as long before the next, for another packet may have made the kernel
/// ask once and wait since.
fn next_look(last_sent: Nanos, spacing: Duration, lost: bool, now: Nanos) -> Nanos {
    let spacing = spacing.max(SHORTEST_SPACING);
    let patience = patience(spacing);
    let turns = now.saturating_since(last_sent).as_nanos() / spacing.as_nanos();
    let turn = last_sent + spacing * u32::try_from(turns).unwrap_or(u32::MAX);
    let next = turn + spacing;
    let before = (next - patience, lost);
    [(turn + patience, true), before]
        .into_iter()
        .find_map(|(at, wanted)| (wanted && at > now).then_some(at))
        .unwrap_or(next + patience)
}

/// Returns whether the kernel knows no way to `peer`, and then has it ask anew for the next packet. A
/// peer that it reaches by way of a router is not its neighbour, and not lost.
fn look_at(netlink: &mut Netlink, peer: Neighbour) -> bool {
    ask_anew_if_lost(netlink, peer).unwrap_or_else(|refusal| {
        if refusal.errno != libc::ENOENT {
            log::debug!("cannot look for {}: {refusal}", peer.address);
        }
        false
    })
}

fn ask_anew_if_lost(netlink: &mut Netlink, peer: Neighbour) -> Result<bool, Refusal> {
    let state = peer.state(netlink)?;
    if state == Some(NeighbourState::Incomplete) {
        peer.give_up(netlink)?;
    }
    Ok(matches!(
        state,
        Some(NeighbourState::Incomplete | NeighbourState::Failed)
    ))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::*;

    const PEER: Neighbour = Neighbour {
        ifindex: 2,
        address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 12)),
    };
    const SPACING: Duration = Duration::from_millis(100);

    fn at(ms: u64) -> Nanos {
        Nanos::new(0) + Duration::from_millis(ms)
    }

    /// A way of adverts of which the last left at `sent` milliseconds; zero for no more.
    fn way(router: u32, sent: &Arc<AtomicU64>) -> Way {
        let sent = Arc::clone(sent);
        Way {
            router: RouterId(router),
            ifindex: PEER.ifindex,
            peers: vec![PEER.address],
            spacing: SPACING,
            last_sent: Arc::new(move || {
                let ms = sent.load(Relaxed);
                (ms > 0).then(|| at(ms))
            }),
        }
    }

    #[test]
    fn peers_are_looked_at_after_each_advert_and_before_the_next_if_lost() {
        let look = |lost, now| next_look(at(1000), SPACING, lost, at(now));
        assert_eq!(look(false, 1000), at(1004));
        assert_eq!(look(false, 1004), at(1104));
        assert_eq!(look(true, 1004), at(1096));
        assert_eq!(look(true, 1096), at(1104));
        assert_eq!(look(false, 1250), at(1304));
        let quick = next_look(at(1000), Duration::from_millis(10), false, at(1000));
        assert_eq!(quick, at(1000) + Duration::from_micros(2500));
    }

    #[test]
    fn an_advert_that_was_late_is_given_time() {
        let sent = Arc::new(AtomicU64::new(1000));
        let mut ways = Ways::default();
        ways.keep(way(1, &sent), at(1004));
        assert_eq!(ways.next_look(), Some(at(1104)));
        sent.store(1102, Relaxed);
        assert!(ways.due(at(1104)).is_empty());
        assert_eq!(ways.next_look(), Some(at(1106)));
        assert_eq!(ways.due(at(1106)), [PEER].into());
    }

    #[test]
    fn a_look_at_nobody_finds_nobody_again() {
        let mut ways = Ways::default();
        ways.note([false, true, false].into_iter());
        assert!(ways.lost);
        ways.note([].into_iter());
        assert!(ways.lost);
        ways.note([false].into_iter());
        assert!(!ways.lost);
    }

    #[test]
    fn a_peer_of_several_routers_is_looked_at_once_and_until_the_last_is_silent() {
        let [one, other] = [(); 2].map(|()| Arc::new(AtomicU64::new(1000)));
        let mut ways = Ways::default();
        ways.keep(way(1, &one), at(1000));
        ways.keep(way(2, &other), at(1000));
        assert_eq!(ways.due(at(1004)), [PEER].into());
        assert_eq!(ways.next_look(), Some(at(1104)));
        one.store(0, Relaxed);
        assert_eq!(ways.due(at(1104)), [PEER].into());
        other.store(0, Relaxed);
        assert!(ways.due(at(1304)).is_empty());
        assert_eq!(ways.next_look(), None);
    }

    #[test]
    fn a_router_without_peers_any_more_is_left_alone() {
        let sent = Arc::new(AtomicU64::new(1000));
        let mut ways = Ways::default();
        ways.keep(way(1, &sent), at(1000));
        let peers = Vec::new();
        ways.keep(
            Way {
                peers,
                ..way(1, &sent)
            },
            at(1000),
        );
        assert_eq!(ways.next_look(), None);
    }
}
