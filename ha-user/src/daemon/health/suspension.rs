//! Which probes are run: those that somebody wants to know of now.

use std::time::Duration;

use super::{BEAT, HealthThread, Means, on_beat, share};
use crate::check::ProbeId;
use crate::net::clock;

/// Probes that begin together when many are taken up again: enough for a service, and few enough that
/// the answers of tens of thousands do not come at once.
const GROUP: usize = 40;

impl HealthThread {
    /// A service is suspended, or not, from now on.
    pub(super) fn suspend(&mut self, service: &str, suspended: bool) {
        let probes = self.services.suspend(service, suspended);
        self.attend(probes);
    }

    /// Has those of `probes` run that somebody asks for, and no others. One that is taken up again is run
    /// at once.
    pub(super) fn attend(&mut self, mut probes: Vec<ProbeId>) {
        probes.sort_unstable();
        let asked_for = |id: &ProbeId| self.groups.asks_for(*id) || self.services.asks_for(*id);
        let (mut wanted, unwanted): (Vec<_>, Vec<_>) = probes.into_iter().partition(asked_for);
        for id in unwanted {
            self.leave_alone(id);
        }
        wanted.retain(|id| self.engine.is_suspended(*id));
        let now = clock::now();
        for (place, id) in wanted.into_iter().enumerate() {
            let wait = self.wait_for_turn(place, id);
            self.engine.resume(now + wait, id);
        }
    }

    fn leave_alone(&mut self, id: ProbeId) {
        self.engine.suspend(id);
        self.prober.give_up(id);
        if let Some(probe) = self.probes.get_mut(&id)
            && let Means::Command(command) = &mut probe.means
        {
            command.end();
        }
    }

    /// How long the probe at this place of many waits: not longer than it would if it had begun with the
    /// daemon.
    fn wait_for_turn(&self, place: usize, id: ProbeId) -> Duration {
        let turn = u32::try_from(place / GROUP).unwrap_or(u32::MAX);
        let probe = self.probes.get(&id);
        let interval = probe.map_or(Duration::ZERO, |probe| probe.check.rhythm.interval);
        let longest = on_beat(interval.mul_f64(share(id)));
        BEAT.saturating_mul(turn).min(longest)
    }
}
