//! `instance` and `use_pid_dir`: pid files by which several daemons on a machine are told apart.
//!
//! All processes of the daemon, and `vipctl`, find each other by the command line. So whoever starts first reads
//! what the configuration says of names, and runs itself again with that on its command line.

use std::convert::Infallible;
use std::env;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{configuration, role};
use crate::cli::Invocation;
use crate::config::model::naming::Naming;

/// Where pid files are kept that have a directory of their own.
const DIRECTORY: &str = "/run/keepalived";

/// Returns only if the command line says all that the configuration does of names.
///
/// # Errors
/// If the directory cannot be made, or this program cannot be run again.
pub(super) fn settle(invocation: &Invocation) -> Result<()> {
    let Some(naming) = configuration::naming(&invocation.options) else {
        return Ok(());
    };
    let missing = arguments(&naming, &invocation.unsaid);
    if missing.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(DIRECTORY).with_context(|| format!("cannot make {DIRECTORY}"))?;
    run_again(&missing).map(|_| ())
}

fn run_again(more: &[String]) -> Result<Infallible> {
    let mut command = Command::new(role::SAME_PROGRAM);
    if let Some(name) = env::args_os().next() {
        command.arg0(name);
    }
    let failure = command.args(env::args_os().skip(1)).args(more).exec();
    Err(failure).context("cannot run this program again under its configured name")
}

/// What the command line would say of `naming`, of options that it does not have.
fn arguments(naming: &Naming, unsaid: &[&str]) -> Vec<String> {
    let name = naming.instance.as_deref();
    if name.is_none() && !naming.pid_dir {
        return Vec::new();
    }
    let suffix = name.map(|name| format!("_{name}")).unwrap_or_default();
    let path = |kind| format!("{DIRECTORY}/{kind}{suffix}.pid");
    let all = [
        ("pid", Some(path("keepalived"))),
        ("vrrp_pid", Some(path("vrrp"))),
        ("checkers_pid", Some(path("checkers"))),
        ("instance", name.map(str::to_owned)),
    ];
    all.into_iter()
        .filter(|(option, _)| unsaid.contains(option))
        .filter_map(|(option, value)| Some(format!("--{option}={}", value?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 4] = ["pid", "vrrp_pid", "checkers_pid", "instance"];

    fn named(instance: Option<&str>, pid_dir: bool) -> Naming {
        Naming {
            instance: instance.map(str::to_owned),
            pid_dir,
        }
    }

    #[test]
    fn files_are_where_keepalived_has_them() {
        assert!(arguments(&named(None, false), &ALL).is_empty());
        assert_eq!(
            arguments(&named(None, true), &ALL),
            [
                "--pid=/run/keepalived/keepalived.pid",
                "--vrrp_pid=/run/keepalived/vrrp.pid",
                "--checkers_pid=/run/keepalived/checkers.pid",
            ]
        );
        for pid_dir in [false, true] {
            assert_eq!(
                arguments(&named(Some("lb"), pid_dir), &ALL),
                [
                    "--pid=/run/keepalived/keepalived_lb.pid",
                    "--vrrp_pid=/run/keepalived/vrrp_lb.pid",
                    "--checkers_pid=/run/keepalived/checkers_lb.pid",
                    "--instance=lb",
                ]
            );
        }
    }

    #[test]
    fn the_command_line_has_the_last_word() {
        let rest = arguments(&named(Some("lb"), false), &["vrrp_pid"]);
        assert_eq!(rest, ["--vrrp_pid=/run/keepalived/vrrp_lb.pid"]);
    }
}
