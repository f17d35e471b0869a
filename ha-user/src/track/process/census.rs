//! Which processes count for which `vrrp_track_process`.

use std::collections::{BTreeMap, BTreeSet};

use ha_common::Nanos;

use super::quorum::{Cause, Quorum};
use super::{Event, Seen};
use crate::config::model::process::TrackProcess;

/// What is to be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What the file says of it.
    pub settings: TrackProcess,
    /// What is known of it already: from a reload, or from another worker.
    pub known: Option<bool>,
}

/// A verdict that has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Name of the `vrrp_track_process`.
    pub name: String,
    /// Whether there are as many processes as there should be.
    pub up: bool,
    /// Nothing was known before.
    pub is_first: bool,
}

/// For whom everybody is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// For those for whom nobody has been counted yet.
    New,
    /// For all of them.
    All,
}

/// The processes that count. They are counted once, and then as they come and go.
#[derive(Debug, Default)]
pub struct Census(BTreeMap<String, Counted>);

#[derive(Debug)]
struct Counted {
    settings: TrackProcess,
    quorum: Quorum,
    /// `None` before they have been counted.
    processes: Option<BTreeSet<u32>>,
    told: Option<bool>,
}

impl Census {
    /// Counts for `wanted`, and nothing else any more. What is the same as before goes on.
    pub fn follow(&mut self, wanted: Vec<Wanted>) {
        let mut before = std::mem::take(&mut self.0);
        for Wanted { settings, known } in wanted {
            let name = settings.name.clone();
            let counted = match before.remove(&name) {
                Some(counted) if counted.settings == settings => counted,
                // What is known is of another program, perhaps.
                Some(_) => Counted::new(settings, None),
                None => Counted::new(settings, known),
            };
            self.0.insert(name, counted);
        }
    }

    /// Whether there is nothing to count for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether command lines are needed.
    #[must_use]
    pub fn needs_commands(&self) -> bool {
        let mut all = self.0.values();
        all.any(|one| one.settings.pattern.needs_command())
    }

    /// Counts everybody there is.
    pub fn count(&mut self, now: Nanos, everybody: &BTreeMap<u32, Seen>, scope: Scope) {
        for counted in self.0.values_mut() {
            if scope == Scope::All || counted.processes.is_none() {
                counted.count(now, everybody);
            }
        }
    }

    /// Something has happened. `look` tells what a process is now, with its command line if asked for.
    pub fn take(&mut self, now: Nanos, event: Event, look: impl Fn(u32, bool) -> Option<Seen>) {
        match event {
            Event::Forked { parent, child } => {
                for counted in self.0.values_mut().filter(|one| one.has(parent)) {
                    counted.change(now, child, true, Cause::Fork);
                }
            }
            Event::Ended(process) => {
                for counted in self.0.values_mut() {
                    counted.change(now, process, false, Cause::End);
                }
            }
            Event::Executed(process) => {
                let Some(seen) = look(process, self.needs_commands()) else {
                    // Its end will be told.
                    return;
                };
                for counted in self.0.values_mut() {
                    let counts = counted.settings.pattern.means(&seen);
                    counted.change(now, process, counts, Cause::Change);
                }
            }
            Event::Renamed(process) => {
                let by_name = |one: &&mut Counted| !one.settings.pattern.needs_command();
                let mut named = self.0.values_mut().filter(by_name).peekable();
                let seen = named.peek().and_then(|_| look(process, false));
                let Some(seen) = seen else { return };
                for counted in named {
                    let counts = counted.settings.pattern.means(&seen);
                    counted.change(now, process, counts, Cause::Change);
                }
            }
        }
    }

    /// When [`Self::handle_timeout`] is to be called.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Nanos> {
        let deadlines = self.0.values().filter_map(|one| one.quorum.deadline());
        deadlines.min()
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Nanos) {
        for counted in self.0.values_mut() {
            counted.quorum.handle_timeout(now);
        }
    }

    /// What has changed since this was asked last.
    pub fn verdicts(&mut self) -> Vec<Verdict> {
        let verdict = |(name, counted): (&String, &mut Counted)| {
            let up = counted.quorum.up()?;
            let before = counted.told.replace(up);
            (before != Some(up)).then(|| Verdict {
                name: name.clone(),
                up,
                is_first: before.is_none(),
            })
        };
        self.0.iter_mut().filter_map(verdict).collect()
    }
}

impl Counted {
    fn new(settings: TrackProcess, known: Option<bool>) -> Self {
        Self {
            quorum: Quorum::new(&settings, known),
            settings,
            processes: None,
            told: known,
        }
    }

    fn has(&self, process: u32) -> bool {
        let processes = self.processes.as_ref();
        processes.is_some_and(|processes| processes.contains(&process))
    }

    /// What has happened since the last time is guessed: fewer is an end, and more are forks if each has
    /// a parent that counts.
    fn count(&mut self, now: Nanos, everybody: &BTreeMap<u32, Seen>) {
        let pattern = &self.settings.pattern;
        let meant = everybody.iter().filter(|(_, seen)| pattern.means(seen));
        let processes: BTreeSet<u32> = meant.map(|(process, _)| *process).collect();
        let before = self.processes.replace(processes).unwrap_or_default();
        let after = self.processes.as_ref().map_or(&before, |after| after);
        let is_fork = |process: &u32| {
            let seen = everybody.get(process);
            seen.is_some_and(|seen| before.contains(&seen.parent))
        };
        let cause = if after.len() <= before.len() || after.is_empty() {
            Cause::End
        } else if after.difference(&before).all(is_fork) {
            Cause::Fork
        } else {
            Cause::Change
        };
        let number = after.len();
        self.quorum.take(now, number, cause);
    }

    fn change(&mut self, now: Nanos, process: u32, counts: bool, cause: Cause) {
        let Some(processes) = &mut self.processes else {
            return;
        };
        let has_changed = match counts {
            true => processes.insert(process),
            false => processes.remove(&process),
        };
        if has_changed {
            self.quorum.take(now, processes.len(), cause);
        }
    }
}

#[cfg(test)]
mod tests;
