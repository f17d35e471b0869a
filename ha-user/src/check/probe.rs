//! One probe: what it is in the middle of, and what is thought of it.

use std::fmt;
use std::sync::Arc;

use ha_common::Nanos;

use super::{ProbeId, Rhythm};
use crate::track::rise_fall::RiseFall;

/// Why a run has failed, for people: "HTTP 503, expected 200".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(Arc<str>);

impl Failure {
    /// For this reason.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into().into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a run has found.
pub type Outcome = Result<(), Failure>;

/// What a probe is in the middle of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is run next then.
    Resting(Nanos),
    /// It is being run.
    Running,
    /// It has failed. Whether that is its own fault, the layer beneath is being asked.
    Accusing(Failure),
    /// The layer beneath is bad, or not known to be good.
    Blocked,
    /// Nobody wants to know how it is.
    Suspended,
}

/// What is known of a probe, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whether it is good; `None` before the first result.
    pub up: Option<bool>,
    /// Since when.
    pub since: Nanos,
    /// What it is in the middle of.
    pub stage: Stage,
    /// Why its last run failed, if it did.
    pub failure: Option<Failure>,
}

/// A probe of the engine.
#[derive(Debug)]
pub(super) struct Probe {
    pub(super) rhythm: Rhythm,
    pub(super) stage: Stage,
    /// When the run of now, or the last one, was due.
    pub(super) due: Nanos,
    /// Something has happened since the run began that it may not have seen.
    pub(super) doubted: bool,
    /// It is to be run once more as soon as what it found is settled.
    pub(super) again: bool,
    /// What must be good for it to be asked at all.
    pub(super) beneath: Option<ProbeId>,
    /// What stands on it.
    pub(super) above: Vec<ProbeId>,
    verdict: RiseFall,
    since: Nanos,
    last: Option<Outcome>,
}

impl Probe {
    /// One that was never run.
    pub(super) fn new(rhythm: Rhythm, beneath: Option<ProbeId>, now: Nanos) -> Self {
        let mut verdict = RiseFall::new(rhythm.rise, rhythm.fall, false);
        if let Some(up) = rhythm.assumed {
            verdict.assume(up);
        }
        Self {
            rhythm,
            stage: Stage::Blocked,
            due: now,
            doubted: false,
            again: false,
            beneath,
            above: Vec::new(),
            verdict,
            since: now,
            last: None,
        }
    }

    /// Leaves it alone. What is thought of it stays; what has failed, or gone well, in a row until now
    /// does not count any more.
    pub(super) fn suspend(&mut self) {
        if let Some(up) = self.is_up() {
            self.verdict.assume(up);
        }
        self.doubted = false;
        self.again = false;
        self.stage = Stage::Suspended;
    }

    /// Takes a result that is its own. Whether that changes what is thought of it.
    pub(super) fn take(&mut self, outcome: Outcome, now: Nanos) -> bool {
        let changed = self.verdict.take(outcome.is_ok());
        if changed {
            self.since = now;
        }
        self.last = Some(outcome);
        changed
    }

    pub(super) fn is_up(&self) -> Option<bool> {
        self.verdict.is_up()
    }

    /// When it is run next, after a result at `now`.
    pub(super) fn next_run(&self, now: Nanos) -> Nanos {
        let is_in_doubt = matches!(self.last, Some(Err(_))) && self.is_up() == Some(true);
        if is_in_doubt && !self.again {
            self.rhythm.again(self.due, now)
        } else {
            self.next_beat(now)
        }
    }

    /// When it is run next, after a result at `now` that was not its own.
    pub(super) fn next_beat(&self, now: Nanos) -> Nanos {
        if self.again {
            return now;
        }
        self.rhythm.next(self.due, now)
    }

    pub(super) fn report(&self) -> Report {
        Report {
            up: self.is_up(),
            since: self.since,
            stage: self.stage.clone(),
            failure: self.last.clone().and_then(Outcome::err),
        }
    }
}
