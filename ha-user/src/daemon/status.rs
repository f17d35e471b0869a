//! Puts together what `vipctl status` shows.

use std::collections::BTreeMap;
use std::time::Duration;

use ha_common::{Nanos, Reason};

use super::health::{GroupReport, ProbeReport, ServerReport, ServiceReport, Summary};
use super::lateness::Lateness;
use super::order::{RouterReport, ThreadReport};
use super::plan::{self, RouterPlan};
use super::role::Role;
use super::routers::Routers;
use crate::check::Stage;
use crate::check::prober::Timing;
use crate::config::model::{self, Config, LeaseMode, VirtualAddress};
use crate::control::protocol::{
    Bucket, Check, Counter, Instance, Interface, Probe, Run, SCHEMA, Server, Service, Status,
    Timers,
};
use crate::datapath::MapError;
use crate::notify;
use crate::vrrp::{RouterId, Statistics};

/// How packets reach servers: none does yet.
const FORWARDING: &str = "none";

/// What the main loop knows, before the advert thread has answered.
#[derive(Debug)]
pub(super) struct Outline {
    /// Configuration file.
    pub(super) config_file: String,
    /// Instances with the slots of those that run.
    pub(super) instances: Vec<(Option<RouterId>, Instance)>,
    /// Interfaces.
    pub(super) interfaces: Vec<Interface>,
    /// As configured.
    pub(super) lease: LeaseMode,
    /// What is known of tracked checks.
    pub(super) known: BTreeMap<String, bool>,
    /// Counters of the data path, if there is one.
    pub(super) packets: Result<Option<Vec<(Reason, u64)>>, MapError>,
}

/// Instances as configured; `fault` says what of what an instance tracks is its fault.
#[must_use]
pub(super) fn outline(
    config: &Config,
    routers: &Routers,
    fault: impl Fn(&model::Instance) -> Option<String>,
) -> Vec<(Option<RouterId>, Instance)> {
    config
        .instances
        .iter()
        .map(|instance| {
            let router = routers.find(&plan::identity(instance));
            let plan = router
                .and_then(|router| routers.get(router))
                .map(|known| &known.plan);
            let mut described = configured(instance, plan);
            described.fault = described.fault.or_else(|| fault(instance));
            (router, described)
        })
        .collect()
}

/// Adds what the advert thread and the health thread report.
#[must_use]
pub(super) fn assemble(outline: Outline, report: &ThreadReport, probed: Summary) -> Status {
    let instances = outline.instances.into_iter().map(|(router, instance)| {
        let mut reports = report.routers.iter();
        let report = reports.find(|report| Some(report.router) == router);
        report.map_or_else(
            || instance.clone(),
            |report| running(instance.clone(), report),
        )
    });
    Status {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        successor: Role::of_this_process() == Some(Role::Successor),
        config: outline.config_file,
        instances: instances.collect(),
        services: probed.services.into_iter().map(service).collect(),
        checks: probed
            .checks
            .into_iter()
            .map(|group| check(group, &outline.known))
            .collect(),
        interfaces: outline.interfaces,
        lease: outline.lease.name().to_owned(),
        packets: match outline.packets {
            Ok(packets) => packets
                .unwrap_or_default()
                .into_iter()
                .map(counter)
                .collect(),
            Err(_) => Vec::new(),
        },
        timers: timers(&report.lateness),
        probe_timers: timers(&probed.lateness),
        gate_timers: timers(&probed.gate_delays),
    }
}

fn service(report: ServiceReport) -> Service {
    let server = |server: ServerReport| Server {
        address: server.address.to_string(),
        weight: server.weight,
        used: server.used,
        probes: server.probes.into_iter().map(probe).collect(),
    };
    Service {
        name: report.name,
        open: report.open,
        suspended: report.suspended,
        since_seconds: report.now.saturating_since(report.since).as_secs_f64(),
        forwarding: FORWARDING.to_owned(),
        servers: report.servers.into_iter().map(server).collect(),
    }
}

fn check(group: GroupReport, known: &BTreeMap<String, bool>) -> Check {
    Check {
        up: known.get(&group.name).copied(),
        name: group.name,
        probes: group.probes.into_iter().map(probe).collect(),
    }
}

