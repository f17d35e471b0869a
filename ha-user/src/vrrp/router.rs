//! The state machine of one Virtual Router.

mod active;
mod backup;
mod claim;
mod initialize;

use std::net::IpAddr;
use std::time::Duration;

use ha_common::{Nanos, Priority};

use self::Input::{Timeout, Told};
use super::Event::{
    AddressConflict, Adopt, AdvertReceived, Fenced, Reconfigured, Shutdown, StandingChanged,
    Startup,
};
use super::action::Reason;
use super::dual::DualActive;
use super::others::Others;
use super::patience::Patience;
use super::phase::Phase::{self, Active, Backup, Claiming, Faulted, Pending, Stopped, Willing};
use super::timing::{active_down_interval, handover_time, skew_time};
use super::{
    Action, Advert, Event, FastHandover, Parameters, Record, RouterId, Standing, Statistics,
    Status, Version, View, effective_priority,
};

/// One Virtual Router (RFC 9568 section 6.3).
///
/// ```text
///                      +---------------+
///           +--------->|               |<-------------+
///           |          |  Initialize   |              |
///           |   +------|               |----------+   |
///           |   |      +---------------+          |   |
///           |   |                                 |   |
///           |   V                                 V   |
///   +---------------+                       +---------------+
///   |               |---------------------->|               |
///   |    Active     |                       |    Backup     |
///   |               |<----------------------|               |
///   +---------------+                       +---------------+
/// ```
///
/// Inside Initialize there are [`Phase::Stopped`], [`Phase::Pending`] and [`Phase::Faulted`]; on
/// the way to Active there are [`Phase::Willing`], for the members of a group, and
/// [`Phase::Claiming`], which still show the state that they came from. Active ends in one more way than in the RFC: the
/// data path's record says that the lease is over, or that an advert has fenced it. The record is
/// read before any input is acted upon, so that a router which stood still never acts as Active on
/// what queued up meanwhile.
#[derive(Debug)]
pub(super) struct Router {
    id: RouterId,
    parameters: Parameters,
    standing: Standing,
    /// Priority of a previous process, until tracked objects have told ours.
    inherited: Option<Priority>,
    /// The silence that a previous process was waiting for counts.
    resumes: bool,
    /// It claims only when all members of its group would.
    grouped: bool,
    /// It has neither come forward nor followed anybody since it was made.
    fresh: bool,
    patience: Patience,
    phase: Phase,
    since: Nanos,
    /// Active_Adver_Interval, where an advert has taught it.
    learnt: Option<Duration>,
    active: Option<IpAddr>,
    /// Who last sent an advert of too low a priority, and when.
    lower: Option<(IpAddr, Nanos)>,
    others: Others,
    dual: DualActive,
    statistics: Statistics,
}

/// What a router is told.
#[derive(Debug)]
pub(super) enum Input {
    /// Something happened.
    Told(Event),
    /// Time has passed.
    Timeout,
}

/// The world as a router sees it while it handles one input.
pub(super) struct Context<'a> {
    /// The time.
    pub(super) now: Nanos,
    /// What the data path has recorded.
    pub(super) view: &'a dyn View,
    /// What is to be done.
    pub(super) actions: &'a mut Vec<Action>,
}

impl Router {
    /// A router that has not been told to start.
    pub(super) fn new(id: RouterId, parameters: Parameters) -> Self {
        Self {
            id,
            parameters,
            standing: Standing::default(),
            inherited: None,
            resumes: false,
            grouped: false,
            fresh: true,
            patience: Patience::default(),
            phase: Stopped,
            since: Nanos::NEVER,
            learnt: None,
            active: None,
            lower: None,
            others: Others::default(),
            dual: DualActive::default(),
            statistics: Statistics::default(),
        }
    }

    /// When time alone next changes something.
    pub(super) fn deadline(&self) -> Option<Nanos> {
        let patience = self.patience.deadline().filter(|_| self.listens());
        self.phase.deadline().into_iter().chain(patience).min()
    }

    /// Whether its advert leaves early at `now`, where those of others leave.
    pub(super) fn goes_along(&self, now: Nanos) -> bool {
        self.phase.goes_along(now)
    }

    /// Whether it waits for a silence.
    pub(super) fn listens(&self) -> bool {
        matches!(self.phase, Backup(_))
    }

    /// What this router is doing.
    pub(super) fn status(&self) -> Status {
        Status {
            state: self.phase.state(),
            since: self.since,
            priority: self.priority(),
            active_adver_interval: self.active_adver_interval(),
            active_down_interval: self.active_down_interval(),
            deadline: self.deadline(),
            active: self.active,
            statistics: self.statistics,
        }
    }

