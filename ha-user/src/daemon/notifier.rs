//! Runs the scripts that the operator wants told of transitions.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;

use crate::config::model::{Command, Config, Notify};
use crate::notify::{self, Occasion, Subject};
use crate::script::Script;

/// A script of this kind has no limit of its own; this only keeps a hanging one from staying for
/// ever.
const LIMIT: Duration = Duration::from_secs(3600);

/// Starts the scripts of an instance or a group, and does not wait for them.
pub(super) fn start(config: &Config, notify: &Notify, subject: Subject<'_>, occasion: Occasion) {
    for command in notify::commands(notify, subject, occasion) {
        start_command(config, &command);
    }
}

/// Starts a command that is due by itself, and does not wait for it.
pub(super) fn start_command(config: &Config, command: &Command) {
    if let Some(script) = script(config, command) {
        tokio::spawn(async move { run(&script, LIMIT).await });
    }
}

/// Runs the scripts for the end of every instance and group, and of every service that asks for it (`omega`), at
/// most for `limit`. `last` are the effective priorities that instances had in the end, by name.
pub(super) async fn run_stop_scripts(
    config: &Config,
    last: &BTreeMap<String, u8>,
    limit: Duration,
) {
    let instances = config.instances.iter().flat_map(|instance| {
        let priority = last.get(&instance.name).unwrap_or(&instance.priority);
        let subject = Subject::Instance(&instance.name, *priority);
        notify::commands(&instance.notify, subject, Occasion::Stop)
    });
    let groups = config.sync_groups.iter().flat_map(|group| {
        notify::commands(&group.notify, Subject::Group(&group.name), Occasion::Stop)
    });
    let services = config.services.iter().filter(|service| service.omega);
    let services = services.flat_map(|service| {
        let servers = service.servers.iter();
        let servers = servers.filter_map(|server| server.notify_down.as_ref());
        servers.chain(&service.quorum_down).cloned()
    });
    let commands = instances.chain(groups).chain(services);
    let scripts: Vec<Script> = commands
        .filter_map(|command| script(config, &command))
        .collect();
    join_all(scripts.iter().map(|script| run(script, limit))).await;
}

fn script(config: &Config, command: &Command) -> Option<Script> {
    match Script::new(command, config.global.script_user.as_ref()) {
        Ok(script) => Some(script),
        Err(error) => {
            log::error!("cannot run {}: {error}", command.words.join(" "));
            None
        }
    }
}

async fn run(script: &Script, limit: Duration) {
    let outcome = script.run(limit).await;
    if !outcome.is_success() {
        log::warn!(
            "notify script `{}` {}",
            script.command_line(),
            outcome.describe()
        );
    }
}
