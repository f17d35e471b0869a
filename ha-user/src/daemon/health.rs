//! The health thread: owns every probe, and never waits for anything but the next event.
//!
//! One turn: what was asked of it; what is due; a wait; what runs have found; what has changed. A verdict
//! goes out in the turn in which it was found.

mod command;
mod file;
mod groups;
mod orders;
mod report;
mod secrecy;
mod services;
mod suspension;

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use ha_common::Nanos;
use tokio::sync::mpsc::UnboundedSender;

use self::command::Program;
use self::groups::Groups;
pub(super) use self::orders::{Assignment, News, Order, ServiceChange, Verdict, Wanted};
pub(super) use self::report::{GroupReport, ProbeReport, ServerReport, ServiceReport, Summary};
use self::secrecy::Secrecy;
use self::services::Services;
pub(super) use self::services::{WantedService, policy};
use super::lateness::Lateness;
use super::queue::{self, Queue};
use crate::check::prober::{Finding, Prober, Timing};
use crate::check::{
    Action, ByProbe, Changes, Engine, Entry, Failure, Outcome, ProbeId, Recipe, Rhythm, Roster,
};
use crate::config::model::ScriptUser;
use crate::config::model::check::{Check, CheckRhythm, Method};
use crate::config::model::file::TrackFile;
use crate::net::clock;
use crate::track::watch::Watch;
use crate::track::watched::Watched;

/// Probes that are due so soon are begun, too: a thread that wakes up for each of thousands does little
/// else.
const TOGETHER: Duration = Duration::from_millis(1);

/// Probes begin in groups, so far apart.
const BEAT: Duration = Duration::from_millis(8);

/// Starts the thread. It ends when it is told to; a `news` that closes before has lost it.
///
/// # Errors
/// The process may not have another thread or descriptor.
pub(super) fn start(news: UnboundedSender<News>) -> Result<queue::Sender<Order>> {
    let (sender, orders) = queue::queue()?;
    let prober = Prober::new().context("cannot make an epoll instance")?;
    prober
        .listen_to(&orders)
        .context("cannot wait for orders")?;
    let thread = HealthThread {
        engine: Engine::default(),
        prober,
        roster: Roster::default(),
        probes: ByProbe::default(),
        groups: Groups::new(news.clone()),
        services: Services::new(news.clone()),
        secrecy: Secrecy::new().context("cannot speak TLS")?,
        watched: Watched::default(),
        lateness: Lateness::default(),
        news,
        orders,
        own: sender.clone(),
        runtime: tokio::runtime::Handle::current(),
    };
    thread::Builder::new()
        .name("health".to_owned())
        .spawn(move || thread.run())
        .context("cannot start the health thread")?;
    Ok(sender)
}

struct HealthThread {
    engine: Engine,
    prober: Prober,
    roster: Roster,
    probes: ByProbe<Probe>,
    groups: Groups,
    services: Services,
    secrecy: Secrecy,
    watched: Watched<ProbeId>,
    lateness: Lateness,
    news: UnboundedSender<News>,
    orders: Queue<Order>,
    /// By which commands tell that they have ended.
    own: queue::Sender<Order>,
    /// Runs commands.
    runtime: tokio::runtime::Handle,
}

/// A probe, ready to be run.
struct Probe {
    means: Means,
    timeout: Duration,
    check: Arc<Check>,
    runs: u64,
    last: Option<(Nanos, Timing)>,
    /// What it has its servers count for; `None` is as they are configured.
    weight: Option<u32>,
}

enum Means {
    Recipe(Box<Recipe>),
    Command(Program),
    File(TrackFile),
    /// It cannot be done, for this reason.
    None(Failure),
}

impl HealthThread {
    fn run(mut self) {
        while self.take_orders() {
            self.take_time();
            let deadline = self.engine.next_deadline();
            if let Err(error) = self.prober.wait(clock::now, deadline) {
                log::error!("the health thread cannot wait for events: {error}");
                return;
            }
            self.take_findings();
            self.take_changes();
        }
    }

    /// `false` when it is to end.
    fn take_orders(&mut self) -> bool {
        self.orders.rest();
        while let Some(order) = self.orders.next() {
            match order {
                Order::Follow(assignment) => self.follow(*assignment),
                Order::Suspend(service, suspended) => self.suspend(&service, suspended),
                Order::Ended(finding) => self.take(clock::now(), finding),
                // Who asked may have hung up.
                Order::Answer(answer) => drop(answer.send(())),
                Order::Inquire(answer) => drop(answer.send(self.report())),
                Order::Stop => return false,
            }
        }
        true
    }

