//! `vrrp_script`, and who refers to it.

use super::super::diagnostic::{At, Location, Report, Severity};
use super::super::draft::ScriptDraft;
use super::super::model::Script;
use super::Context;
use super::command::is_usable;
use std::time::Duration;

/// The scripts that can be run, and which of them are used.
pub(super) struct Scripts {
    entries: Vec<Entry>,
}

struct Entry {
    script: Script,
    at: Location,
    runnable: bool,
    used: bool,
}

/// What is known of a name in `track_script`.
pub(super) enum Found {
    /// Index into the model's scripts.
    Usable(usize),
    /// It has been reported why it cannot be run.
    Disabled,
    /// There is no such script.
    Unknown,
}

impl Scripts {
    /// Resolves all `vrrp_script` blocks.
    pub(super) fn new(drafts: Vec<ScriptDraft>, context: &mut Context<'_>) -> Self {
        let resolve = |draft| entry(draft, context);
        let entries = drafts.into_iter().filter_map(resolve).collect();
        Self { entries }
    }

    /// Looks up a script that an instance follows.
    pub(super) fn track(&mut self, name: &str) -> Found {
        let runnable = self.entries.iter().filter(|entry| entry.runnable);
        let index = runnable
            .take_while(|entry| entry.script.name != name)
            .count();
        match self
            .entries
            .iter_mut()
            .find(|entry| entry.script.name == name)
        {
            None => Found::Unknown,
            Some(entry) if !entry.runnable => Found::Disabled,
            Some(entry) => {
                entry.used = true;
                Found::Usable(index)
            }
        }
    }

    /// The script at an index that [`track`](Self::track) gave.
    pub(super) fn get(&self, index: usize) -> Option<&Script> {
        let mut runnable = self.entries.iter().filter(|entry| entry.runnable);
        runnable.nth(index).map(|entry| &entry.script)
    }

    /// The model's scripts.
    pub(super) fn finish(self, report: &mut Report) -> Vec<Script> {
        let runnable = self.entries.into_iter().filter(|entry| entry.runnable);
        let said = |entry: Entry| {
            if !entry.used {
                let name = &entry.script.name;
                let message = format!("Warning - script {name} is not used");
                let help = format!("`track_script {{ {name} }}` in a vrrp_instance uses it");
                report.add_with_help(Severity::Notice, &entry.at, message, help);
            }
            entry.script
        };
        runnable.map(said).collect()
    }
}

/// `None` if the block has no command.
fn entry(draft: ScriptDraft, context: &mut Context<'_>) -> Option<Entry> {
    let At { value: name, at } = draft.name;
    let Some(command) = draft.command else {
        let message = format!("No script set for vrrp_script {name} - removing");
        context.report.add(Severity::Error, &at, message);
        return None;
    };
    let what = format!("track script {name}");
    let user = draft.user.as_ref();
    let runnable = is_usable(&what, &command, user, Severity::Error, context);
    let interval = draft.interval.unwrap_or(Duration::from_secs(1));
    let mut command = command.value;
    command.user = draft.user;
    let script = Script {
        name,
        command,
        interval,
        timeout: draft.timeout.unwrap_or(interval),
        weight: draft.weight,
        rise: draft.rise.unwrap_or(1),
        fall: draft.fall.unwrap_or(1),
        init_fail: draft.init_fail,
    };
    Some(Entry {
        script,
        at,
        runnable,
        used: false,
    })
}
