//! Carries out runs of probes: thousands of sockets, and one thread that waits for all of them.

mod run;
mod target;

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use ha_common::Nanos;
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::time::Timespec;

pub use self::run::Timing;
pub use self::target::{Carrier, Target};

use self::run::{ROOM, Run};
use super::agenda::Agenda;
use super::dialogue::Dialogue;
use super::{Outcome, ProbeId};

/// Sockets that are looked at for one question to the kernel.
const BATCH: usize = 256;

/// What a run has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whose run it was.
    pub probe: ProbeId,
    /// Whether all is well.
    pub outcome: Outcome,
    /// How long what took.
    pub timing: Timing,
}

/// All runs that are under way, one of each probe at most.
pub struct Prober {
    epoll: OwnedFd,
    runs: BTreeMap<ProbeId, (Run, Nanos)>,
    /// When their time is up.
    limits: Agenda,
    events: Vec<Event>,
    room: Box<[u8; ROOM]>,
    findings: Vec<Finding>,
}

impl Prober {
    /// None yet.
    ///
    /// # Errors
    /// The process may not have another descriptor.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            runs: BTreeMap::new(),
            limits: Agenda::default(),
            events: Vec::with_capacity(BATCH),
            room: Box::new([0; ROOM]),
            findings: Vec::new(),
        })
    }

    /// Begins a run of `probe` that may take `timeout`; one that is under way is given up.
    pub fn begin(
        &mut self,
        now: Nanos,
        probe: ProbeId,
        target: &Target,
        dialogue: Box<dyn Dialogue>,
        timeout: Duration,
    ) {
        self.give_up(probe);
        let begun = Run::begin(target, dialogue, now).and_then(|run| {
            self.watch(probe, &run)?;
            Ok(run)
        });
        match begun {
            Ok(run) => {
                let limit = now + timeout;
                self.limits.add(limit, probe);
                self.runs.insert(probe, (run, limit));
            }
            Err(failure) => self.findings.push(Finding {
                probe,
                outcome: Err(failure),
                timing: Timing::default(),
            }),
        }
    }

    /// Gives a run up, of which nothing is told.
    pub fn give_up(&mut self, probe: ProbeId) {
        // Its socket leaves the epoll instance when it is closed.
        if let Some((_, limit)) = self.runs.remove(&probe) {
            self.limits.cross_out(limit, probe);
        }
    }

    /// Waits until a run can go on, or until `deadline`, and lets all go on that can.
    ///
    /// # Errors
    /// Waiting itself fails.
    pub fn wait(&mut self, clock: impl Fn() -> Nanos, deadline: Option<Nanos>) -> io::Result<()> {
        let deadline = [deadline, self.limits.next()].into_iter().flatten().min();
        let timeout = match self.findings.is_empty() {
            true => deadline.map(|at| at.saturating_since(clock())),
            false => Some(Duration::ZERO),
        };
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        self.events.clear();
        match epoll::wait(
            &self.epoll,
            spare_capacity(&mut self.events),
            timeout.as_ref(),
        ) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let now = clock();
        for index in 0..self.events.len() {
            let probe = self.events[index].data.u64();
            self.advance(now, ProbeId(u32::try_from(probe).unwrap_or(u32::MAX)));
        }
        while let Some((_, probe)) = self.limits.take_due(now) {
            if let Some((mut run, _)) = self.runs.remove(&probe) {
                let outcome = run.expire(now);
                self.note(probe, outcome, run.timing());
            }
        }
        Ok(())
    }

    /// What runs have found since this was asked last.
    pub fn findings(&mut self) -> impl Iterator<Item = Finding> + '_ {
        self.findings.drain(..)
    }

    /// Told once of everything that comes: a run goes on for as long as it can each time.
    fn watch(&self, probe: ProbeId, run: &Run) -> Result<(), super::Failure> {
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        let data = EventData::new_u64(probe.0.into());
        epoll::add(&self.epoll, run, data, flags)
            .map_err(|error| super::Failure::new(format!("cannot be waited for: {error}")))
    }

    fn advance(&mut self, now: Nanos, probe: ProbeId) {
        let Some((run, limit)) = self.runs.get_mut(&probe) else {
            return;
        };
        let Some(outcome) = run.advance(now, &mut self.room) else {
            return;
        };
        let (timing, limit) = (run.timing(), *limit);
        self.limits.cross_out(limit, probe);
        self.runs.remove(&probe);
        self.note(probe, outcome, timing);
    }

    fn note(&mut self, probe: ProbeId, outcome: Outcome, timing: Timing) {
        self.findings.push(Finding {
            probe,
            outcome,
            timing,
        });
    }
}

#[cfg(test)]
mod tests;
