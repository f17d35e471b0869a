//! Services: which of their servers are good, and whether the data path lets packets through to them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ha_common::Nanos;
use ha_common::abi::{ServicePolicy, ServiceState};
use tokio::sync::mpsc::UnboundedSender;

use super::super::lateness::Lateness;
use super::{News, ServiceChange};
use crate::check::{Change, Demands, Outcome, Places, ProbeId, Server, ServerId, Service};
use crate::config::model::Command;
use crate::config::model::service::{RealServer, VirtualServer, WithoutServer};
use crate::datapath::{ServiceId, ServiceTable};
use crate::net::clock;

/// A service that is to be looked after.
#[derive(Clone, Debug)]
pub(in crate::daemon) struct WantedService {
    /// As the configuration has it.
    pub(in crate::daemon) service: Arc<VirtualServer>,
    /// Where the data path has it.
    pub(in crate::daemon) gates: Vec<ServiceId>,
    /// Whether it was open before; `None` if there was none.
    pub(in crate::daemon) was_open: Option<bool>,
    /// Whether its servers are not to be probed on its behalf.
    pub(in crate::daemon) suspended: bool,
}

/// Every service of this host.
#[derive(Debug)]
pub(super) struct Services {
    running: Vec<Running>,
    /// Where each is in `running`, by its name.
    names: HashMap<String, usize>,
    /// Of `running`.
    places: Places,
    table: Option<ServiceTable>,
    /// How long it took from when a run was over until the data path knew what had changed by it.
    delays: Lateness,
    news: UnboundedSender<News>,
}

/// A service that runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) config: Arc<VirtualServer>,
    /// Probes of each server.
    pub(super) members: Vec<Vec<ProbeId>>,
    pub(super) service: Service,
    gates: Vec<ServiceId>,
    /// Since when it is open, or closed.
    pub(super) since: Nanos,
    /// Its servers are not probed on its behalf.
    pub(super) suspended: bool,
}

impl Services {
    /// None yet. Commands that are to be run are told by `news`.
    pub(super) fn new(news: UnboundedSender<News>) -> Self {
        Self {
            running: Vec::new(),
            names: HashMap::new(),
            places: Places::default(),
            table: None,
            delays: Lateness::default(),
            news,
        }
    }

    /// From now on these are looked after, with the probes of each of their servers, of which `state`
    /// tells what is known and `weight` what they have their servers count for. One that has not
    /// changed goes on.
    pub(super) fn follow(
        &mut self,
        now: Nanos,
        wanted: Vec<(WantedService, Vec<Vec<ProbeId>>)>,
        table: Option<ServiceTable>,
        state: impl Fn(ProbeId) -> Option<bool>,
        weight: impl Fn(ProbeId) -> Option<u32>,
    ) {
        self.table = table;
        let mut before: BTreeMap<_, _> = std::mem::take(&mut self.running)
            .into_iter()
            .map(|one| (one.config.name.clone(), one))
            .collect();
        for (wanted, members) in wanted {
            let same = |one: &Running| one.config == wanted.service && one.members == members;
            let old = before.remove(&wanted.service.name).filter(same);
            let suspended = wanted.suspended;
            let mut running = match old {
                Some(old) => Running {
                    gates: wanted.gates,
                    ..old
                },
                None => Running::begin(now, wanted, members, &state, &weight),
            };
            running.suspend(suspended);
            self.open_or_close(&running);
            self.running.push(running);
        }
        let names = self.running.iter().map(|one| one.config.name.clone());
        self.names = names.zip(0..).collect();
        let probes = |one: &Running| one.probes().collect::<Vec<_>>();
        self.places = self.running.iter().map(probes).collect();
    }

    /// What is thought of a probe has changed by a run that was over at `now`.
    pub(super) fn note(&mut self, now: Nanos, probe: ProbeId, outcome: &Outcome) {
        let note = |service: &mut Service| service.note(now, probe, outcome.is_ok());
        self.take(now, probe, outcome, note);
    }

    /// By a run that was over at `now`, and has succeeded, a probe has its servers count for something
    /// else; `None` is as they are configured.
    pub(super) fn weigh(&mut self, now: Nanos, probe: ProbeId, weight: Option<u32>) {
        let weigh = |service: &mut Service| service.weigh(probe, weight);
        self.take(now, probe, &Ok(()), weigh);
    }

