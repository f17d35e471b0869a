//! All probes of this host.

use ha_common::Nanos;

use super::agenda::Agenda;
use super::probe::{Failure, Outcome, Probe, Report, Stage};
use super::{Action, ByProbe, ProbeId, Rhythm};

/// Every probe of this host.
#[derive(Debug, Default)]
pub struct Engine {
    pub(super) probes: ByProbe<Probe>,
    pub(super) agenda: Agenda,
}

/// What goes in and out.
impl Engine {
    /// Adds a probe that is asked from `now` on, or, with `beneath`, from when that is good.
    pub fn insert(&mut self, now: Nanos, id: ProbeId, rhythm: Rhythm, beneath: Option<ProbeId>) {
        self.remove(now, id);
        let beneath = beneath.filter(|lower| self.stack(id, *lower));
        if let Some(lower) = beneath {
            self.resume(now, lower);
        }
        let probe = Probe::new(rhythm, beneath, now);
        self.probes.insert(id, probe);
        if self.is_supported(id) {
            self.rest(id, now + rhythm.warmup);
        }
    }

    /// Forgets a probe, a run of which is to be ended. What stood on it stands alone from `now` on.
    pub fn remove(&mut self, now: Nanos, id: ProbeId) {
        let Some(probe) = self.probes.remove(&id) else {
            return;
        };
        if let Stage::Resting(at) = probe.stage {
            self.agenda.cross_out(at, id);
        }
        if let Some(lower) = probe.beneath.and_then(|lower| self.probes.get_mut(&lower)) {
            lower.above.retain(|one| *one != id);
        }
        for upper in probe.above {
            self.let_stand_alone(upper, now);
        }
    }

    /// Leaves a probe alone, and what stands on it, until it is resumed. What is thought of it stays; a
    /// run of it is to be ended.
    pub fn suspend(&mut self, id: ProbeId) {
        let Some(probe) = self.probes.get_mut(&id) else {
            return;
        };
        if let Stage::Resting(at) = probe.stage {
            self.agenda.cross_out(at, id);
        }
        probe.suspend();
        for upper in self.above(id) {
            self.suspend(upper);
        }
    }

    /// Goes on with a probe that was suspended, and with what it stands on: it is asked at `at`, or as
    /// soon as what is beneath is good.
    pub fn resume(&mut self, at: Nanos, id: ProbeId) {
        let Some(probe) = self.probes.get_mut(&id) else {
            return;
        };
        if probe.stage != Stage::Suspended {
            return;
        }
        probe.stage = Stage::Blocked;
        if let Some(lower) = probe.beneath {
            self.resume(at, lower);
        }
        if self.is_supported(id) {
            self.rest(id, at);
        }
    }

    /// Whether a probe is left alone.
    #[must_use]
    pub fn is_suspended(&self, id: ProbeId) -> bool {
        let probe = self.probes.get(&id);
        probe.is_some_and(|probe| probe.stage == Stage::Suspended)
    }

    /// Lets time pass up to `now`. Late or extra calls are harmless.
    pub fn handle_timeout(&mut self, now: Nanos, actions: &mut Vec<Action>) {
        while let Some((at, id)) = self.agenda.take_due(now) {
            self.run(id, at, actions);
        }
    }

    /// Takes what a run has found. One that was not asked for is passed over.
    pub fn finish(&mut self, now: Nanos, id: ProbeId, found: Outcome, actions: &mut Vec<Action>) {
        let Some(probe) = self.probes.get_mut(&id) else {
            return;
        };
        if probe.stage != Stage::Running {
            return;
        }
        match found {
            Ok(()) if std::mem::take(&mut probe.doubted) => self.run(id, now, actions),
            Ok(()) => self.settle(now, id, Ok(()), actions),
            Err(failure) => self.accuse(now, id, failure, actions),
        }
    }

    /// Something has happened that the probe would see: has it run now, not when it is due. One that is
    /// being judged is run once more after that; one that is not asked at all is not run.
    pub fn look_again(&mut self, now: Nanos, id: ProbeId, actions: &mut Vec<Action>) {
        let Some(probe) = self.probes.get_mut(&id) else {
            return;
        };
        match probe.stage {
            Stage::Resting(at) => {
                self.agenda.cross_out(at, id);
                self.run(id, now, actions);
            }
            Stage::Running | Stage::Accusing(_) => probe.again = true,
            Stage::Blocked | Stage::Suspended => {}
        }
    }

    /// When [`Self::handle_timeout`] is next worth calling.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Nanos> {
        self.agenda.next()
    }

    /// What is known of a probe.
    #[must_use]
    pub fn report(&self, id: ProbeId) -> Option<Report> {
        self.probes.get(&id).map(Probe::report)
    }
}

/// One probe.
impl Engine {
    fn rest(&mut self, id: ProbeId, until: Nanos) {
        if let Some(probe) = self.probes.get_mut(&id) {
            probe.stage = Stage::Resting(until);
            self.agenda.add(until, id);
        }
    }

