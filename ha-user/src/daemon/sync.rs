//! Which state sync groups are in.

use std::collections::BTreeMap;

use crate::config::model::Config;
use crate::config::model::sync::SyncGroup;
use crate::vrrp::State;

/// The states that are known, by name.
#[derive(Debug, Default)]
pub(super) struct Groups {
    instances: BTreeMap<String, State>,
    groups: BTreeMap<String, State>,
}

impl Groups {
    /// An instance has entered a state. Returns its group, if that is in another one by it.
    pub(super) fn note<'a>(
        &mut self,
        config: &'a Config,
        instance: &str,
        state: State,
    ) -> Option<(&'a SyncGroup, State)> {
        self.instances.insert(instance.to_owned(), state);
        let group = config.group_of(instance)?;
        let state = self.state_of(group);
        let before = self.groups.insert(group.name.clone(), state);
        (before != Some(state)).then_some((group, state))
    }

    /// The state that a group was in last.
    pub(super) fn state(&self, group: &str) -> Option<State> {
        self.groups.get(group).copied()
    }

    /// All members are Active, or one is in fault, or it is Backup.
    fn state_of(&self, group: &SyncGroup) -> State {
        let states = || group.members.iter().map(|name| self.instances.get(name));
        if states().any(|state| state == Some(&State::Initialize { faulted: true })) {
            State::Initialize { faulted: true }
        } else if states().all(|state| state == Some(&State::Active)) {
            State::Active
        } else {
            State::Backup
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::model::Notify;

    const FAULT: State = State::Initialize { faulted: true };

    #[test]
    fn a_group_is_active_when_all_its_members_are_and_in_fault_when_one_is() {
        let group = SyncGroup {
            name: "G".to_owned(),
            members: vec!["A".to_owned(), "B".to_owned()],
            notify: Notify::default(),
            notify_priority_changes: None,
            smtp_alert: false,
        };
        let config = Config {
            sync_groups: vec![group],
            ..Config::default()
        };
        let mut groups = Groups::default();
        let mut note = |instance, state| {
            let entered = groups.note(&config, instance, state);
            entered.map(|(_, state)| state)
        };
        assert_eq!(note("A", State::Backup), Some(State::Backup));
        assert_eq!(note("B", State::Backup), None);
        assert_eq!(note("A", State::Active), None);
        assert_eq!(note("C", State::Active), None, "it is in no group");
        assert_eq!(note("B", State::Active), Some(State::Active));
        assert_eq!(note("A", FAULT), Some(FAULT));
        assert_eq!(note("B", State::Backup), None);
        assert_eq!(note("A", State::Backup), Some(State::Backup));
    }
}
