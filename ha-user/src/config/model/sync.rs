//! Instances that are MASTER together or not at all.

use serde::Serialize;

use super::Notify;

/// `vrrp_sync_group NAME`. What the group tracks, its members do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SyncGroup {
    /// Name.
    pub name: String,
    /// Names of instances, each in no other group.
    pub members: Vec<String>,
    /// `notify*`, told when all members are in the same state.
    #[serde(flatten)]
    pub notify: Notify,
    /// `notify_priority_changes`: what its members do that say nothing of it.
    pub notify_priority_changes: Option<bool>,
    /// `smtp_alert`, here or in `global_defs`.
    pub smtp_alert: bool,
}

impl SyncGroup {
    /// Whether an instance of this name is a member.
    #[must_use]
    pub fn has(&self, instance: &str) -> bool {
        self.members.iter().any(|member| member == instance)
    }
}
