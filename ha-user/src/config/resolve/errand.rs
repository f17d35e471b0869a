//! `startup_script` and `shutdown_script`: which of them can be run, and for how long.

use super::super::diagnostic::Severity;
use super::super::draft::errand::{ErrandDraft, ErrandsDraft};
use super::super::model::errand::{Errand, Errands};
use super::{Context, command};
use std::time::Duration;

/// As keepalived has it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Makes commands of their drafts.
pub(super) fn resolve(draft: &ErrandsDraft, context: &mut Context<'_>) -> Errands {
    Errands {
        startup: one("startup_script", &draft.startup, context),
        shutdown: one("shutdown_script", &draft.shutdown, context),
    }
}

fn one(keyword: &str, draft: &ErrandDraft, context: &mut Context<'_>) -> Option<Errand> {
    let script = draft.command.as_ref()?;
    let user = script.value.user.as_ref();
    let is_usable = command::is_usable(keyword, script, user, Severity::Notice, context);
    is_usable.then(|| Errand {
        command: script.value.clone(),
        timeout: draft.timeout.unwrap_or(TIMEOUT),
    })
}