    /// Has every service that asks for `probe` take `news` of it.
    fn take(
        &mut self,
        now: Nanos,
        probe: ProbeId,
        outcome: &Outcome,
        news: impl Fn(&mut Service) -> Vec<Change>,
    ) {
        let mut all = Vec::new();
        for place in self.places.of(probe) {
            let Some(running) = self.running.get_mut(place) else {
                continue;
            };
            let changes = news(&mut running.service);
            if changes.is_empty() {
                continue;
            }
            let turns = |change: &Change| matches!(change, Change::Quorum(_));
            let turns = changes.iter().any(turns);
            if turns {
                running.since = now;
            }
            self.open_or_close(&self.running[place]);
            if turns {
                self.delays.note(clock::now().saturating_since(now));
            }
            all.extend(changes.into_iter().map(|change| (place, change)));
        }
        // Packets first, words later.
        for (place, change) in all {
            self.tell(&self.running[place], change, outcome);
        }
    }

    /// A service is suspended, or not, from now on. Returns the probes of its servers if that is new.
    pub(super) fn suspend(&mut self, name: &str, suspended: bool) -> Vec<ProbeId> {
        let place = self.names.get(name);
        let running = place.and_then(|place| self.running.get_mut(*place));
        let Some(running) = running else {
            return Vec::new();
        };
        match running.suspend(suspended) {
            true => running.probes().collect(),
            false => Vec::new(),
        }
    }

    /// Whether a service asks for a probe now.
    pub(super) fn asks_for(&self, probe: ProbeId) -> bool {
        let mut places = self.places.of(probe);
        places.any(|place| self.running.get(place).is_some_and(|one| !one.suspended))
    }

    /// How long it took from when a run was over until a service was open, or closed.
    pub(super) const fn delays(&self) -> Lateness {
        self.delays
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Running> {
        self.running.iter()
    }

    fn open_or_close(&self, running: &Running) {
        if let Some(table) = &self.table {
            for gate in &running.gates {
                table.set(*gate, running.state());
            }
        }
    }

    fn tell(&self, running: &Running, change: Change, outcome: &Outcome) {
        let command = match change {
            Change::Server(id, is_good) => {
                let said = match outcome {
                    Err(failure) if !is_good => format!("CHECK failed on service : {failure}"),
                    _ => "CHECK succeed on service".to_owned(),
                };
                self.say(running, Some(id.0), is_good, said);
                running.tell_of_server(id, is_good, outcome)
            }
            Change::Quorum(is_there) => {
                let said = running.quorum_now(is_there);
                self.say(running, None, is_there, said);
                running.tell_of_quorum(is_there)
            }
            Change::Weight(id, before) => {
                running.tell_of_weight(id, before);
                None
            }
            Change::Panic(is_on) => {
                running.tell_of_panic(is_on);
                None
            }
        };
        if let Some(command) = command {
            // The main loop may have gone first.
            let _ = self.news.send(News::Run(command.clone()));
        }
    }

    fn say(&self, running: &Running, server: Option<usize>, is_up: bool, said: String) {
        // The main loop may have gone first.
        let _ = self.news.send(News::Service(ServiceChange {
            service: Arc::clone(&running.config),
            server,
            is_up,
            said,
        }));
    }
}

impl Running {
    fn begin(
        now: Nanos,
        WantedService {
            service: config,
            gates,
            was_open,
            ..
        }: WantedService,
        members: Vec<Vec<ProbeId>>,
        state: impl Fn(ProbeId) -> Option<bool>,
        weight: impl Fn(ProbeId) -> Option<u32>,
    ) -> Self {
        let servers = config.servers.iter().zip(&members);
        let servers: Vec<_> = servers
            .map(|(server, probes)| Server {
                weight: server.weight,
                probes: probes.clone(),
            })
            .collect();
        let mut service = Service::new(demands(&config, was_open), servers);
        for probe in members.iter().flatten() {
            service.weigh(*probe, weight(*probe));
            if let Some(up) = state(*probe) {
                service.note(now, *probe, up);
            }
        }
        Self {
            config,
            members,
            service,
            gates,
            since: now,
            suspended: false,
        }
    }

