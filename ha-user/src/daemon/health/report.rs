//! What is known of everything that is probed.

use std::net::SocketAddr;

use ha_common::Nanos;

use super::HealthThread;
use super::services::Running;
use crate::check::prober::Timing;
use crate::check::{self, ProbeId, ServerId};
use crate::daemon::lateness::Lateness;
use crate::net::clock;

/// What is known of everything.
#[derive(Clone, Debug, Default)]
pub(in crate::daemon) struct Summary {
    /// What priorities follow.
    pub(in crate::daemon) checks: Vec<GroupReport>,
    /// What the data path gates.
    pub(in crate::daemon) services: Vec<ServiceReport>,
    /// How late probes have begun.
    pub(in crate::daemon) lateness: Lateness,
    /// How long it took from the end of a run until the data path knew what had changed by it.
    pub(in crate::daemon) gate_delays: Lateness,
}

/// What is known of a service.
#[derive(Clone, Debug)]
pub(in crate::daemon) struct ServiceReport {
    /// Name.
    pub(in crate::daemon) name: String,
    /// Whether enough servers are good.
    pub(in crate::daemon) open: bool,
    /// Whether its servers are not probed on its behalf.
    pub(in crate::daemon) suspended: bool,
    /// When the report was made.
    pub(in crate::daemon) now: Nanos,
    /// Since when it is open, or closed.
    pub(in crate::daemon) since: Nanos,
    /// Servers: address, weight, whether it is used, and its probes.
    pub(in crate::daemon) servers: Vec<ServerReport>,
}

/// What is known of a server.
#[derive(Clone, Debug)]
pub(in crate::daemon) struct ServerReport {
    /// Its address.
    pub(in crate::daemon) address: SocketAddr,
    /// What it counts for while it is good.
    pub(in crate::daemon) weight: u32,
    /// Whether it is good, or used all the same.
    pub(in crate::daemon) used: bool,
    /// Its probes.
    pub(in crate::daemon) probes: Vec<ProbeReport>,
}

/// What is known of what somebody asked for.
#[derive(Clone, Debug)]
pub(in crate::daemon) struct GroupReport {
    /// Who asked.
    pub(in crate::daemon) name: String,
    /// Each of its probes.
    pub(in crate::daemon) probes: Vec<ProbeReport>,
}

/// What is known of a probe.
#[derive(Clone, Debug)]
pub(in crate::daemon) struct ProbeReport {
    /// As people call it.
    pub(in crate::daemon) what: String,
    /// When the report was made.
    pub(in crate::daemon) now: Nanos,
    /// What the engine says.
    pub(in crate::daemon) report: check::Report,
    /// Runs that have ended.
    pub(in crate::daemon) runs: u64,
    /// When its last run ended, and how long what took.
    pub(in crate::daemon) last: Option<(Nanos, Timing)>,
}

impl HealthThread {
    pub(super) fn report(&self) -> Summary {
        let now = clock::now();
        let check = |(name, probes): (&str, &[ProbeId])| GroupReport {
            name: name.to_owned(),
            probes: self.report_of(probes, now),
        };
        let service = |running: &Running| {
            let used = running.service.in_use();
            let servers = running.config.servers.iter().zip(&running.members);
            let servers = (0..).map(ServerId).zip(servers);
            ServiceReport {
                name: running.config.name.clone(),
                open: running.service.has_quorum(),
                suspended: running.suspended,
                now,
                since: running.since,
                servers: servers
                    .map(|(id, (server, probes))| ServerReport {
                        address: server.address,
                        weight: running.service.weight_of(id),
                        // In the order of their places.
                        used: used.binary_search(&id).is_ok(),
                        probes: self.report_of(probes, now),
                    })
                    .collect(),
            }
        };
        Summary {
            checks: self.groups.iter().map(check).collect(),
            services: self.services.iter().map(service).collect(),
            lateness: self.lateness,
            gate_delays: self.services.delays(),
        }
    }

    fn report_of(&self, probes: &[ProbeId], now: Nanos) -> Vec<ProbeReport> {
        let report = |id: &ProbeId| {
            let probe = self.probes.get(id)?;
            Some(ProbeReport {
                what: probe.check.method.to_string(),
                now,
                report: self.engine.report(*id)?,
                runs: probe.runs,
                last: probe.last,
            })
        };
        probes.iter().filter_map(report).collect()
    }
}
