//! What the file says of instances that belong together.

use super::super::diagnostic::At;
use super::super::model::Command;
use super::TrackDraft;
use std::collections::BTreeMap;

/// `vrrp_sync_group NAME`.
#[derive(Debug)]
pub(in crate::config) struct SyncGroupDraft {
    pub name: At<String>,
    pub members: Vec<At<String>>,
    pub tracks: TracksDraft,
    /// Members may track with weights of their own.
    pub weighted: bool,
    /// By keyword: `notify` and every `notify_STATE`.
    pub notify: BTreeMap<String, At<Command>>,
    pub notify_priority_changes: Option<bool>,
    pub smtp_alert: Option<bool>,
}

impl SyncGroupDraft {
    pub(in crate::config) fn new(name: At<String>) -> Self {
        Self {
            name,
            members: Vec::new(),
            tracks: TracksDraft::default(),
            weighted: false,
            notify: BTreeMap::new(),
            notify_priority_changes: None,
            smtp_alert: None,
        }
    }
}

/// What an instance tracks, or all instances of a group.
#[derive(Clone, Debug, Default)]
pub(in crate::config) struct TracksDraft {
    pub scripts: Vec<TrackDraft>,
    pub checks: Vec<TrackDraft>,
    pub interfaces: Vec<TrackDraft>,
    pub files: Vec<TrackDraft>,
    pub processes: Vec<TrackDraft>,
}
