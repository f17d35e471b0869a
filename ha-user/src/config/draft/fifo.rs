//! `notify_fifo` and its likes.

use super::super::diagnostic::At;
use super::super::model::{Command, ScriptUser};
use std::path::PathBuf;

/// All of them.
#[derive(Debug, Default)]
pub(in crate::config) struct FifosDraft {
    pub all: FifoDraft,
    pub vrrp: FifoDraft,
    pub servers: FifoDraft,
    pub states_on_reload: bool,
}

impl FifosDraft {
    /// What a keyword is about, by what it begins with.
    pub(in crate::config) fn of(&mut self, keyword: &str) -> &mut FifoDraft {
        match keyword.split('_').next() {
            Some("vrrp") => &mut self.vrrp,
            Some("lvs") => &mut self.servers,
            _ => &mut self.all,
        }
    }

    /// What reads them.
    pub(in crate::config) fn scripts(&self) -> impl Iterator<Item = &At<Command>> {
        let all = [&self.all, &self.vrrp, &self.servers];
        all.into_iter().filter_map(|fifo| fifo.script.as_ref())
    }
}

/// One of them.
#[derive(Debug, Default)]
pub(in crate::config) struct FifoDraft {
    pub path: Option<At<(PathBuf, Option<ScriptUser>)>>,
    pub script: Option<At<Command>>,
}
