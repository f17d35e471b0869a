//! A simulated host: a process that runs the engine, and a data path that runs without it.

mod data_path;
mod port;

use std::collections::VecDeque;
use std::time::Duration;

use ha_common::abi::LeasePolicy;
use ha_common::{Nanos, Priority};

pub(super) use self::port::Port;
use self::port::{Ports, router};
use super::super::super::{Action, Advert, Engine, Event, Parameters, RouterId, Standing, State};
use super::super::parameters;

/// Another router of the same process, which hears adverts all the time. For its sake the process
/// wakes up, and looks at what the others might sleep through.
const COMPANION: RouterId = RouterId(9);

/// What the process reads at once.
#[derive(Clone, Debug)]
pub(super) enum Letter {
    /// Something happens to the routers on these LANs at the same time.
    Events(Vec<(usize, Event)>),
    /// The routers on these LANs are a group from now on.
    Group(Vec<usize>),
    /// The configuration has the router on this LAN again.
    Install(usize),
}

impl Letter {
    pub(super) fn event(lan: usize, event: Event) -> Self {
        Self::Events(vec![(lan, event)])
    }
}

/// A host with a router on each LAN.
#[derive(Debug)]
pub(super) struct Host {
    /// One on each LAN.
    pub(super) ports: Ports,
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
    /// Advertisement_Interval of a router beside the others.
    pub(super) company: Option<Duration>,
    /// When the process wakes up.
    pub(super) wake_at: Option<Nanos>,
    /// What the process will read.
    pub(super) inbox: VecDeque<Letter>,
    /// What is left of a list of actions in which the process stood still.
    pub(super) unfinished: VecDeque<Action>,
    engine: Engine,
}

impl Host {
    pub(super) fn new(ports: Vec<Port>) -> Self {
        let mut host = Self {
            ports: Ports::new(ports),
            frozen_until: Nanos::NEVER,
            halted_until: Nanos::NEVER,
            dead: false,
            bare: false,
            lease: LeasePolicy::Strict,
            company: None,
            wake_at: None,
            inbox: VecDeque::new(),
            unfinished: VecDeque::new(),
            engine: Engine::default(),
        };
        host.boot();
        host
    }

    /// LANs that it is on.
    pub(super) fn lans(&self) -> Vec<usize> {
        (0..self.ports.len()).collect()
    }

    /// Starts a new process, which knows nothing of the one before.
    pub(super) fn boot(&mut self) {
        for port in self.ports.iter_mut() {
            port.reset(self.lease);
        }
        self.begin(&self.standings(), |_| Event::Startup);
    }

    /// Starts a new process, which finds the records of the one before, and its tracked objects
    /// `standings`. Without a data path there is no record to find.
    pub(super) fn succeed(&mut self, standings: &[Standing]) {
        if self.bare {
            self.boot();
        } else {
            self.begin(standings, |port| Event::Adopt(port.data_path.inheritance()));
        }
    }

    pub(super) fn standings(&self) -> Vec<Standing> {
        self.ports.iter().map(|port| port.standing).collect()
    }

    fn begin(&mut self, standings: &[Standing], how: impl Fn(&Port) -> Event) {
        self.dead = false;
        self.unfinished.clear();
        self.engine = Engine::default();
        self.inbox.clear();
        if self.ports.len() > 1 {
            self.inbox.push_back(Letter::Group(self.lans()));
        }
        for (lan, standing) in standings.iter().enumerate() {
            let how = how(&self.ports[lan]);
            self.inbox.extend([
                Letter::event(lan, Event::StandingChanged(*standing)),
                Letter::event(lan, how),
            ]);
            self.take_in(lan);
        }
        self.bring_company();
    }

    fn take_in(&mut self, lan: usize) {
        let port = &mut self.ports[lan];
        port.describe();
        self.engine.insert(router(lan), port.parameters.clone());
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
            &self.ports,
            nothing,
        );
    }
}

/// What others see of it.
impl Host {
    pub(super) fn runs(&self, now: Nanos) -> bool {
        !self.dead && now >= self.frozen_until && now >= self.halted_until
    }

    /// Whether the host answers for the address on `lan`, which it does without its process.
    pub(super) fn answers(&self, lan: usize, now: Nanos) -> bool {
        let port = &self.ports[lan];
        let owned = if self.bare {
            port.installed
        } else {
            port.data_path.record.owned(now)
        };
        owned && now >= self.halted_until
    }

    /// When it stops answering on `lan` if nothing happens.
    pub(super) fn end(&self, lan: usize) -> Nanos {
        match self.lease {
            LeasePolicy::Strict => self.ports[lan].data_path.record.owned_until,
            LeasePolicy::Fence | LeasePolicy::Off => Nanos::new(u64::MAX),
        }
    }

    pub(super) fn state(&self, lan: usize) -> State {
        self.engine.status(router(lan)).unwrap().state
    }

    pub(super) fn priority(&self, lan: usize) -> Priority {
        self.engine.status(router(lan)).unwrap().priority
    }
}

/// What its process does.
impl Host {
    pub(super) fn handle(&mut self, now: Nanos, letter: Letter) -> Vec<Action> {
        match letter {
            Letter::Events(events) => self.handle_events(now, events),
            Letter::Group(lans) => self.group(now, lans),
            Letter::Install(lan) => {
                self.ports[lan].reset(self.lease);
                self.take_in(lan);
                Vec::new()
            }
        }
    }

    fn handle_events(&mut self, now: Nanos, events: Vec<(usize, Event)>) -> Vec<Action> {
        let mut heard = None;
        for (lan, event) in &events {
            self.ports[*lan].note(now, event, self.bare);
            if let Event::AdvertReceived(advert) = event {
                heard = Some((*lan, *advert));
            }
        }
        let mut actions = Vec::new();
        let events = events.into_iter().map(|(lan, event)| (router(lan), event));
        self.engine
            .handle_all(now, events, &self.ports, &mut actions);
        self.hear_again(&actions);
        if let Some((lan, advert)) = heard.filter(|_| !self.bare) {
            let engine = &self.engine;
            let is_familiar = |advert: &Advert| engine.is_familiar(router(lan), advert);
            self.ports[lan].data_path.learn(now, advert, is_familiar);
        }
        actions
    }

    fn group(&mut self, now: Nanos, lans: Vec<usize>) -> Vec<Action> {
        let mut actions = Vec::new();
        let group = lans.into_iter().map(router).collect();
        self.engine
            .group(now, vec![group], &self.ports, &mut actions);
        self.hear_again(&actions);
        actions
    }

    pub(super) fn handle_timeout(&mut self, now: Nanos) -> Vec<Action> {
        let mut actions = Vec::new();
        self.ports.companion.last_advert = now;
        self.engine.handle_timeout(now, &self.ports, &mut actions);
        self.hear_again(&actions);
        actions
    }

    /// Where the engine acts, adverts that it knew may be news again.
    fn hear_again(&mut self, actions: &[Action]) {
        for action in actions {
            self.ports[lan_of(action)].data_path.familiar = None;
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Nanos> {
        self.engine.next_deadline()
    }
}

/// On which LAN an action is to be carried out.
pub(super) fn lan_of(action: &Action) -> usize {
    usize::try_from(action.router().0).unwrap()
}
