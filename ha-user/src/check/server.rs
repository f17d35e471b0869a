//! One server of a service: whether it is good, and what it counts for.

use ha_common::Nanos;

use super::ProbeId;

/// Names a server within its service: its place in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(pub usize);

/// A server as its service sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// What it counts for.
    pub weight: u32,
    /// What must all be good for it to be good. One without any is good always.
    pub probes: Vec<ProbeId>,
}

/// What is thought of a server.
#[derive(Debug)]
pub(super) struct Standing {
    /// As it is configured.
    weight: u32,
    probes: Vec<Known>,
    pub(super) is_good: bool,
    /// When it last went bad.
    pub(super) bad_since: Nanos,
}

/// What is known of a probe.
#[derive(Debug)]
struct Known {
    probe: ProbeId,
    is_up: Option<bool>,
    /// What it has its server count for.
    weight: Option<u32>,
}

impl Standing {
    /// Of one of which nothing is known: it is assumed to be good, or bad.
    pub(super) fn new(server: Server, assumed: bool) -> Self {
        let known = |probe| Known {
            probe,
            is_up: None,
            weight: None,
        };
        let probes: Vec<_> = server.probes.into_iter().map(known).collect();
        Self {
            weight: server.weight,
            is_good: assumed || probes.is_empty(),
            probes,
            bad_since: Nanos::NEVER,
        }
    }

    pub(super) fn probes(&self) -> impl Iterator<Item = ProbeId> + '_ {
        self.probes.iter().map(|known| known.probe)
    }

    /// What it counts for while it is good: as it is configured, and what each probe changes that by.
    pub(super) fn weight(&self) -> u32 {
        let configured = i64::from(self.weight);
        let said = self.probes.iter().filter_map(|known| known.weight);
        let changes = said.map(|weight| i64::from(weight) - configured);
        let weight = configured + changes.sum::<i64>();
        u32::try_from(weight.max(0)).unwrap_or(u32::MAX)
    }

    /// Takes note of what a probe has it count for.
    pub(super) fn weigh(&mut self, probe: ProbeId, weight: Option<u32>) {
        for known in self.of(probe) {
            known.weight = weight;
        }
    }

    /// Whether a verdict changes what the server is.
    pub(super) fn take(&mut self, now: Nanos, probe: ProbeId, is_up: bool) -> bool {
        for known in self.of(probe) {
            known.is_up = Some(is_up);
        }
        let mut known = self.probes.iter().map(|known| known.is_up);
        let is_good = match self.is_good {
            // What nobody has looked at is as it was assumed to be.
            true => known.all(|up| up != Some(false)),
            false => known.all(|up| up == Some(true)),
        };
        let changes = is_good != self.is_good;
        self.is_good = is_good;
        if changes && !is_good {
            self.bad_since = now;
        }
        changes
    }

    fn of(&mut self, probe: ProbeId) -> impl Iterator<Item = &mut Known> {
        let known = self.probes.iter_mut();
        known.filter(move |known| known.probe == probe)
    }
}
