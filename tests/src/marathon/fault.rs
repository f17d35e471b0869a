//! What may happen to a director, and when.

use std::fmt;
use std::time::{Duration, Instant};

use crate::rng::Rng;

/// A fault of one director.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// All processes stop, and go on when it is cured.
    Freeze,
    /// All processes are killed; cured by a start.
    Kill,
    /// It is told to stop; cured by a start.
    Stop,
    /// Its cable is cut, and healed.
    Cut,
    /// It hears nothing, but is heard.
    Deaf,
    /// It hears, but is not heard.
    Mute,
    /// A script takes from its priority until it is cured.
    Weak,
    /// The worker process is killed; cures itself.
    KillWorker,
    /// Another priority in the configuration, for good.
    Reload,
    /// `vipctl restart`, which goes on while the next fault comes.
    Restart,
    /// A stranger floods everybody for a moment.
    Flood,
}

impl Fault {
    const ALL: [Self; 11] = [
        Self::Freeze,
        Self::Kill,
        Self::Stop,
        Self::Cut,
        Self::Deaf,
        Self::Mute,
        Self::Weak,
        Self::KillWorker,
        Self::Reload,
        Self::Restart,
        Self::Flood,
    ];

    /// Whether it stays until it is cured.
    pub(super) fn lasts(self) -> bool {
        !matches!(
            self,
            Self::KillWorker | Self::Reload | Self::Restart | Self::Flood
        )
    }

    /// Whether the director hears others, or is heard, but not both.
    pub(super) fn is_one_way(self) -> bool {
        matches!(self, Self::Deaf | Self::Mute)
    }

    /// Whether two Active directors may meet when it is cured.
    pub(super) fn separates(self) -> bool {
        self == Self::Cut || self.is_one_way()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Freeze => "freeze",
            Self::Kill => "kill all",
            Self::Stop => "stop",
            Self::Cut => "cut",
            Self::Deaf => "one-way cut (deaf)",
            Self::Mute => "one-way cut (mute)",
            Self::Weak => "script fails",
            Self::KillWorker => "kill worker",
            Self::Reload => "reload",
            Self::Restart => "restart",
            Self::Flood => "flood",
        })
    }
}

/// A fault begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Strike(Fault),
    Cure(Fault),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strike(fault) => write!(f, "{fault}"),
            Self::Cure(fault) => write!(f, "end of {fault}"),
        }
    }
}

/// A change of one director.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    /// When it was begun.
    pub(super) from: Instant,
    /// When it was done.
    pub(super) to: Instant,
    pub(super) director: usize,
    pub(super) change: Change,
}

/// Chooses what comes next: the same for the same seed and the same answers.
#[derive(Debug)]
pub(super) struct Dice(Rng);

impl Dice {
    pub(super) fn new(rng: Rng) -> Self {
        Self(rng)
    }

    /// Who is next, and what. More is cured than broken while anything is broken.
    pub(super) fn roll(&mut self, ailments: &[Option<Fault>]) -> (usize, Change) {
        let (sick, healthy): (Vec<_>, Vec<_>) =
            (0..ailments.len()).partition(|index| ailments[*index].is_some());
        let cure = healthy.is_empty() || !sick.is_empty() && self.below(5) < 3;
        let director = self.one_of(if cure { &sick } else { &healthy });
        let change = match ailments[director] {
            Some(fault) => Change::Cure(fault),
            None => Change::Strike(self.one_of(&Fault::ALL)),
        };
        (director, change)
    }

    /// How long to wait before: mostly long enough for an election, now and then not at all.
    pub(super) fn rest(&mut self) -> Duration {
        const LONG: Duration = Duration::from_millis(700);
        const SHORT: Duration = Duration::from_millis(30);
        let longest = if self.below(6) == 0 { SHORT } else { LONG };
        self.0.duration(Duration::ZERO..longest)
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.0.number() % limit as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_has_one_course_in_which_everything_happens() {
        let course = |seed| {
            let mut dice = Dice::new(Rng::from_seed(seed));
            let mut ailments = [None; 3];
            let rolled = (0..2_000).map(|_| {
                let (director, change) = dice.roll(&ailments);
                ailments[director] = match change {
                    Change::Strike(fault) => fault.lasts().then_some(fault),
                    Change::Cure(_) => None,
                };
                (director, change, dice.rest())
            });
            rolled.collect::<Vec<_>>()
        };
        assert_eq!(course(7), course(7));
        assert_ne!(course(7), course(8));
        for fault in Fault::ALL {
            let strikes = |director| {
                let course = course(7);
                course
                    .iter()
                    .any(|(who, change, _)| *who == director && *change == Change::Strike(fault))
            };
            assert!((0..3).all(strikes), "{fault} must hit everybody");
        }
    }
}
