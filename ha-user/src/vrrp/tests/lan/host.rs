//! A simulated host: a process that runs the engine, and a data path that runs without it.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::time::Duration;

use ha_common::abi::LeasePolicy;
use ha_common::{Nanos, Priority};

use super::super::super::{
    Action, Advert, Engine, Event, Inheritance, Parameters, Record, RouterId, Standing, State, View,
};
use super::super::parameters;

pub(super) const ROUTER: RouterId = RouterId(0);

/// Another router of the same process, which hears adverts all the time. For its sake the process
/// wakes up, and looks at what the first one might sleep through.
const COMPANION: RouterId = RouterId(1);

/// One router on the simulated LAN.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) address: Ipv4Addr,
    pub(super) parameters: Parameters,
    pub(super) standing: Standing,
    pub(super) data_path: DataPath,
    pub(super) installed: bool,
    /// Process: stands still until then.
    pub(super) frozen_until: Nanos,
    /// Whole machine: stands still until then.
    pub(super) halted_until: Nanos,
    /// The process has been killed.
    pub(super) dead: bool,
    /// There is no data path: the kernel answers for an installed address, and the process keeps
    /// the record.
    pub(super) bare: bool,
    /// What ends an ownership in the data path.
    pub(super) lease: LeasePolicy,
    /// Advertisement_Interval of a second router.
    pub(super) company: Option<Duration>,
    /// Nothing gets through the cable, though carrier is up.
    pub(super) cut: bool,
    /// When the process wakes up.
    pub(super) wake_at: Option<Nanos>,
    /// What the process will read.
    pub(super) inbox: VecDeque<Event>,
    /// What is left of a list of actions in which the process stood still.
    pub(super) unfinished: VecDeque<Action>,
    /// What the network card holds while the machine stands still.
    pub(super) card: Vec<Advert>,
    /// When that has been read, after the machine goes on.
    pub(super) card_read_at: Nanos,
    pub(super) adverts_sent: u64,
    pub(super) announcements: u64,
    pub(super) transitions: u64,
    engine: Engine,
}

impl Host {
    pub(super) fn new(address: Ipv4Addr, parameters: Parameters) -> Self {
        let mut host = Self {
            address,
            data_path: DataPath::default(),
            parameters,
            standing: Standing::default(),
            installed: false,
            frozen_until: Nanos::NEVER,
            halted_until: Nanos::NEVER,
            dead: false,
            bare: false,
            lease: LeasePolicy::Strict,
            company: None,
            cut: false,
            wake_at: None,
            inbox: VecDeque::new(),
            unfinished: VecDeque::new(),
            card: Vec::new(),
            card_read_at: Nanos::NEVER,
            adverts_sent: 0,
            announcements: 0,
            transitions: 0,
            engine: Engine::default(),
        };
        host.boot();
        host
    }

    /// Starts a new process, which knows nothing of the one before.
    pub(super) fn boot(&mut self) {
        self.data_path = DataPath::default();
        self.data_path.record.lease = self.lease;
        self.begin(self.standing, Event::Startup);
    }

    /// Starts a new process, which finds the record of the one before, and its tracked objects
    /// `standing`. Without a data path there is no record to find.
    pub(super) fn succeed(&mut self, standing: Standing) {
        if self.bare {
            self.boot();
        } else {
            let inheritance = self.data_path.inheritance();
            self.begin(standing, Event::Adopt(inheritance));
        }
    }

    fn begin(&mut self, standing: Standing, how: Event) {
        self.dead = false;
        self.unfinished.clear();
        self.engine = Engine::default();
        self.engine.insert(ROUTER, self.parameters.clone());
        self.bring_company();
        self.data_path.address = Some(self.address);
        self.data_path.familiar = None;
        self.data_path.interval = self.parameters.advertisement_interval;
        self.inbox = VecDeque::from([Event::StandingChanged(standing), how]);
    }

    fn bring_company(&mut self) {
        let Some(advertisement_interval) = self.company else {
            return;
        };
        let parameters = Parameters {
            advertisement_interval,
            ..parameters()
        };
        self.engine.insert(COMPANION, parameters);
        let nothing = &mut Vec::new();
        self.engine.handle(
            Nanos::NEVER,
            COMPANION,
            Event::Startup,
            &self.data_path,
            nothing,
        );
    }

    pub(super) fn runs(&self, now: Nanos) -> bool {
        !self.dead && now >= self.frozen_until && now >= self.halted_until
    }

    /// Whether the host answers for the address, which it does without its process.
    pub(super) fn answers(&self, now: Nanos) -> bool {
        let owned = if self.bare {
            self.installed
        } else {
            self.data_path.record.owned(now)
        };
        owned && now >= self.halted_until
    }

