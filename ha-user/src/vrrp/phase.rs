//! What a Virtual Router is in the middle of, and until when.

use std::time::Duration;

use ha_common::Nanos;

use super::action::Reason;
use super::announcer::Announcer;
use super::cadence::Cadence;
use super::timing::{CLAIM, doubt, earliness};
use super::{Parameters, State};

/// [`State`] with all that belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not told to start, or told to stop.
    Stopped,
    /// Told to start, but a tracked object has no result yet.
    Pending,
    /// A tracked object has failed.
    Faulted,
    /// Someone else is Active, or soon will be.
    Backup(ActiveDownTimer),
    /// We would claim, if all members of our group would.
    Willing(Will),
    /// We have told others to yield, and give them the time.
    Claiming(Claim),
    /// We answer and speak.
    Active(Ownership),
}

impl Phase {
    /// The state that others see.
    pub(super) fn state(&self) -> State {
        match self {
            Self::Stopped | Self::Pending => State::Initialize { faulted: false },
            Self::Faulted => State::Initialize { faulted: true },
            Self::Backup(_) => State::Backup,
            Self::Willing(will) => will.from,
            Self::Claiming(claim) => claim.will.from,
            Self::Active(_) => State::Active,
        }
    }

    /// When time alone next changes something.
    pub(super) fn deadline(&self) -> Option<Nanos> {
        match self {
            Self::Stopped | Self::Pending | Self::Faulted => None,
            Self::Willing(will) => match will.hesitation {
                Hesitation::Until(at) => Some(at),
                Hesitation::No | Hesitation::Over => None,
            },
            Self::Backup(timer) => Some(timer.deadline),
            Self::Claiming(claim) => (!claim.stands).then(|| claim.deadline()),
            Self::Active(ownership) => Some(ownership.deadline()),
        }
    }

    /// Whether adverts of others that leave at `now` take ours along, which is due a little later.
    pub(super) fn goes_along(&self, now: Nanos) -> bool {
        matches!(self, Self::Active(ownership) if ownership.speaks_at(now))
    }
}

/// Active_Down_Timer of a Backup router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ActiveDownTimer {
    /// When the silence is complete.
    pub(super) deadline: Nanos,
    /// Signs of life up to here have been taken into account.
    pub(super) heard: Nanos,
    /// The Active router has said farewell.
    pub(super) left: bool,
    /// Adverts that the data path has stamped as lower may be signs of life: it may have judged
    /// them by a priority of ours that had fallen already.
    pub(super) obeys_lower: bool,
    doubted: bool,
}

impl ActiveDownTimer {
    /// A silence that begins at `heard` and is complete after `interval`.
    pub(super) fn new(heard: Nanos, interval: Duration) -> Self {
        Self {
            deadline: heard + interval,
            heard,
            left: false,
            obeys_lower: false,
            doubted: false,
        }
    }

    /// Ends the wait after `wait` at the latest. It never grows, so that a flood of farewells
    /// cannot keep us waiting.
    pub(super) fn hasten(self, now: Nanos, wait: Duration) -> Self {
        let deadline = self.deadline.min(now + wait);
        Self {
            deadline,
            doubted: self.doubted && deadline == self.deadline,
            ..self
        }
    }

    /// Waits until `deadline` at least.
    pub(super) fn prolong(self, deadline: Nanos) -> Self {
        Self {
            deadline: self.deadline.max(deadline),
            doubted: false,
            ..self
        }
    }

    /// Notes that the Active router leaves.
    pub(super) fn bid_farewell(self) -> Self {
        Self { left: true, ..self }
    }

    /// Counts adverts that were stamped as lower, until the next sign of life.
    pub(super) fn obey_lower(self) -> Self {
        Self {
            obeys_lower: true,
            ..self
        }
    }

    /// Moves the deadline as Active_Down_Interval changes from `old` to `new`.
    pub(super) fn shift(self, old: Duration, new: Duration) -> Self {
        let later = self.deadline + new.saturating_sub(old);
        Self {
            deadline: later - old.saturating_sub(new),
            ..self
        }
    }

    /// The timer to wait for instead, if the silence was noticed so late at `now` that it must be
    /// doubted. That happens once.
    pub(super) fn doubt(self, now: Nanos, skew: Duration) -> Option<Self> {
        let late = now.saturating_since(self.deadline);
        let wait = doubt(late, skew).filter(|_| !self.doubted)?;
        Some(Self {
            deadline: now + wait,
            doubted: true,
            ..self
        })
    }
}

/// Why we take over, as soon as we may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Will {
    /// Signs of life up to here have been taken into account.
    pub(super) heard: Nanos,
    /// The state that others still see.
    pub(super) from: State,
    /// Why.
    pub(super) reason: Reason,
    /// Whether somebody else may go first.
    pub(super) hesitation: Hesitation,
}

impl Will {
    /// Why we take over after silence since `heard`, as `reason` has it; others see that we are in `from`.
    pub(super) fn new(heard: Nanos, from: State, reason: Reason) -> Self {
        Self {
            heard,
            from,
            reason,
            hesitation: Hesitation::No,
        }
    }

    /// Whether it waits for somebody else.
    pub(super) fn hesitates(&self) -> bool {
        matches!(self.hesitation, Hesitation::Until(_))
    }
}

/// A lower router may be about to take over a group. Who has heard that one's first claim, and claims
/// as well, would get the first router, and that one all others, which helps neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hesitation {
    /// It has heard of none.
    No,
    /// It waits to see what becomes of that one.
    Until(Nanos),
    /// It has waited.
    Over,
}

/// The moment between an advert that makes others yield and the takeover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// When we decided to speak.
    pub(super) since: Nanos,
    /// When we had spoken, as far as we know: the process may stand still in between.
    pub(super) spoken: Nanos,
    /// Nobody has objected: we wait for the other members of our group.
    pub(super) stands: bool,
    /// Why we take over.
    pub(super) will: Will,
}

impl Claim {
    /// When other routers have had the time to yield.
    pub(super) fn deadline(&self) -> Nanos {
        self.spoken + CLAIM
    }
}

/// What an Active router keeps in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ownership {
    /// Adver_Timer.
    pub(super) next_advert: Nanos,
    /// Rhythm of the adverts.
    pub(super) cadence: Cadence,
    /// Rhythm of the announcements.
    pub(super) announcer: Announcer,
    /// The last advert that someone provoked.
    pub(super) provoked: Nanos,
    /// The last lower advert that was told of.
    pub(super) heard_lower: Nanos,
}

impl Ownership {
    /// An ownership that begins at `now` with a first burst of announcements.
    pub(super) fn new(now: Nanos, cadence: Cadence, parameters: &Parameters) -> Self {
        Self {
            next_advert: now,
            cadence,
            announcer: Announcer::new(now, &parameters.announcements),
            provoked: Nanos::NEVER,
            heard_lower: Nanos::NEVER,
        }
    }

    /// Whether Adver_Timer has fired at `now`, or is about to.
    pub(super) fn speaks_at(&self, now: Nanos) -> bool {
        self.next_advert <= now + earliness(self.cadence.spacing())
    }

    /// Whether `now` is less than an interval after `before`, if that ever was.
    pub(super) fn is_soon_after(&self, before: Nanos, now: Nanos) -> bool {
        before != Nanos::NEVER && now.saturating_since(before) < self.cadence.spacing()
    }

    fn deadline(&self) -> Nanos {
        let announcement = self.announcer.deadline().unwrap_or(self.next_advert);
        self.next_advert.min(announcement)
    }
}