fn probe(probe: ProbeReport) -> Probe {
    let seconds_since = |at| probe.now.saturating_since(at).as_secs_f64();
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
    let run = |(at, timing): (Nanos, Timing)| Run {
        ago_seconds: seconds_since(at),
        connected_seconds: seconds(timing.connected),
        answered_seconds: seconds(timing.answered),
        ended_seconds: timing.ended.as_secs_f64(),
    };
    let report = &probe.report;
    Probe {
        up: report.up,
        since_seconds: seconds_since(report.since),
        blocked: report.stage == Stage::Blocked,
        failure: report.failure.as_ref().map(ToString::to_string),
        runs: probe.runs,
        last: probe.last.map(run),
        what: probe.what,
    }
}

fn timers(lateness: &Lateness) -> Timers {
    let bucket = |(bound, count): (Duration, u64)| Bucket {
        up_to_seconds: bound.as_secs_f64(),
        count,
    };
    Timers {
        p50_seconds: lateness.percentile(50).as_secs_f64(),
        p99_seconds: lateness.percentile(99).as_secs_f64(),
        max_seconds: lateness.latest().as_secs_f64(),
        buckets: lateness.buckets().map(bucket).collect(),
        beyond: lateness.beyond(),
    }
}

fn configured(instance: &model::Instance, plan: Option<&RouterPlan>) -> Instance {
    let missing = || Some(format!("interface {} does not exist", instance.interface));
    Instance {
        name: instance.name.clone(),
        state: "FAULT".to_owned(),
        since_seconds: None,
        fault: plan.map_or_else(missing, |plan| plan.fault.map(str::to_owned)),
        interface: instance.interface.clone(),
        vrid: instance.virtual_router_id,
        priority: instance.priority,
        base_priority: instance.priority,
        active_router: None,
        last_advert_seconds: None,
        jitter_seconds: None,
        adverts_missed: None,
        lease_left_seconds: None,
        addresses: instance
            .addresses
            .iter()
            .chain(&instance.excluded_addresses)
            .map(|address| describe_address(address, &instance.interface))
            .collect(),
        statistics: Vec::new(),
    }
}

fn describe_address(address: &VirtualAddress, interface: &str) -> String {
    let device = address.device.as_deref().unwrap_or(interface);
    format!("{}/{} dev {device}", address.address, address.prefix_len)
}

fn running(mut instance: Instance, report: &RouterReport) -> Instance {
    let status = &report.status;
    let seconds_since = |at| report.now.saturating_since(at).as_secs_f64();
    instance.state = notify::state_word(status.state)
        .unwrap_or("INIT")
        .to_owned();
    instance.since_seconds = Some(seconds_since(status.since));
    instance.priority = status.priority.get();
    instance.active_router = status.active;
    let heard = report.last_advert > Nanos::NEVER;
    instance.last_advert_seconds = heard.then(|| seconds_since(report.last_advert));
    instance.jitter_seconds = heard.then_some(report.jitter.as_secs_f64());
    instance.adverts_missed = heard.then_some(report.missed);
    instance.lease_left_seconds = report.owned.then(|| {
        report
            .owned_until
            .saturating_since(report.now)
            .as_secs_f64()
    });
    instance.statistics = statistics(report.adverts, &status.statistics)
        .into_iter()
        .chain(report.refused.iter().copied().map(counter))
        .collect();
    instance
}

/// Adverts that the daemon need not hear count as received, too.
fn statistics(received: u64, statistics: &Statistics) -> Vec<Counter> {
    [
        ("advert_rcvd", received),
        ("advert_sent", statistics.adverts_sent),
        ("become_master", statistics.became_active),
        ("release_master", statistics.released_active),
        ("pri_zero_rcvd", statistics.priority_zero_received),
        ("pri_zero_sent", statistics.priority_zero_sent),
        ("lease_lost", statistics.leases_lost),
        ("fenced", statistics.fenced),
        ("dual_active", statistics.dual_active),
    ]
    .map(|(name, value)| Counter {
        name: name.to_owned(),
        value,
    })
    .into()
}

fn counter((reason, value): (Reason, u64)) -> Counter {
    Counter {
        name: reason.name().to_owned(),
        value,
    }
}
