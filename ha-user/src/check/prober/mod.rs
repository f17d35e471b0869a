//! Carries out runs of probes: thousands of them, and one thread that waits for all.

mod echo;
mod run;
mod target;

use std::collections::BTreeSet;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use ha_common::Nanos;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::time::Timespec;

pub use self::run::Timing;
pub use self::target::{Carrier, Target};

use self::echo::{Echo, EchoSocket, Way};
use self::run::{ROOM, Run, failed};
use super::agenda::Agenda;
use super::dialogue::Dialogue;
use super::{ByProbe, Failure, Outcome, ProbeId};

/// Sockets that are looked at for one question to the kernel.
const BATCH: usize = 256;
/// Time is up at multiples of this: who waits in vain by the thousand does not wake us as often.
const LIMITS: Duration = Duration::from_millis(1);
/// Marks events of sockets for echoes; below are probes.
const ECHOES: u64 = 1 << 32;
/// Marks what only ends the wait.
const CALLER: u64 = u64::MAX;

/// What a run is to do.
pub enum Errand {
    /// To talk.
    Talk(Carrier, Box<dyn Dialogue>),
    /// To be answered an echo.
    Echo,
}

/// What a run has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whose run it was.
    pub probe: ProbeId,
    /// Whether all is well.
    pub outcome: Outcome,
    /// What the server is to count for from now on, if that was told.
    pub weight: Option<u32>,
    /// How long what took.
    pub timing: Timing,
}

impl Finding {
    /// Of a run that could not even begin.
    #[must_use]
    pub fn failed(probe: ProbeId, failure: Failure) -> Self {
        Self {
            probe,
            outcome: Err(failure),
            weight: None,
            timing: Timing::default(),
        }
    }
}

/// All runs that are under way, one of each probe at most.
pub struct Prober {
    epoll: OwnedFd,
    runs: ByProbe<Underway>,
    /// When their time is up.
    limits: Agenda,
    echoes: Vec<(Way, EchoSocket)>,
    /// Echoes that were asked for.
    asked: u32,
    /// What the kernel tells, and of whom.
    told: Vec<(u64, EventFlags)>,
    room: Box<[u8; ROOM]>,
    findings: Vec<Finding>,
    /// Runs that go on without being told.
    interrupted: BTreeSet<ProbeId>,
}

struct Underway {
    limit: Nanos,
    kind: Kind,
}

enum Kind {
    Talking(Run),
    /// The echo of this number was asked for then.
    Waiting {
        number: u32,
        since: Nanos,
    },
}

/// Runs begin and end.
impl Prober {
    /// None yet.
    ///
    /// # Errors
    /// The process may not have another descriptor.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            runs: ByProbe::default(),
            limits: Agenda::default(),
            echoes: Vec::new(),
            asked: 0,
            told: Vec::new(),
            room: Box::new([0; ROOM]),
            findings: Vec::new(),
            interrupted: BTreeSet::new(),
        })
    }

    /// Has [`Self::wait`] end when there is something to read from `caller`, which is to be closed after
    /// this.
    ///
    /// # Errors
    /// As of `epoll_ctl(2)`.
    pub fn listen_to(&self, caller: impl AsFd) -> io::Result<()> {
        epoll::add(
            &self.epoll,
            caller,
            EventData::new_u64(CALLER),
            EventFlags::IN,
        )?;
        Ok(())
    }

    /// Begins a run of `probe` that may take `timeout`; one that is under way is given up.
    pub fn begin(
        &mut self,
        now: Nanos,
        probe: ProbeId,
        target: &Target,
        errand: Errand,
        timeout: Duration,
    ) {
        self.give_up(probe);
        let begun = match errand {
            Errand::Talk(carrier, dialogue) => self.talk(now, probe, target, carrier, dialogue),
            Errand::Echo => self.ask(now, probe, target),
        };
        match begun {
            Ok(kind) => {
                let limit = (now + timeout).next_multiple_of(LIMITS);
                self.limits.add(limit, probe);
                self.runs.insert(probe, Underway { limit, kind });
            }
            Err(failure) => self.note(probe, Err(failure), Timing::default()),
        }
    }

    /// Gives a run up, of which nothing is told.
    pub fn give_up(&mut self, probe: ProbeId) {
        drop(self.take(probe));
    }

    /// What runs have found since this was asked last.
    pub fn findings(&mut self) -> impl Iterator<Item = Finding> + '_ {
        self.findings.drain(..)
    }

    fn talk(
        &self,
        now: Nanos,
        probe: ProbeId,
        target: &Target,
        carrier: Carrier,
        dialogue: Box<dyn Dialogue>,
    ) -> Result<Kind, Failure> {
        let run = Run::begin(target, carrier, dialogue, now)?;
        // Told once of everything that comes: a run goes on for as long as it can each time.
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        self.watch(&run, probe.0.into(), flags)?;
        Ok(Kind::Talking(run))
    }

    fn ask(&mut self, now: Nanos, probe: ProbeId, target: &Target) -> Result<Kind, Failure> {
        let index = self.find_way(Way::to(target))?;
        self.asked = self.asked.wrapping_add(1);
        let number = self.asked;
        let (_, socket) = &mut self.echoes[index];
        socket.ask(target.address.ip(), probe, number);
        Ok(Kind::Waiting { number, since: now })
    }

    /// Index of the socket for `way`, which is opened if need be.
    fn find_way(&mut self, way: Way) -> Result<usize, Failure> {
        if let Some(index) = self.echoes.iter().position(|(known, _)| *known == way) {
            return Ok(index);
        }
        let index = self.echoes.len();
        let socket = EchoSocket::open(&way).map_err(|error| failed(&error))?;
        self.watch(&socket, ECHOES + index as u64, EventFlags::IN)?;
        self.echoes.push((way, socket));
        Ok(index)
    }

    fn watch(&self, socket: impl AsFd, mark: u64, flags: EventFlags) -> Result<(), Failure> {
        let watched = epoll::add(&self.epoll, socket, EventData::new_u64(mark), flags);
        watched.map_err(|error| failed(&error.into()))
    }

    /// Takes a run out. Its socket leaves the epoll instance when it is closed.
    fn take(&mut self, probe: ProbeId) -> Option<Kind> {
        let Underway { limit, kind } = self.runs.remove(&probe)?;
        self.limits.cross_out(limit, probe);
        Some(kind)
    }

    fn note(&mut self, probe: ProbeId, outcome: Outcome, timing: Timing) {
        self.findings.push(Finding {
            probe,
            outcome,
            weight: None,
            timing,
        });
    }
}

