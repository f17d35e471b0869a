//! Tells neighbours who answers for an address: gratuitous ARP and unsolicited Neighbor Advertisements,
//! on a thread of its own, so that thousands of addresses keep no advert waiting.

mod arp;
mod line;
mod neighbour;
mod pace;
mod queue;

use std::io;
use std::net::IpAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;

use ha_common::Nanos;

use self::pace::Lane;
pub use self::pace::{Pace, PaceGroup, Pacing};
use self::queue::{Queues, Round};
use super::urgency::hasten;
use super::{Held, clock};

/// What neighbours on the link of `ifindex` are told: `mac` answers for `address`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The interface.
    pub ifindex: u32,
    /// Who answers.
    pub mac: [u8; 6],
    /// For what.
    pub address: IpAddr,
}

/// The thread that makes announcements, on any interface of a network namespace.
#[derive(Debug)]
pub struct Announcer(Sender<(Lane, Round)>);

impl Announcer {
    /// Starts the thread in the network namespace of the calling one. It ends with this value.
    ///
    /// # Errors
    /// The process may not have another thread.
    pub fn spawn() -> io::Result<Self> {
        let (rounds, inbox) = channel();
        thread::Builder::new()
            .name("announcements".into())
            .spawn(move || work(&inbox))?;
        Ok(Self(rounds))
    }

    /// Asks for `announcements`, each `repeat` times, and returns at once. All are made once before any
    /// is repeated, and none after `held` has said that the addresses are no longer held.
    pub fn announce(
        &self,
        announcements: Vec<Announcement>,
        repeat: u32,
        pacing: &Pacing,
        held: Held,
    ) {
        let mut left = announcements;
        let side = |one: &Announcement| (one.ifindex, one.address.is_ipv6());
        left.sort_by_key(side);
        for alike in left.chunk_by(|one, other| side(one) == side(other)) {
            let (lane, pause) = pacing.of(&alike[0]);
            let round = Round::new(alike, repeat, pause, held.clone());
            // The thread ends only when this sender is gone.
            let _ = self.0.send((lane, round));
        }
    }
}

fn work(inbox: &Receiver<(Lane, Round)>) {
    hasten();
    let mut queues = Queues::default();
    loop {
        match next(inbox, queues.next_at()) {
            Ok((lane, round)) => queues.add(lane, round),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        queues.speak(clock::now());
    }
}

/// Waits for the next round until `limit`, if there is one.
fn next(
    inbox: &Receiver<(Lane, Round)>,
    limit: Option<Nanos>,
) -> Result<(Lane, Round), RecvTimeoutError> {
    match limit {
        Some(at) => inbox.recv_timeout(at.saturating_since(clock::now())),
        None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
    }
}