    fn take_time(&mut self) {
        let now = clock::now();
        let soon = now + TOGETHER;
        while let Some(due) = self.engine.next_deadline().filter(|due| *due <= soon) {
            self.lateness.note(now.saturating_since(due));
            let mut actions = Vec::new();
            self.engine.handle_timeout(due, &mut actions);
            self.carry_out(now, actions);
        }
    }

    fn take_findings(&mut self) {
        let now = clock::now();
        let findings: Vec<_> = self.prober.findings().collect();
        for finding in findings {
            self.take(now, finding);
        }
    }

    /// What has changed is looked at now, not when it is due.
    fn take_changes(&mut self) {
        for id in self.watched.changed() {
            let now = clock::now();
            self.watch(id);
            let mut actions = Vec::new();
            self.engine.look_again(now, id, &mut actions);
            self.carry_out(now, actions);
        }
    }

    fn take(&mut self, now: Nanos, finding: Finding) {
        let actions = self.note(now, finding);
        self.carry_out(now, actions);
    }

    /// Returns what is to be done about it.
    fn note(&mut self, now: Nanos, finding: Finding) -> Vec<Action> {
        let Finding {
            probe: id,
            outcome,
            weight,
            timing,
        } = finding;
        let mut actions = Vec::new();
        let Some(probe) = self.probes.get_mut(&id) else {
            return actions;
        };
        probe.runs += 1;
        probe.last = Some((now, timing));
        probe.tell(&outcome);
        // A failure says nothing of it.
        if outcome.is_ok() && probe.weight != weight {
            probe.weight = weight;
            self.services.weigh(now, id, weight);
        }
        self.engine.finish(now, id, outcome, &mut actions);
        actions
    }

    fn carry_out(&mut self, now: Nanos, actions: Vec<Action>) {
        let mut actions = VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            match action {
                Action::Judged(id, outcome) => {
                    // Packets first.
                    self.services.note(now, id, &outcome);
                    self.groups.note(id, &outcome);
                }
                Action::Run(id) => {
                    if let Some(finding) = self.begin(id) {
                        actions.extend(self.note(now, finding));
                    }
                }
            }
        }
    }

    /// Begins a run. Returns what it has found if it is over already.
    fn begin(&mut self, id: ProbeId) -> Option<Finding> {
        let probe = self.probes.get_mut(&id)?;
        let timeout = probe.timeout;
        match &mut probe.means {
            Means::None(failure) => return Some(Finding::failed(id, failure.clone())),
            Means::Command(command) => command.begin(id, timeout, &self.runtime, &self.own),
            Means::File(file) => return Some(file::look(id, file)),
            Means::Recipe(recipe) => match recipe.errand() {
                Ok(errand) => {
                    let now = clock::now();
                    self.prober.begin(now, id, &recipe.target, errand, timeout);
                }
                Err(reason) => return Some(Finding::failed(id, Failure::new(reason))),
            },
        }
        None
    }
}

/// What is asked for changes.
impl HealthThread {
    fn follow(&mut self, assignment: Assignment) {
        let now = clock::now();
        let Assignment {
            checks,
            services,
            table,
            script_user,
            ssl,
        } = assignment;
        let asked_by_checks = checks.iter().map(|one| one.checks.as_slice());
        let servers = services.iter().flat_map(|one| &one.service.servers);
        let asked_by_servers = servers.map(|server| server.checks.as_slice());
        let Changes { members, gone, new } =
            self.roster.follow(asked_by_checks.chain(asked_by_servers));
        self.speak_as(ssl);
        for id in gone {
            self.engine.remove(now, id);
            self.prober.give_up(id);
            self.watched.forget(id);
            self.probes.remove(&id);
        }
        let mut members = members.into_iter();
        let checks: Vec<_> = checks.into_iter().zip(members.by_ref()).collect();
        let services = services.into_iter().map(|one| {
            let count = one.service.servers.len();
            let probes = members.by_ref().take(count).collect();
            (one, probes)
        });
        let services: Vec<_> = services.collect();
        let before = known_before(&checks, &services);
        for (id, entry) in &new {
            self.install(*id, &entry.check, script_user.as_ref());
        }
        // What was made ready until now is not late yet.
        let begin = clock::now();
        for (id, Entry { check, beneath }) in new {
            let rhythm = rhythm(&check.rhythm, id, before.get(&id).copied());
            self.engine.insert(begin, id, rhythm, beneath);
        }
        let known = |id| self.engine.report(id).and_then(|report| report.up);
        let checks = checks
            .into_iter()
            .map(|(one, probes)| (one.name, one.known, probes));
        self.groups.follow(checks, known);
        let weight = |id| self.probes.get(&id).and_then(|probe| probe.weight);
        self.services.follow(now, services, table, known, weight);
        self.attend(self.probes.keys().copied().collect());
        // The main loop may have gone first.
        let _ = self.news.send(News::Following);
    }