/// Runs go on.
impl Prober {
    /// Waits until a run can go on, until `deadline`, or until somebody calls, and lets all go on that
    /// can.
    ///
    /// # Errors
    /// Waiting itself fails.
    pub fn wait(&mut self, clock: impl Fn() -> Nanos, deadline: Option<Nanos>) -> io::Result<()> {
        self.send_questions();
        self.wait_for_events(&clock, deadline)?;
        let now = clock();
        for probe in std::mem::take(&mut self.interrupted) {
            self.advance(now, probe, run::HEARD);
        }
        let told = std::mem::take(&mut self.told);
        for (mark, flags) in &told {
            match *mark {
                CALLER => {}
                mark @ ECHOES.. => self.hear_echoes((mark - ECHOES) as usize, now),
                probe => self.advance(now, ProbeId(probe as u32), *flags),
            }
        }
        // Keeps its memory for the next time.
        self.told = told;
        self.expire(now);
        Ok(())
    }

    fn wait_for_events(
        &mut self,
        clock: impl Fn() -> Nanos,
        deadline: Option<Nanos>,
    ) -> io::Result<()> {
        let deadline = [deadline, self.limits.next()].into_iter().flatten().min();
        let timeout = match self.findings.is_empty() && self.interrupted.is_empty() {
            true => deadline.map(|at| at.saturating_since(clock())),
            false => Some(Duration::ZERO),
        };
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        self.told.clear();
        let mut room = [MaybeUninit::<Event>::uninit(); BATCH];
        match epoll::wait(&self.epoll, room.as_mut_slice(), timeout.as_ref()) {
            Ok((events, _)) => {
                let told = events.iter().map(|event| (event.data.u64(), event.flags));
                self.told.extend(told);
                Ok(())
            }
            Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn advance(&mut self, now: Nanos, probe: ProbeId, told: EventFlags) {
        let Some(Underway {
            kind: Kind::Talking(run),
            ..
        }) = self.runs.get_mut(&probe)
        else {
            return;
        };
        match run.advance(now, told, &mut self.room) {
            Some(outcome) => {
                let timing = run.timing();
                self.give_up(probe);
                self.note(probe, outcome, timing);
            }
            None if run.is_interrupted() => {
                self.interrupted.insert(probe);
            }
            None => {}
        }
    }

    /// Asks all hosts that are to be asked by now.
    fn send_questions(&mut self) {
        let sockets = self.echoes.iter_mut();
        let refused: Vec<_> = sockets.flat_map(|(_, socket)| socket.send()).collect();
        for (probe, error) in refused {
            self.give_up(probe);
            self.note(probe, Err(failed(&error)), Timing::default());
        }
    }

    fn hear_echoes(&mut self, index: usize, now: Nanos) {
        let Some((_, socket)) = self.echoes.get_mut(index) else {
            return;
        };
        for answer in socket.answers() {
            let Echo { probe, number, age } = answer;
            let Some(Underway {
                kind:
                    Kind::Waiting {
                        number: asked,
                        since,
                    },
                ..
            }) = self.runs.get(&probe)
            else {
                continue;
            };
            if number == *asked {
                let time = now.saturating_since(*since).saturating_sub(age);
                self.give_up(probe);
                self.note(probe, Ok(()), Timing::at_once(time));
            }
        }
    }

    fn expire(&mut self, now: Nanos) {
        while let Some((_, probe)) = self.limits.take_due(now) {
            match self.take(probe) {
                Some(Kind::Talking(mut run)) => {
                    let outcome = run.expire(now);
                    self.note(probe, outcome, run.timing());
                }
                Some(Kind::Waiting { since, .. }) => {
                    let timing = Timing {
                        ended: now.saturating_since(since),
                        ..Timing::default()
                    };
                    self.note(probe, Err(Failure::new("no echo in time")), timing);
                }
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