    /// Handles one input. Any input in any state is harmless.
    pub(super) fn handle(&mut self, input: Input, cx: &mut Context<'_>) {
        self.check_ownership(&input, cx);
        match (self.phase, input) {
            // Initialize, RFC 9568 section 6.4.1.
            (Stopped, Told(Startup)) => self.start(cx),
            (Stopped, Told(Adopt(inheritance))) => self.adopt(inheritance, cx),
            (Stopped, Told(StandingChanged(standing))) => self.take_standing(standing),
            (Stopped, Told(Reconfigured(parameters))) => self.parameters = *parameters,
            (Pending | Faulted, Told(StandingChanged(standing))) => self.judge(standing, cx),

            // Backup, RFC 9568 section 6.4.2.
            (Backup(timer), Told(AdvertReceived(advert))) => self.backup_hears(timer, advert, cx),
            (Backup(timer), Told(StandingChanged(standing))) => {
                self.backup_stands(timer, standing, cx)
            }
            (Backup(timer), Told(Reconfigured(parameters))) => {
                self.backup_changes(timer, *parameters, cx)
            }
            (Backup(timer), Timeout) => self.watch_silence(timer, cx),
            (Willing(will), Told(AdvertReceived(advert))) => self.willing_hears(will, advert, cx),
            (Claiming(claim), Told(AdvertReceived(advert))) => self.claim_hears(claim, advert, cx),
            (Willing(_) | Claiming(_), Told(StandingChanged(standing))) => {
                self.claim_stands(standing, cx)
            }
            (Willing(_) | Claiming(_), Told(Reconfigured(parameters))) => {
                self.claim_changes(*parameters, cx)
            }
            (Willing(will), Timeout) => self.watch_rival(will, cx),
            (Claiming(claim), Timeout) => self.watch_claim(claim, cx),

            // Active, RFC 9568 section 6.4.3.
            (Active(owned), Told(AdvertReceived(advert))) => self.active_hears(owned, advert, cx),
            (Active(owned), Told(StandingChanged(standing))) => {
                self.active_stands(owned, standing, cx)
            }
            (Active(owned), Told(Reconfigured(parameters))) => {
                self.active_changes(owned, *parameters, cx)
            }
            (Active(owned), Told(AddressConflict)) => self.contest(owned, cx),
            (Active(owned), Timeout) => self.keep_speaking(owned, cx),
            // Several states.
            (Pending | Faulted, Told(Reconfigured(parameters))) => {
                self.reconfigure(*parameters, cx)
            }
            (
                Pending | Faulted | Backup(_) | Willing(_) | Claiming(_) | Active(_),
                Told(Shutdown),
            ) => self.leave(Stopped, Reason::Shutdown, cx),

            // Nothing to do. What a fence means, `check_ownership` has read from the record.
            (Stopped, Told(AdvertReceived(_) | Fenced | AddressConflict | Shutdown) | Timeout)
            | (Pending | Faulted, Told(AdvertReceived(_)) | Timeout)
            | (
                Pending | Faulted | Backup(_) | Willing(_) | Claiming(_),
                Told(Startup | Adopt(_) | Fenced | AddressConflict),
            )
            | (Active(_), Told(Startup | Adopt(_) | Fenced)) => {}
        }
    }
}

/// Who this router is in the election.
impl Router {
    /// Effective Priority: tracked objects never touch the owner's, and never make one.
    fn priority(&self) -> Priority {
        let base = self.parameters.priority;
        let inherited = self.inherited.filter(|_| base != Priority::OWNER);
        inherited.unwrap_or_else(|| effective_priority(base, self.standing.weight))
    }

    /// Lowest Priority that is a sign of life.
    fn accept_min_priority(&self) -> Priority {
        let patient = self.patience.lasts(self.parameters.preempt_delay);
        if self.parameters.preempt_mode && !patient {
            self.priority()
        } else {
            Priority::LEAVING
        }
    }

    /// Whether the sender of `advert` is to be Active rather than we (RFC 9568 section 6.4.3).
    fn outranked_by(&self, advert: &Advert) -> bool {
        let own = (self.priority(), self.parameters.primary_ip);
        (advert.priority, Some(advert.source)) > own
    }

    fn is_own(&self, advert: &Advert) -> bool {
        self.parameters.primary_ip == Some(advert.source)
    }

