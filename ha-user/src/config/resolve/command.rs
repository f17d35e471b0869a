//! Which commands can be run, and which of them should not be.

use super::super::diagnostic::{At, Severity};
use super::super::draft::check::{CheckDraft, MethodDraft};
use super::super::draft::service::VirtualServerDraft;
use super::super::draft::{Draft, InstanceDraft};
use super::super::host::Program;
use super::super::model::{Command, Notify, NotifyRarely, ScriptUser};
use super::Context;
use std::collections::BTreeMap;

/// Keywords of commands that are told of no state.
const DELETED: &str = "notify_deleted";
const HEARD_LOWER: &str = "notify_master_rx_lower_pri";

/// Says once that scripts run without anybody having looked who can change them.
pub(super) fn security(draft: &Draft, context: &mut Context<'_>) {
    if context.global.script_security {
        return;
    }
    let scripts = draft.scripts.iter().filter_map(|s| s.command.as_ref());
    let checks = draft
        .checks
        .iter()
        .flat_map(|check| commands(&check.checks));
    let services = draft.services.iter().flat_map(of_service);
    let groups = draft.sync_groups.iter().flat_map(|g| g.notify.values());
    let notifies = draft.instances.iter().flat_map(|i| i.notify.values());
    let run = scripts
        .chain(checks)
        .chain(services)
        .chain(notifies)
        .chain(groups)
        .chain(context.global.fifos.scripts())
        .chain(context.global.errands.scripts())
        .filter(|command| {
            let program = context.host.program(command.value.program());
            matches!(program, Program::Runnable | Program::Changeable)
        });
    if let Some(at) = run.map(|command| &command.at).min() {
        let message = "SECURITY VIOLATION - scripts are being executed \
                       but script_security not enabled.";
        let help = "say `enable_script_security` and `script_user USER` in global_defs";
        context
            .report
            .add_with_help(Severity::Security, at, message, help);
    }
}

/// What checkers run.
fn commands(checks: &[CheckDraft]) -> impl Iterator<Item = &At<Command>> {
    checks.iter().filter_map(|check| match &check.method {
        MethodDraft::Misc(misc) => misc.command.as_ref(),
        _ => None,
    })
}

/// What a virtual server runs, and its real servers.
fn of_service(service: &VirtualServerDraft) -> impl Iterator<Item = &At<Command>> {
    let quorum = service.quorum_up.iter().chain(&service.quorum_down);
    let servers = service.servers.iter().flat_map(|server| {
        let notify = server.commands.iter();
        let notify = notify.flat_map(|notify| notify.up.iter().chain(&notify.down));
        notify.chain(commands(&server.checks))
    });
    quorum.chain(servers)
}

/// Whether a command can be run by `user` and may be; if not, that is reported, with `severity`
/// if it is not there. keepalived runs on without such a command, and so do we.
pub(super) fn is_usable(
    what: &str,
    command: &At<Command>,
    user: Option<&ScriptUser>,
    severity: Severity,
    context: &mut Context<'_>,
) -> bool {
    let program = command.value.program();
    let (severity, why, help) = match context.host.program(program) {
        Program::Runnable => return true,
        Program::Changeable if !context.global.script_security || !is_root(user, context) => {
            return true;
        }
        Program::Changeable => (
            Severity::Error,
            "insecure",
            "others than root can change it: change its owner and mode, or name another user",
        ),
        Program::NotExecutable => (Severity::Notice, "not executable", "chmod +x"),
        Program::Missing => (severity, "not found/accessible", "there is no such file"),
    };
    let message = format!("Disabling {what} {program} since {why}");
    context
        .report
        .add_with_help(severity, &command.at, message, help);
    false
}

/// Whether a command of `user`, or of nobody in particular, runs as root.
fn is_root(user: Option<&ScriptUser>, context: &Context<'_>) -> bool {
    let user = user.or(context.global.script_user.as_ref());
    user.is_none_or(|user| user.user == "root")
}

/// The usable ones of the commands of an instance that are told of what is no state.
pub(super) fn notify_rarely(draft: &InstanceDraft, context: &mut Context<'_>) -> NotifyRarely {
    let mut usable = |keyword| {
        let command = draft.notify.get(keyword)?;
        let user = command.value.user.as_ref();
        let usable = is_usable(keyword, command, user, Severity::Notice, context);
        usable.then(|| command.value.clone())
    };
    NotifyRarely {
        tells_deleted: draft.tells_deleted,
        deleted: usable(DELETED),
        heard_lower: usable(HEARD_LOWER),
    }
}

/// The usable ones of the `notify` commands of an instance, or of a group, that are told of states.
pub(super) fn notify(
    commands: &BTreeMap<String, At<Command>>,
    context: &mut Context<'_>,
) -> Notify {
    let mut notify = Notify::default();
    let rare = [DELETED, HEARD_LOWER];
    let common = commands
        .iter()
        .filter(|(name, _)| !rare.contains(&name.as_str()));
    for (keyword, command) in common {
        let user = command.value.user.as_ref();
        let usable = is_usable(keyword, command, user, Severity::Notice, context);
        let slot = match keyword.as_str() {
            "notify_master" => &mut notify.master,
            "notify_backup" => &mut notify.backup,
            "notify_fault" => &mut notify.fault,
            "notify_stop" => &mut notify.stop,
            "notify_dual_active" => &mut notify.dual_active,
            _ => &mut notify.all,
        };
        *slot = usable.then(|| command.value.clone());
    }
    notify
}
