//! Adverts: those of a tick leave together, each only while its router owns.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use ha_common::{Nanos, Priority};

use super::super::plan::RouterPlan;
use super::{Carriage, Executor};
use crate::net::advert::{Cast, Frames};
use crate::net::clock;
use crate::net::peers::{LastSent, Way};
use crate::net::socket::Path;
use crate::vrrp::RouterId;

/// Adverts that one system call takes: as many as an interface has virtual routers. The lease is
/// looked at before the first of them leaves and after the last.
const BATCH: usize = 256;

/// What a router says, over and over, and by which way.
#[derive(Debug)]
pub(super) struct Voice {
    path: Path,
    priority: Priority,
    frames: Frames,
}

impl Voice {
    fn new(plan: &RouterPlan, priority: Priority) -> Self {
        let framing = &plan.framing;
        Self {
            path: Path {
                ifindex: plan.ifindex,
                source: framing.source,
                multicast: framing.cast.is_multicast(),
            },
            priority,
            frames: Frames::new(framing, priority),
        }
    }
}

impl Carriage {
    /// What is said with `priority`.
    fn find_voice(&mut self, priority: Priority) -> &Voice {
        self.voice.take_if(|voice| voice.priority != priority);
        let speak = || Voice::new(&self.plan, priority);
        self.voice.get_or_insert_with(speak)
    }
}

/// An advert that waits to leave, in the voice of its router.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    router: RouterId,
    path: Path,
    says: Says,
}

/// What an advert tells others.
#[derive(Clone, Debug)]
pub(super) enum Says {
    /// That its router is Active: from when the advert counts, and until when it lets the router
    /// own its addresses.
    Alive(Range<Nanos>),
    /// That the Active router is to yield, for its router has decided so then.
    Yield(Nanos),
    /// That its router leaves.
    Farewell,
}

impl Says {
    /// What an advert of `priority` says that the engine has made at `sent_at`.
    pub(super) fn new(priority: Priority, sent_at: Nanos, lease: Option<Nanos>) -> Self {
        match lease {
            Some(until) => Self::Alive(sent_at..until),
            None if priority == Priority::LEAVING => Self::Farewell,
            None => Self::Yield(sent_at),
        }
    }
}

impl Executor {
    pub(super) fn is_speaking(&self, router: RouterId) -> bool {
        let carriage = self.routers.get(router);
        carriage.is_some_and(|carriage| carriage.speaking)
    }

    /// Queues an advert for [`Self::send_waiting`].
    pub(super) fn advertise(&mut self, router: RouterId, priority: Priority, says: Says) {
        if matches!(says, Says::Farewell) && self.defer_farewell(router) {
            return;
        }
        let Some(carriage) = self.routers.get_mut(router) else {
            return;
        };
        carriage.speaking = true;
        let path = carriage.find_voice(priority).path;
        self.waiting.push(Waiting { router, path, says });
    }

    /// Has the way to unicast peers looked after while the ownership of now lasts. A reload may have
    /// changed them, but makes another router of one that speaks by multicast.
    pub(super) fn keep_peers(&self, router: RouterId) {
        let Some(plan) = self.plan(router) else {
            return;
        };
        let Cast::Unicast(peers) = &plan.framing.cast else {
            return;
        };
        self.peers.keep(Way {
            router,
            ifindex: plan.ifindex,
            peers: peers.clone(),
            spacing: plan.parameters.advert_spacing(),
            last_sent: self.last_sent(router),
        });
    }

    /// Tells another thread when the last advert of the ownership of now left, while it lasts.
    fn last_sent(&self, router: RouterId) -> LastSent {
        let records = self.records.clone();
        let since = records.record(router).owned_since();
        Arc::new(move || {
            let record = records.record(router);
            let lasts = record.owned_since() == since && records.owns(router, clock::now());
            lasts.then(|| record.last_sent())
        })
    }

    /// Without a data path, the peer must not take over while the kernel here still answers.
    fn defer_farewell(&mut self, router: RouterId) -> bool {
        match self.routers.get_mut(router) {
            Some(carriage) if carriage.leaving && !self.guarded => {
                carriage.farewell = true;
                true
            }
            _ => false,
        }
    }

    /// Sends all queued adverts.
    pub(super) fn send_waiting(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.sort_by_key(|advert| advert.path);
        for same_way in waiting.chunk_by(|one, other| one.path == other.path) {
            for batch in same_way.chunks(BATCH) {
                self.send_batch(batch);
            }
        }
        for advert in waiting.drain(..) {
            if let Some(carriage) = self.routers.get_mut(advert.router) {
                carriage.speaking = false;
            }
        }
        // Keeps its memory for the next tick.
        self.waiting = waiting;
    }

    /// This process may have stood still since the engine looked, or may do so in the send: a
    /// lease that has expired meanwhile is neither spoken for nor renewed, and who is Active
    /// meanwhile is not told to yield.
    fn send_batch(&mut self, batch: &[Waiting]) {
        let now = clock::now();
        let batch: Vec<_> = batch
            .iter()
            .filter(|advert| self.may_speak(advert, now))
            .collect();
        let outcomes = self.send_together(&batch);
        let now = clock::now();
        for (advert, outcome) in batch.into_iter().zip(outcomes) {
            if outcome.is_ok() {
                self.record_advert(advert, now);
            }
            self.note(advert.router, outcome);
        }
    }

    /// `advert` has left before `now`.
    fn record_advert(&self, advert: &Waiting, now: Nanos) {
        let record = self.records.record(advert.router);
        match &advert.says {
            Says::Alive(lease) if self.may_speak(advert, now) => {
                record.set_last_sent(lease.start);
                record.set_owned_until(lease.end);
            }
            Says::Yield(_) => record.set_last_sent(now),
            Says::Alive(_) | Says::Farewell => {}
        }
    }

    fn may_speak(&self, advert: &Waiting, now: Nanos) -> bool {
        match advert.says {
            Says::Alive(_) => self.records.owns(advert.router, now),
            Says::Yield(since) => self.records.record(advert.router).last_advert() <= since,
            Says::Farewell => true,
        }
    }

    /// Hands adverts that leave the same way to the kernel. Returns for each whether one of its
    /// packets was taken: a peer out of reach is no reason to keep quiet towards the others.
    fn send_together(&self, batch: &[&Waiting]) -> Vec<io::Result<()>> {
        let Some(first) = batch.first() else {
            return Vec::new();
        };
        let frames = |advert: &&Waiting| {
            let voice = self.routers.get(advert.router)?.voice.as_ref()?;
            Some(&voice.frames)
        };
        let packets: Vec<_> = batch
            .iter()
            .filter_map(frames)
            .flat_map(Frames::packets)
            .collect();
        let mut outcomes = self.socket.send_all(first.path, &packets).into_iter();
        let outcome = |advert: &&Waiting| {
            let packets = frames(advert).map_or(0, |frames| frames.packets().len());
            let none = Err(io::ErrorKind::NotConnected.into());
            outcomes.by_ref().take(packets).fold(none, io::Result::or)
        };
        batch.iter().map(outcome).collect()
    }

    /// Says what has kept an advert of `router` from leaving, once.
    fn note(&mut self, router: RouterId, outcome: io::Result<()>) {
        let Some(Carriage {
            plan, send_failed, ..
        }) = self.routers.get_mut(router)
        else {
            return;
        };
        let failed = outcome.is_err();
        if let Err(error) = outcome
            && !*send_failed
        {
            log::warn!("({}) cannot send adverts: {error}", plan.name);
        }
        *send_failed = failed;
    }
}
