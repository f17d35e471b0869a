//! Who asks for which probes, and what comes of it for whom.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::mpsc::UnboundedSender;

use super::{News, Verdict};
use crate::check::{Outcome, ProbeId};

/// Everybody that asks for probes.
#[derive(Debug)]
pub(super) struct Groups {
    groups: BTreeMap<String, Group>,
    /// As people call them.
    names: BTreeMap<ProbeId, String>,
    news: UnboundedSender<News>,
}

/// What somebody asks for.
#[derive(Debug)]
struct Group {
    members: Vec<ProbeId>,
    /// What is known of each.
    states: BTreeMap<ProbeId, Option<bool>>,
    /// What was told last.
    told: Option<bool>,
}

impl Group {
    /// Bad if any is, good if all are.
    fn verdict(&self) -> Option<bool> {
        let states = || self.states.values();
        if states().any(|up| *up == Some(false)) {
            return Some(false);
        }
        states().all(|up| *up == Some(true)).then_some(true)
    }

    /// What is to be told now, if that is new.
    fn news(&mut self) -> Option<bool> {
        let verdict = self.verdict()?;
        let is_new = self.told != Some(verdict);
        self.told = Some(verdict);
        is_new.then_some(verdict)
    }
}

impl Groups {
    /// None yet. What changes is told by `news`.
    pub(super) fn new(news: UnboundedSender<News>) -> Self {
        Self {
            groups: BTreeMap::new(),
            names: BTreeMap::new(),
            news,
        }
    }

    /// How people call a probe.
    pub(super) fn name(&mut self, probe: ProbeId, name: String) {
        self.names.insert(probe, name);
    }

    /// From now on these ask: a name, what was told of it before, and its probes, of which `state` tells
    /// what is known.
    pub(super) fn follow(
        &mut self,
        asking: impl Iterator<Item = (String, Option<bool>, Vec<ProbeId>)>,
        state: impl Fn(ProbeId) -> Option<bool>,
    ) {
        let group = |(name, told, members): (String, _, Vec<ProbeId>)| {
            let states = members.iter().map(|id| (*id, state(*id))).collect();
            let group = Group {
                members,
                states,
                told,
            };
            (name, group)
        };
        self.groups = asking.map(group).collect();
        let members = self.groups.values().flat_map(|group| &group.members);
        let used: BTreeSet<_> = members.copied().collect();
        self.names.retain(|id, _| used.contains(id));
        for (name, group) in &mut self.groups {
            if let Some(up) = group.news() {
                tell(&self.news, name, up);
            }
        }
    }

    /// What is thought of a probe has changed.
    pub(super) fn note(&mut self, probe: ProbeId, outcome: &Outcome) {
        for (name, group) in &mut self.groups {
            let Some(state) = group.states.get_mut(&probe) else {
                continue;
            };
            *state = Some(outcome.is_ok());
            let what = self.names.get(&probe).map_or("", String::as_str);
            match outcome {
                Ok(()) => log::info!("VRRP_Check({name}) {what} succeeded"),
                Err(failure) => log::info!("VRRP_Check({name}) {what} failed ({failure})"),
            }
            if let Some(up) = group.news() {
                tell(&self.news, name, up);
            }
        }
    }

    /// Whether anybody asks for a probe.
    pub(super) fn asks_for(&self, probe: ProbeId) -> bool {
        let mut groups = self.groups.values();
        groups.any(|group| group.states.contains_key(&probe))
    }

    /// Everybody, with their probes.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[ProbeId])> {
        let groups = self.groups.iter();
        groups.map(|(name, group)| (name.as_str(), group.members.as_slice()))
    }
}

/// The main loop may have gone first.
fn tell(news: &UnboundedSender<News>, name: &str, up: bool) {
    let _ = news.send(News::Verdict(Verdict {
        name: name.to_owned(),
        up,
    }));
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;
    use crate::check::Failure;

    const BOTH: [ProbeId; 2] = [ProbeId(1), ProbeId(2)];

    fn groups(told: Option<bool>) -> (Groups, UnboundedReceiver<News>) {
        let (sender, receiver) = unbounded_channel();
        let mut groups = Groups::new(sender);
        let asking = ("web".to_owned(), told, BOTH.to_vec());
        groups.follow([asking].into_iter(), |_| None);
        (groups, receiver)
    }

    fn told(receiver: &mut UnboundedReceiver<News>) -> Vec<bool> {
        std::iter::from_fn(|| receiver.try_recv().ok())
            .map(|news| match news {
                News::Verdict(verdict) => verdict.up,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn all_must_be_good_and_one_is_enough_to_fail() {
        let (mut groups, mut verdicts) = groups(None);
        groups.note(BOTH[0], &Ok(()));
        assert!(
            told(&mut verdicts).is_empty(),
            "of the other nothing is known"
        );
        groups.note(BOTH[1], &Ok(()));
        assert_eq!(told(&mut verdicts), [true]);
        groups.note(BOTH[0], &Err(Failure::new("refused")));
        groups.note(BOTH[1], &Err(Failure::new("refused")));
        groups.note(BOTH[0], &Ok(()));
        assert_eq!(told(&mut verdicts), [false]);
        groups.note(BOTH[1], &Ok(()));
        assert_eq!(told(&mut verdicts), [true]);
    }

    #[test]
    fn what_was_told_before_is_not_told_again() {
        let (mut groups, mut verdicts) = groups(Some(true));
        for probe in BOTH {
            groups.note(probe, &Ok(()));
        }
        assert!(told(&mut verdicts).is_empty());
        let asking = ("web".to_owned(), Some(false), BOTH.to_vec());
        groups.follow([asking].into_iter(), |_| Some(true));
        assert_eq!(told(&mut verdicts), [true]);
    }
}