    /// When it stops answering if nothing happens.
    pub(super) fn end(&self) -> Nanos {
        match self.lease {
            LeasePolicy::Strict => self.data_path.record.owned_until,
            LeasePolicy::Fence | LeasePolicy::Off => Nanos::new(u64::MAX),
        }
    }

    pub(super) fn handle(&mut self, now: Nanos, event: Event) -> Vec<Action> {
        match &event {
            Event::Reconfigured(parameters) => {
                self.data_path.interval = parameters.advertisement_interval;
            }
            Event::AdvertReceived(advert) if self.bare => self.data_path.stamp(now, advert),
            _ => {}
        }
        let heard = match &event {
            Event::AdvertReceived(advert) if !self.bare => Some(*advert),
            _ => None,
        };
        let mut actions = Vec::new();
        self.engine
            .handle(now, ROUTER, event, &self.data_path, &mut actions);
        self.data_path.hear_again(&actions);
        if let Some(advert) = heard {
            self.learn(now, advert);
        }
        actions
    }

    /// Tells the data path what need not be heard again.
    fn learn(&mut self, now: Nanos, advert: Advert) {
        let is_lower = self.data_path.is_lower(&advert);
        if is_lower {
            self.data_path.sated_until = now + self.data_path.interval / 2;
        }
        if !is_lower || self.data_path.follows(&advert) {
            let known = self.engine.is_familiar(ROUTER, &advert);
            self.data_path.familiar = known.then_some(advert);
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Nanos) -> Vec<Action> {
        let mut actions = Vec::new();
        self.data_path.companion.last_advert = now;
        self.engine
            .handle_timeout(now, &self.data_path, &mut actions);
        self.data_path.hear_again(&actions);
        actions
    }

    pub(super) fn next_deadline(&self) -> Option<Nanos> {
        self.engine.next_deadline()
    }

    pub(super) fn state(&self) -> State {
        self.engine.status(ROUTER).unwrap().state
    }

    pub(super) fn priority(&self) -> Priority {
        self.engine.status(ROUTER).unwrap().priority
    }
}

/// What the XDP program and its maps do, by the rules of the design.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DataPath {
    pub(super) record: Record,
    companion: Record,
    pub(super) priority: u8,
    pub(super) accept_min_priority: u8,
    address: Option<Ipv4Addr>,
    pub(super) interval: Duration,
    /// The advert that need not wake the process.
    familiar: Option<Advert>,
    /// Until when lower adverts need not.
    sated_until: Nanos,
}

impl DataPath {
    fn inheritance(&self) -> Inheritance {
        Inheritance {
            priority: Priority::new(self.priority),
            interval: self.interval,
        }
    }

    /// Judges an advert. Returns whether it has ended our ownership.
    pub(super) fn judge(&mut self, now: Nanos, advert: &Advert) -> bool {
        self.stamp(now, advert);
        let speaks = advert.priority != Priority::LEAVING;
        let fences = self.outranked_by(advert) || speaks && self.is_silent(now);
        let fenced = self.record.ownership().is_unbroken() && fences;
        if fenced {
            self.record.fenced_at = now;
        }
        fenced
    }

    fn stamp(&mut self, now: Nanos, advert: &Advert) {
        let (leaves, lower) = (advert.priority == Priority::LEAVING, self.is_lower(advert));
        if lower {
            self.record.last_lower = now;
        }
        if !leaves && !lower {
            self.record.last_advert = now;
            self.record.last_speaker = advert.source.octets();
        } else if self.record.last_speaker == advert.source.octets() {
            self.record.last_resignation = now;
        }
    }

    /// Where the engine acts, adverts that it knew may be news again.
    fn hear_again(&mut self, actions: &[Action]) {
        if !actions.is_empty() {
            self.familiar = None;
        }
    }

    /// Whether the process hears nothing of an advert but its stamp.
    pub(super) fn absorbs(&self, now: Nanos, advert: &Advert) -> bool {
        let sated = self.is_lower(advert) && now < self.sated_until;
        self.familiar.as_ref() == Some(advert) || sated && !self.follows(advert)
    }

    fn follows(&self, advert: &Advert) -> bool {
        let known = self.familiar.as_ref();
        known.is_some_and(|known| known.source == advert.source)
    }

    fn is_lower(&self, advert: &Advert) -> bool {
        advert.priority != Priority::LEAVING && advert.priority.get() < self.accept_min_priority
    }

    fn outranked_by(&self, advert: &Advert) -> bool {
        (advert.priority.get(), Some(advert.source)) > (self.priority, self.address)
    }

    fn is_silent(&self, now: Nanos) -> bool {
        let spoke = self.record.last_sent.max(self.record.owned_since);
        now.saturating_since(spoke) > self.interval * 3 / 2
    }
}

impl View for DataPath {
    fn record(&self, router: RouterId) -> Record {
        if router == COMPANION {
            self.companion
        } else {
            self.record
        }
    }
}