    fn install(&mut self, id: ProbeId, check: &Arc<Check>, script_user: Option<&ScriptUser>) {
        let means = self.means(&check.method, script_user);
        if let Means::None(reason) = &means {
            log::error!("{}: {reason}", check.method);
        }
        self.groups.name(id, check.method.to_string());
        let probe = Probe {
            means,
            timeout: check.rhythm.timeout,
            check: Arc::clone(check),
            runs: 0,
            last: None,
            weight: None,
        };
        self.probes.insert(id, probe);
        self.watch(id);
    }

    /// Watches what a probe looks at, if that can be watched.
    fn watch(&mut self, id: ProbeId) {
        if let Some(Means::File(file)) = self.probes.get(&id).map(|probe| &probe.means) {
            // Nobody waits on it but the prober.
            let begin = |watch: &Watch<ProbeId>| self.prober.listen_to(watch);
            self.watched.follow(id, &file.path, begin);
        }
    }
}

impl HealthThread {
    fn means(&self, method: &Method, script_user: Option<&ScriptUser>) -> Means {
        let means = match method {
            Method::Misc {
                command,
                is_dynamic,
            } => Program::new(command, *is_dynamic, script_user).map(Means::Command),
            Method::File(file) => Ok(Means::File(file.clone())),
            method => self.secrecy.recipe(method),
        };
        means.unwrap_or_else(|reason| Means::None(Failure::new(reason)))
    }
}

impl Probe {
    fn tell(&self, outcome: &Outcome) {
        let Err(failure) = outcome else {
            return;
        };
        let level = match self.check.rhythm.logs_all_failures {
            true => log::Level::Info,
            false => log::Level::Debug,
        };
        log::log!(level, "{} has failed: {failure}", self.check.method);
    }
}

/// What was thought of probes by whoever had them run before: those of a check that was good were good,
/// those of a service are as that was.
fn known_before(
    checks: &[(Wanted, Vec<ProbeId>)],
    services: &[(WantedService, Vec<Vec<ProbeId>>)],
) -> ByProbe<bool> {
    let services = services.iter().filter_map(|(one, servers)| {
        let was_open = one.was_open?;
        Some(servers.iter().flatten().map(move |id| (*id, was_open)))
    });
    let good = checks.iter().filter(|(one, _)| one.known == Some(true));
    let good = good.flat_map(|(_, probes)| probes.iter().map(|id| (*id, true)));
    services.flatten().chain(good).collect()
}

fn rhythm(asked: &CheckRhythm, id: ProbeId, known: Option<bool>) -> Rhythm {
    Rhythm {
        warmup: on_beat(asked.warmup.mul_f64(share(id))),
        interval: asked.interval,
        retry: asked.retry,
        rise: asked.rise,
        fall: asked.fall,
        assumed: known.or(asked.assumed),
    }
}

/// The beat before: what is done in a row takes a quarter less time for each than one by one.
fn on_beat(warmup: Duration) -> Duration {
    let beats = warmup.as_nanos() / BEAT.as_nanos();
    BEAT.saturating_mul(u32::try_from(beats).unwrap_or(u32::MAX))
}

/// A part of 1 for each probe, as evenly as can be however many there are: what the golden ratio times
/// its number leaves behind the point.
fn share(id: ProbeId) -> f64 {
    const GOLDEN: u32 = 0x9e37_79b9;
    f64::from(id.0.wrapping_mul(GOLDEN)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_spread_evenly() {
        let mut shares: Vec<_> = (1..=1000).map(|id| share(ProbeId(id))).collect();
        shares.sort_by(f64::total_cmp);
        let gaps = shares.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(gaps.fold(0.0, f64::max) < 0.003);
        assert!(shares.iter().all(|share| (0.0..1.0).contains(share)));
    }
}