    fn run(&mut self, id: ProbeId, due: Nanos, actions: &mut Vec<Action>) {
        if let Some(probe) = self.probes.get_mut(&id) {
            probe.stage = Stage::Running;
            probe.doubted = false;
            probe.again = false;
            probe.due = due;
            actions.push(Action::Run(id));
        }
    }

    /// Believes a result, or begins to, and has what stands on the probe follow.
    fn settle(&mut self, now: Nanos, id: ProbeId, outcome: Outcome, actions: &mut Vec<Action>) {
        let Some(probe) = self.probes.get_mut(&id) else {
            return;
        };
        let changed = probe.take(outcome.clone(), now);
        let next = probe.next_run(now);
        if changed {
            actions.push(Action::Judged(id, outcome.clone()));
        }
        self.rest(id, next);
        for upper in self.above(id) {
            match outcome {
                Ok(()) => self.follow_success(now, upper, actions),
                Err(_) => self.follow_failure(now, upper),
            }
        }
    }
}

/// Layers.
impl Engine {
    /// Puts `id` on `lower`; `false` if there is no such probe.
    fn stack(&mut self, id: ProbeId, lower: ProbeId) -> bool {
        let lower = self.probes.get_mut(&lower);
        lower.map(|lower| lower.above.push(id)).is_some()
    }

    fn let_stand_alone(&mut self, id: ProbeId, now: Nanos) {
        let Some(probe) = self.probes.get_mut(&id) else {
            return;
        };
        probe.beneath = None;
        if matches!(probe.stage, Stage::Blocked | Stage::Accusing(_)) {
            self.rest(id, now);
        }
    }

    fn above(&self, id: ProbeId) -> Vec<ProbeId> {
        let probe = self.probes.get(&id);
        probe.map(|probe| probe.above.clone()).unwrap_or_default()
    }

    /// Whether the layer beneath is thought good, if there is one. One that is not asked any more, for
    /// what is beneath it has failed, supports nothing.
    fn is_supported(&self, id: ProbeId) -> bool {
        let probe = self.probes.get(&id);
        let beneath = probe.and_then(|probe| probe.beneath);
        let lower = beneath.and_then(|lower| self.probes.get(&lower));
        lower.is_none_or(|lower| lower.is_up() == Some(true) && lower.stage != Stage::Blocked)
    }

    /// Asks the layer beneath whether a failure is its own; without one, it is.
    fn accuse(&mut self, now: Nanos, id: ProbeId, failure: Failure, actions: &mut Vec<Action>) {
        let Some(probe) = self.probes.get_mut(&id) else {
            return;
        };
        let Some(lower) = probe.beneath else {
            return self.settle(now, id, Err(failure), actions);
        };
        probe.stage = Stage::Accusing(failure);
        self.question(now, lower, actions);
    }

    /// Has a probe tell how it is now.
    fn question(&mut self, now: Nanos, id: ProbeId, actions: &mut Vec<Action>) {
        let Some(probe) = self.probes.get_mut(&id) else {
            return;
        };
        match probe.stage {
            Stage::Resting(at) => {
                self.agenda.cross_out(at, id);
                self.run(id, now, actions);
            }
            // It may have looked before what has just happened.
            Stage::Running => probe.doubted = true,
            // Who asks has been suspended with it.
            Stage::Accusing(_) | Stage::Suspended => {}
            Stage::Blocked => self.fail_all_above(now, id),
        }
    }

    /// The layer beneath `id` has just been found good.
    fn follow_success(&mut self, now: Nanos, id: ProbeId, actions: &mut Vec<Action>) {
        let is_supported = self.is_supported(id);
        let Some(probe) = self.probes.get_mut(&id) else {
            return;
        };
        match probe.stage.clone() {
            Stage::Accusing(failure) => self.settle(now, id, Err(failure), actions),
            Stage::Blocked if is_supported => self.run(id, now, actions),
            Stage::Blocked | Stage::Resting(_) | Stage::Running | Stage::Suspended => {}
        }
    }

    /// The layer beneath `id` has just failed, which explains what has failed here. A run that is under
    /// way is looked at when it ends.
    fn follow_failure(&mut self, now: Nanos, id: ProbeId) {
        let is_supported = self.is_supported(id);
        let Some(probe) = self.probes.get_mut(&id) else {
            return;
        };
        match probe.stage {
            Stage::Resting(at) if !is_supported => {
                probe.stage = Stage::Blocked;
                self.agenda.cross_out(at, id);
            }
            Stage::Accusing(_) if !is_supported => probe.stage = Stage::Blocked,
            Stage::Accusing(_) => {
                let next = probe.next_beat(now);
                self.rest(id, next);
            }
            Stage::Resting(_) | Stage::Running | Stage::Blocked | Stage::Suspended => return,
        }
        self.fail_all_above(now, id);
    }

    fn fail_all_above(&mut self, now: Nanos, id: ProbeId) {
        for upper in self.above(id) {
            self.follow_failure(now, upper);
        }
    }
}
