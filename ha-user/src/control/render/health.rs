//! What is probed, for people.

use super::super::protocol::{Check, Probe, Run, Server, Status};
use super::{duration, fine, line};

/// Every service, its servers, and what is thought of them.
#[must_use]
pub fn services(status: &Status) -> String {
    let mut text = String::new();
    for service in &status.services {
        let open = match service.open {
            true => "open",
            false => "CLOSED",
        };
        let suspended = match service.suspended {
            true => "  suspended",
            false => "",
        };
        let (name, forwarding) = (&service.name, &service.forwarding);
        let since = duration(service.since_seconds);
        line(
            &mut text,
            format_args!(
                "\nservice {name}  {open} for {since}{suspended}  forwarding: {forwarding}"
            ),
        );
        for server in &service.servers {
            text.push_str(&self::server(server));
        }
    }
    text
}

fn server(server: &Server) -> String {
    let mut text = String::new();
    let used = match server.used {
        true => "used",
        false => "OUT",
    };
    line(
        &mut text,
        format_args!(
            "  server {:<24} {used}  weight {}",
            server.address, server.weight
        ),
    );
    for probe in &server.probes {
        text.push_str(&self::probe(probe));
    }
    text
}

fn probe(probe: &Probe) -> String {
    let (what, state) = (&probe.what, state(probe));
    let run = probe.last.as_ref().map(run).unwrap_or_default();
    let mut text = String::new();
    line(&mut text, format_args!("    {what:<32} {state}{run}"));
    text
}

/// One check, and its probes.
pub(super) fn check(check: &Check) -> String {
    let mut text = String::new();
    let is_good = goodness(check.up);
    line(
        &mut text,
        format_args!("\ncheck {:<10} {is_good}", check.name),
    );
    for probe in &check.probes {
        text.push_str(&self::probe(probe));
    }
    text
}

const fn goodness(up: Option<bool>) -> &'static str {
    match up {
        Some(true) => "good",
        Some(false) => "BAD",
        None => "not known yet",
    }
}

fn state(probe: &Probe) -> String {
    if probe.blocked {
        return "waits for what is beneath".to_owned();
    }
    let since = match probe.up {
        Some(_) => format!(" for {}", duration(probe.since_seconds)),
        None => String::new(),
    };
    let why = probe.failure.as_ref().map(|why| format!(": {why}"));
    format!("{}{since}{}", goodness(probe.up), why.unwrap_or_default())
}

fn run(run: &Run) -> String {
    let part = |name: &str, time: Option<f64>| {
        time.map(|time| format!("{name} {}, ", fine(time)))
            .unwrap_or_default()
    };
    format!(
        "  ({} ago: {}{}all {})",
        duration(run.ago_seconds),
        part("connected", run.connected_seconds),
        part("answered", run.answered_seconds),
        fine(run.ended_seconds)
    )
}
