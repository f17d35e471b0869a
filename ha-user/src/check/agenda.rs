//! Which probe is due when.

use std::collections::BTreeSet;

use ha_common::Nanos;

use super::ProbeId;

/// Probes that wait, in the order in which they are due. Tens of thousands may.
#[derive(Debug, Default)]
pub(super) struct Agenda(BTreeSet<(Nanos, ProbeId)>);

impl Agenda {
    /// Has `probe` be due at `at`.
    pub(super) fn add(&mut self, at: Nanos, probe: ProbeId) {
        self.0.insert((at, probe));
    }

    /// Crosses `probe` out, which was to be due at `at`.
    pub(super) fn cross_out(&mut self, at: Nanos, probe: ProbeId) {
        self.0.remove(&(at, probe));
    }

    /// Takes the first probe that is due at `now`, and when it was.
    pub(super) fn take_due(&mut self, now: Nanos) -> Option<(Nanos, ProbeId)> {
        let is_due = self.next()? <= now;
        is_due.then(|| self.0.pop_first()).flatten()
    }

    /// When the first probe is due.
    pub(super) fn next(&self) -> Option<Nanos> {
        self.0.first().map(|(at, _)| *at)
    }

    #[cfg(test)]
    pub(super) fn holds(&self, at: Nanos, probe: ProbeId) -> bool {
        self.0.contains(&(at, probe))
    }
}
