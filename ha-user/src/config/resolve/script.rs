//! `vrrp_script`.

use super::super::diagnostic::{At, Severity};
use super::super::draft::ScriptDraft;
use super::super::model::{Script, Weight};
use super::Context;
use super::command::is_usable;
use super::tracked::{Entry, Pool, Tracked};
use std::time::Duration;

impl Tracked for Script {
    const KIND: &'static str = "script";

    fn name(&self) -> &str {
        &self.name
    }

    fn weight(&self) -> Weight {
        self.weight
    }
}

/// Resolves all `vrrp_script` blocks.
pub(super) fn resolve(drafts: Vec<ScriptDraft>, context: &mut Context<'_>) -> Pool<Script> {
    Pool::new(drafts.into_iter().filter_map(|draft| entry(draft, context)))
}

/// `None` if the block has no command.
fn entry(draft: ScriptDraft, context: &mut Context<'_>) -> Option<Entry<Script>> {
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
    Some(Entry::new(script, at, runnable))
}