    fn probes(&self) -> impl Iterator<Item = ProbeId> + '_ {
        self.members.iter().flatten().copied()
    }

    /// Whether that is new.
    fn suspend(&mut self, suspended: bool) -> bool {
        let is_new = suspended != self.suspended;
        self.suspended = suspended;
        if is_new {
            let name = &self.config.name;
            match suspended {
                true => {
                    log::info!("Suspending healthcheckers for VS {name}: its address is not here")
                }
                false => log::info!("Activating healthcheckers for VS {name}"),
            }
        }
        is_new
    }

    /// As the data path has it.
    fn state(&self) -> ServiceState {
        let healthy = match self.service.has_quorum() {
            true => self.service.count_in_use(),
            false => 0,
        };
        ServiceState {
            healthy: u32::try_from(healthy).unwrap_or(u32::MAX),
            policy: policy(self.config.without_server),
        }
    }

    fn server(&self, id: ServerId) -> Option<&RealServer> {
        self.config.servers.get(id.0)
    }

    /// Returns the command that is to be run.
    fn tell_of_server(&self, id: ServerId, is_good: bool, outcome: &Outcome) -> Option<&Command> {
        let server = self.server(id)?;
        let (address, name) = (server.address, &self.config.name);
        match outcome {
            Err(failure) if !is_good => {
                log::info!("Removing service {address} from VS {name} ({failure})");
            }
            _ => log::info!("Adding service {address} to VS {name}"),
        }
        match is_good {
            true => server.notify_up.as_ref(),
            false => server.notify_down.as_ref(),
        }
    }

    fn tell_of_weight(&self, id: ServerId, before: u32) {
        let Some(server) = self.server(id) else {
            return;
        };
        let (address, name) = (server.address, &self.config.name);
        let weight = self.service.weight_of(id);
        let state = match self.service.is_good(id) {
            true => "active",
            false => "inactive",
        };
        log::info!(
            "Changing weight from {before} to {weight} for {state} service {address} of VS {name}"
        );
    }

    /// Returns the command that is to be run.
    fn tell_of_quorum(&self, is_there: bool) -> Option<&Command> {
        log::info!("{} for VS {}", self.quorum_now(is_there), self.config.name);
        match is_there {
            true => self.config.quorum_up.as_ref(),
            false => self.config.quorum_down.as_ref(),
        }
    }

    /// How what there is compares with what it takes.
    fn quorum_now(&self, is_there: bool) -> String {
        let VirtualServer {
            quorum, hysteresis, ..
        } = &*self.config;
        let weight = self.service.weight();
        match is_there {
            true => {
                let least = quorum.saturating_add(*hysteresis);
                format!("Gained quorum {quorum}+{hysteresis}={least} <= {weight}")
            }
            false => {
                let least = quorum.saturating_sub(*hysteresis);
                format!("Lost quorum {quorum}-{hysteresis}={least} > {weight}")
            }
        }
    }

    fn tell_of_panic(&self, is_on: bool) {
        let name = &self.config.name;
        match is_on {
            true => log::warn!(
                "All servers of VS {name} have failed at once: they stay in use (fail_static)"
            ),
            false => log::info!("A server of VS {name} is good again: fail_static is over"),
        }
    }
}

/// What was open, or closed, before stays so until something else is known.
fn demands(config: &VirtualServer, was_open: Option<bool>) -> Demands {
    let intervals = config.servers.iter().flat_map(|server| &server.checks);
    let longest = intervals.map(|check| check.rhythm.interval).max();
    Demands {
        quorum: config.quorum,
        hysteresis: config.hysteresis,
        alpha: was_open.map_or(config.alpha, |was_open| !was_open),
        panic_within: longest.filter(|_| config.fail_static),
    }
}

/// As the data path calls it.
pub(in crate::daemon) const fn policy(without_server: WithoutServer) -> ServicePolicy {
    match without_server {
        WithoutServer::Drop => ServicePolicy::Drop,
        WithoutServer::Reject => ServicePolicy::Reject,
        WithoutServer::Pass => ServicePolicy::Pass,
    }
}