    /// Version 2 routers must agree on the interval; version 3 routers follow the Active one's.
    fn active_adver_interval(&self) -> Duration {
        let own = self.parameters.advertisement_interval;
        match self.parameters.version {
            Version::V2 => own,
            Version::V3 => self.learnt.unwrap_or(own),
        }
    }

    fn skew_time(&self, priority: Priority) -> Duration {
        skew_time(
            self.parameters.version,
            priority,
            self.active_adver_interval(),
        )
    }

    /// What is waited for an Active router that is known to go, if that is not for the RFC to say.
    fn handover_time(&self) -> Option<Duration> {
        let priority = self.priority();
        let fast = match self.parameters.fast_handover {
            FastHandover::Never => false,
            FastHandover::BetweenTwo => !self.others.are_several(),
            FastHandover::Always => true,
        };
        fast.then(|| handover_time(priority, self.skew_time(priority)))
    }

    fn active_down_interval(&self) -> Duration {
        active_down_interval(
            self.parameters.down_timer_adverts,
            self.active_adver_interval(),
            self.skew_time(self.priority()),
        )
    }
}

/// What several states do.
impl Router {
    fn record(&self, cx: &Context<'_>) -> Record {
        cx.view.record(self.id)
    }

    /// Enters `to` and tells.
    fn transition(&mut self, to: Phase, reason: Reason, cx: &mut Context<'_>) {
        let (from, to_state) = (self.phase.state(), to.state());
        self.phase = to;
        self.since = cx.now;
        cx.actions.push(Action::Transition {
            router: self.id,
            from,
            to: to_state,
            priority: self.priority(),
            reason,
        });
    }

    /// Stops taking part. Whoever has spoken as Active says farewell (RFC 9568 section 6.4.3).
    fn leave(&mut self, to: Phase, reason: Reason, cx: &mut Context<'_>) {
        if matches!(self.phase, Active(_)) {
            self.end_ownership(cx);
        }
        if matches!(self.phase, Active(_) | Claiming(_)) {
            self.send(Priority::LEAVING, None, cx);
        }
        self.resumes = false;
        self.be_patient(cx);
        self.transition(to, reason, cx);
    }

    /// Forgets that a lower router was heard.
    fn be_patient(&mut self, cx: &mut Context<'_>) {
        let before = std::mem::take(&mut self.patience);
        if before == Patience::Over {
            self.set_election(cx);
        }
    }

    fn end_ownership(&mut self, cx: &mut Context<'_>) {
        let router = self.id;
        self.be_patient(cx);
        self.statistics.released_active += 1;
        cx.actions.push(Action::EndOwnership { router });
        cx.actions.push(Action::RemoveAddresses { router });
    }

    /// Hands an advert to the shell; `lease` is the end of the lease that it buys.
    fn send(&mut self, priority: Priority, lease: Option<Nanos>, cx: &mut Context<'_>) {
        self.statistics.adverts_sent += 1;
        self.statistics.priority_zero_sent += u64::from(priority == Priority::LEAVING);
        cx.actions.push(Action::Advertise {
            router: self.id,
            priority,
            sent_at: cx.now,
            lease,
        });
    }

    fn reconfigure(&mut self, parameters: Parameters, cx: &mut Context<'_>) {
        self.parameters = parameters;
        self.set_election(cx);
    }

    fn set_election(&self, cx: &mut Context<'_>) {
        cx.actions.push(Action::SetElection {
            router: self.id,
            priority: self.priority(),
            accept_min_priority: self.accept_min_priority(),
        });
    }

    /// Takes note of tracked objects that leave the router in the election.
    fn stand(&mut self, standing: Standing, cx: &mut Context<'_>) {
        let before = self.priority();
        self.take_standing(standing);
        if self.priority() != before {
            self.set_election(cx);
        }
    }

    fn take_standing(&mut self, standing: Standing) {
        self.standing = standing;
        if standing.is_complete() {
            self.inherited = None;
        }
    }

    /// Tells that the sender of `advert` and we were Active at once, where that is news.
    fn report_dual_active(&mut self, advert: &Advert, cx: &mut Context<'_>) {
        if self.dual.begins(cx.now, self.active_down_interval()) {
            self.statistics.dual_active += 1;
            cx.actions.push(Action::DualActive {
                router: self.id,
                other: advert.source,
                priority: advert.priority,
            });
        }
    }

    fn count(&mut self, advert: &Advert) {
        self.others.note(advert.source);
        self.statistics.adverts_received += 1;
        self.statistics.priority_zero_received += u64::from(advert.priority == Priority::LEAVING);
    }
}
