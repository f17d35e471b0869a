//! Wires everything together: processes, threads, signals, and what a configuration means for
//! them.
//!
//! ```text
//!  launcher ──▶ supervisor ──▶ worker ─┬─ main loop (tokio): links, scripts, notify, vipctl
//!  (without -n)   (-p)          (-r)   ├─ advert thread: vrrp::Engine, adverts, leases
//!                                      ├─ address thread: netlink
//!                                      ├─ health thread: check::Engine, probes
//!                                      └─ log thread
//! ```

mod acceptance;
mod adverts;
mod attachments;
mod beside;
mod checks;
mod child;
mod configuration;
mod describe;
mod dumps;
mod errand;
mod estate;
mod execute;
mod exit;
mod fifos;
mod gate;
mod health;
mod heap;
mod initial_files;
mod lateness;
mod launcher;
mod life;
mod link;
mod listeners;
mod mailer;
mod manager;
mod naming;
mod notifier;
mod observed;
mod observer;
mod opening;
mod order;
mod outlook;
mod parting;
mod pidfile;
mod plan;
mod prepared;
mod presence;
mod pulse;
mod queue;
mod realtime;
mod renewal;
mod respite;
mod role;
mod routers;
mod scripts;
mod services;
mod sight;
mod signals;
mod sole;
mod standings;
mod startup;
mod status;
mod successor;
mod supervisor;
mod sync;
mod testament;
mod trackers;
mod version;
mod watchdog;
mod whereabouts;
mod worker;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;

use crate::cli::{self, Invocation, Options};
use crate::config::keywords;
use crate::dump;
use crate::logging::{self, Facility};
use exit::Exit;
use role::Role;

/// Keeps what the daemon's processes tell each other out of the environment of the operator's
/// scripts.
pub fn forget_role(command: &mut tokio::process::Command) {
    role::forget(command);
    testament::forget(command);
    manager::hide(command.as_std_mut());
}

/// Runs the daemon, or whichever of its processes this is.
#[must_use]
pub fn main() -> ExitCode {
    let invocation = match cli::parse(std::env::args_os()) {
        Ok(invocation) => invocation,
        Err(error) => {
            // Help goes to standard output, usage errors to standard error; if that is closed,
            // nobody wants to know.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Fatal.into()
            } else {
                Exit::Success.into()
            };
        }
    };
    let options = &invocation.options;
    if options.version {
        version::print();
        return Exit::Success.into();
    }
    if let Some(name) = &options.signum {
        return tell_signal(name);
    }
    if let Some(name) = &options.explain {
        return explain(name);
    }
    if let Some(destination) = &options.config_test {
        return configuration::test(options, destination.as_deref());
    }
    let code = run(&invocation).unwrap_or_else(|error| {
        log::error!("{error:#}");
        Exit::of(&error).into()
    });
    logging::flush();
    code
}

/// Prints the number of a signal, as keepalived does and exporters ask.
fn tell_signal(name: &str) -> ExitCode {
    // If nobody reads it, nobody wants to know.
    match dump::signal_number(name) {
        Some(number) => {
            let _ = writeln!(std::io::stdout(), "{number}");
            Exit::Success.into()
        }
        None => {
            let _ = writeln!(std::io::stderr(), "Unknown sigfunc {name}");
            Exit::Fatal.into()
        }
    }
}

fn explain(keyword: &str) -> ExitCode {
    // If nobody reads it, nobody wants to know.
    match keywords::explain(keyword) {
        Ok(text) => {
            let _ = std::io::stdout().write_all(text.as_bytes());
            Exit::Success.into()
        }
        Err(reason) => {
            let _ = writeln!(std::io::stderr(), "vipd: {reason}");
            Exit::Fatal.into()
        }
    }
}

fn run(invocation: &Invocation) -> Result<ExitCode> {
    let options = &invocation.options;
    let role = Role::of_this_process().unwrap_or(if options.dont_fork {
        Role::Supervisor
    } else {
        Role::Launcher
    });
    if role == Role::Supervisor {
        // A reload may be asked for at once.
        signals::hold();
    }
    if Role::of_this_process().is_none() {
        naming::settle(invocation)?;
    }
    role::take_name();
    start_logging(options, role)?;
    if Role::of_this_process().is_none() {
        say_without_effect(&invocation.without_effect);
    }
    match role {
        Role::Launcher => launcher::run(),
        Role::Supervisor | Role::RenewedSupervisor => supervisor::run(options, role),
        Role::Worker | Role::Successor => worker::run(options, role),
    }
}

fn start_logging(options: &Options, role: Role) -> Result<()> {
    let facility = options.facility().unwrap_or_else(|name| {
        if Role::of_this_process().is_none() {
            // A line for people; if standard error is closed, nobody wants to know.
            let _ = writeln!(
                std::io::stderr(),
                "Invalid log facility '{name}': it is daemon"
            );
        }
        Facility::DAEMON
    });
    let name = match crate::called_as() {
        // What people look for.
        name if name == "keepalived" => "Keepalived".to_owned(),
        name => name,
    };
    let part = if role.is_worker() { "_vrrp" } else { "" };
    let instance = options.instance.iter().map(|name| format!("_{name}"));
    logging::start(logging::Destination {
        console: options.log_console,
        syslog: (!options.no_syslog).then_some(facility),
        detail: options.log_detail || options.debug_xdp,
        tag: instance.fold(name + part, |tag, name| tag + &name),
    })
}

fn say_without_effect(names: &[&str]) {
    if !names.is_empty() {
        // A line for people; if standard error is closed, nobody wants to know.
        let _ = writeln!(
            std::io::stderr(),
            "{}: without effect here: --{}",
            crate::called_as(),
            names.join(", --")
        );
    }
}
