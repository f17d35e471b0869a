//! `startup_script` and `shutdown_script`.

use super::super::diagnostic::At;
use super::super::model::Command;
use std::time::Duration;

/// Both.
#[derive(Debug, Default)]
pub(in crate::config) struct ErrandsDraft {
    pub startup: ErrandDraft,
    pub shutdown: ErrandDraft,
}

impl ErrandsDraft {
    /// What a keyword is about, by what it begins with.
    pub(in crate::config) fn of(&mut self, keyword: &str) -> &mut ErrandDraft {
        match keyword.split('_').next() {
            Some("shutdown") => &mut self.shutdown,
            _ => &mut self.startup,
        }
    }

    /// What runs.
    pub(in crate::config) fn scripts(&self) -> impl Iterator<Item = &At<Command>> {
        let all = [&self.startup, &self.shutdown];
        all.into_iter().filter_map(|errand| errand.command.as_ref())
    }
}

/// One of them.
#[derive(Debug, Default)]
pub(in crate::config) struct ErrandDraft {
    pub command: Option<At<Command>>,
    pub timeout: Option<Duration>,
}
