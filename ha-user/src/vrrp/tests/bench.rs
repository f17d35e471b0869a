//! One router on a bench: inputs by hand, effects written into a record as the shell would.

use std::time::Duration;

use ha_common::{Nanos, Priority};

use super::super::{
    Action, Advert, Engine, Event, Inheritance, Parameters, Record, RouterId, Standing, State,
    Status, View,
};

use super::host;

pub(super) const ROUTER: RouterId = RouterId(7);

/// The router under test, and what the data path would hold of it.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) now: Nanos,
    pub(super) record: Record,
    pub(super) engine: Engine,
}

struct Fixed(Record);

impl View for Fixed {
    fn record(&self, _: RouterId) -> Record {
        self.0
    }
}

impl Bench {
    /// A router that was told nothing yet.
    pub(super) fn new(parameters: Parameters) -> Self {
        let mut engine = Engine::default();
        engine.insert(ROUTER, parameters);
        Self {
            now: Nanos::new(100_000_000_000),
            record: Record::default(),
            engine,
        }
    }

    /// A router that has been told to start.
    pub(super) fn started(parameters: Parameters) -> Self {
        let mut bench = Self::new(parameters);
        bench.tell(Event::Startup);
        bench
    }

    /// A router that has taken over from silence.
    pub(super) fn active(parameters: Parameters) -> Self {
        let mut bench = Self::started(parameters);
        bench.take_over();
        assert_eq!(bench.status().state, State::Active);
        bench
    }

    /// The process ends, and another one finds the record.
    pub(super) fn succeed(&mut self, parameters: Parameters) {
        self.engine = Engine::default();
        self.engine.insert(ROUTER, parameters);
    }

    /// Starts as the successor of a router of `priority` that advertised every second.
    pub(super) fn adopt(&mut self, priority: u8) -> Vec<Action> {
        self.tell(Event::Adopt(inheritance(priority)))
    }

    pub(super) fn tell(&mut self, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        let view = Fixed(self.record);
        self.engine
            .handle(self.now, ROUTER, event, &view, &mut actions);
        self.carry_out(&actions);
        actions
    }

    pub(super) fn hear(&mut self, last_octet: u8, priority: u8) -> Vec<Action> {
        self.tell(Event::AdvertReceived(advert(last_octet, priority)))
    }

    pub(super) fn stand(&mut self, standing: Standing) -> Vec<Action> {
        self.tell(Event::StandingChanged(standing))
    }

    pub(super) fn wake(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        let view = Fixed(self.record);
        self.engine.handle_timeout(self.now, &view, &mut actions);
        self.carry_out(&actions);
        actions
    }

    /// Lets `time` pass, then wakes the engine up.
    pub(super) fn pass(&mut self, time: Duration) -> Vec<Action> {
        self.now = self.now + time;
        self.wake()
    }

    /// Wakes the engine up exactly when it asked for it.
    pub(super) fn pass_to_deadline(&mut self) -> Vec<Action> {
        let wait = self.wait();
        self.pass(wait)
    }

    /// Lets the silence become complete, and the claim be heard. Returns what follows that.
    pub(super) fn take_over(&mut self) -> Vec<Action> {
        let claim = self.pass_to_deadline();
        let priority = self.status().priority;
        assert_eq!(summary(&claim), format!("advertise {priority}"));
        self.pass_to_deadline()
    }

    /// Time until the engine wants to be woken up.
    pub(super) fn wait(&self) -> Duration {
        let deadline = self.engine.next_deadline().unwrap();
        deadline.saturating_since(self.now)
    }

    pub(super) fn status(&self) -> Status {
        self.engine.status(ROUTER).unwrap()
    }

    fn carry_out(&mut self, actions: &[Action]) {
        for action in actions {
            match *action {
                Action::BeginOwnership { since, until, .. } => {
                    self.record.last_sent = since;
                    self.record.owned_since = since;
                    self.record.owned_until = until;
                }
                Action::Advertise {
                    lease,
                    sent_at,
                    priority,
                    ..
                } if priority != Priority::LEAVING => {
                    self.record.last_sent = sent_at;
                    self.record.owned_until = lease.unwrap_or(self.record.owned_until);
                }
                Action::EndOwnership { .. } => self.record.owned_until = Nanos::NEVER,
                _ => {}
            }
        }
    }
}

/// An advert from 192.0.2.`last_octet`, whose sender advertises every second.
pub(super) fn advert(last_octet: u8, priority: u8) -> Advert {
    Advert {
        source: host(last_octet),
        priority: Priority::new(priority),
        interval: Duration::from_secs(1),
    }
}

/// What a router of `priority` that advertised every second leaves behind.
pub(super) fn inheritance(priority: u8) -> Inheritance {
    Inheritance {
        priority: Priority::new(priority),
        interval: Duration::from_secs(1),
    }
}

/// Actions in one line: what is done, in order, without what all lines share.
pub(super) fn summary(actions: &[Action]) -> String {
    let words: Vec<String> = actions.iter().map(word).collect();
    words.join(", ")
}

fn word(action: &Action) -> String {
    match action {
        Action::Advertise {
            priority,
            sent_at,
            lease,
            ..
        } => match lease {
            Some(until) => format!(
                "advertise {priority} for {:?}",
                until.saturating_since(*sent_at)
            ),
            None => format!("advertise {priority}"),
        },
        Action::BeginOwnership { since, until, .. } => {
            format!("begin for {:?}", until.saturating_since(*since))
        }
        Action::EndOwnership { .. } => "end".to_owned(),
        Action::SetElection {
            priority,
            accept_min_priority,
            ..
        } => {
            format!("elect {priority} from {accept_min_priority}")
        }
        Action::Announce { repeat, .. } => format!("announce {repeat}"),
        Action::AddAddresses { .. } => "add".to_owned(),
        Action::RemoveAddresses { .. } => "remove".to_owned(),
        Action::DualActive {
            other, priority, ..
        } => format!("{other} is Active, too, with {priority}"),
        Action::HeardLower {
            other, priority, ..
        } => {
            format!("heard {other} with {priority}")
        }
        Action::Transition {
            from, to, reason, ..
        } => {
            format!("{} to {}: {reason:?}", name(*from), name(*to))
        }
    }
}

pub(super) const fn name(state: State) -> &'static str {
    match state {
        State::Initialize { faulted: false } => "Initialize",
        State::Initialize { faulted: true } => "Fault",
        State::Backup => "Backup",
        State::Active => "Active",
    }
}
