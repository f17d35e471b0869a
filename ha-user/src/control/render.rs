//! `vipctl status` for people: the verdict first, then a line each.

mod health;

use std::fmt::Write as _;

use ha_common::Reason;

pub use self::health::services;
use super::protocol::{Counter, Instance, Interface, Status, Timers};

/// Renders a status. `colour` for terminals.
#[must_use]
pub fn status(status: &Status, colour: bool) -> String {
    let mut text = verdict(status, colour);
    for instance in &status.instances {
        text.push_str(&self::instance(instance));
    }
    for check in &status.checks {
        text.push_str(&health::check(check));
    }
    text.push_str(&services(status));
    text.push('\n');
    for interface in &status.interfaces {
        text.push_str(&self::interface(interface));
    }
    text.push_str(lease(&status.lease));
    text.push_str(&timers("timers late", &status.timers));
    if !status.checks.is_empty() || !status.services.is_empty() {
        text.push_str(&timers("probes late", &status.probe_timers));
    }
    if !status.services.is_empty() {
        text.push_str(&timers("verdict to data path", &status.gate_timers));
    }
    let seen: Vec<&Counter> = status
        .packets
        .iter()
        .filter(|counter| counter.value > 0)
        .collect();
    if !seen.is_empty() {
        text.push_str("\npackets\n");
        for counter in seen {
            line(
                &mut text,
                format_args!("  {:<18} {:>14}", counter.name, counter.value),
            );
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// What each counter of packets means.
#[must_use]
pub fn reasons() -> String {
    let explain = |reason: &Reason| {
        let verdict = reason.verdict().name();
        format!("{:<18} {verdict:<7} {}", reason.name(), reason.describe())
    };
    Reason::ALL
        .iter()
        .map(explain)
        .collect::<Vec<_>>()
        .join("\n")
}

fn verdict(status: &Status, colour: bool) -> String {
    let count = |state: &str| {
        status
            .instances
            .iter()
            .filter(|one| one.state == state)
            .count()
    };
    let (master, backup, fault) = (count("MASTER"), count("BACKUP"), count("FAULT"));
    let healthy = master + backup == status.instances.len();
    let word = match (healthy, colour) {
        (true, false) => "OK",
        (true, true) => "\x1b[32mOK\x1b[0m",
        (false, false) => "DEGRADED",
        (false, true) => "\x1b[31mDEGRADED\x1b[0m",
    };
    format!(
        "{word}  {master} MASTER, {backup} BACKUP, {fault} FAULT  (vipd {}, pid {}, {})\n",
        status.version, status.pid, status.config
    )
}

fn instance(instance: &Instance) -> String {
    let mut text = String::new();
    let since = instance
        .since_seconds
        .map(|seconds| format!(" for {}", duration(seconds)));
    line(
        &mut text,
        format_args!(
            "\n{:<16} {:<7}{}  priority {}{}  vrid {} on {}",
            instance.name,
            instance.state,
            since.unwrap_or_default(),
            instance.priority,
            if instance.priority == instance.base_priority {
                String::new()
            } else {
                format!(" (configured {})", instance.base_priority)
            },
            instance.vrid,
            instance.interface,
        ),
    );
    line(
        &mut text,
        format_args!("  addresses  {}", instance.addresses.join(", ")),
    );
    if let Some(fault) = &instance.fault {
        line(&mut text, format_args!("  fault      {fault}"));
    }
    if let Some(left) = instance.lease_left_seconds {
        line(
            &mut text,
            format_args!("  lease      {} left", duration(left)),
        );
    }
    if let Some(age) = instance.last_advert_seconds {
        let who = instance
            .active_router
            .map(|address| format!(" from {address}"));
        let who = who.unwrap_or_default();
        let regularity = regularity(instance);
        line(
            &mut text,
            format_args!("  heard      {} ago{who}{regularity}", duration(age)),
        );
    }
    text
}

/// How regularly the other router's adverts arrive.
fn regularity(instance: &Instance) -> String {
    match (instance.jitter_seconds, instance.adverts_missed) {
        (Some(jitter), Some(missed)) => {
            format!("  jitter {:.3} ms, {missed} missed", jitter * 1e3)
        }
        _ => String::new(),
    }
}

fn interface(interface: &Interface) -> String {
    let mut text = String::new();
    let hook = match interface.xdp.as_str() {
        "tc" => "tc".to_owned(),
        mode => format!("XDP {mode}"),
    };
    line(
        &mut text,
        format_args!("{:<12} {hook:<12} {}", interface.name, interface.why),
    );
    if let Some(why) = &interface.open_egress {
        line(
            &mut text,
            format_args!("{:<12} {:<12} what leaves is not judged: {why}", "", ""),
        );
    }
    text
}

/// What the mode of the lease leaves out of the promise.
fn lease(mode: &str) -> &'static str {
    match mode {
        "off" => {
            "lease off: while its processes are frozen, this director answers beside another one\n"
        }
        "fence" => {
            "lease fence: while its processes are frozen, this director answers until it hears another one\n"
        }
        _ => "",
    }
}

/// How late wake-ups were: in a line, then how many by how much.
fn timers(title: &str, timers: &Timers) -> String {
    let mut text = String::new();
    line(
        &mut text,
        format_args!(
            "\n{title}   p50 {}  p99 {}  max {}",
            fine(timers.p50_seconds),
            fine(timers.p99_seconds),
            fine(timers.max_seconds)
        ),
    );
    for bucket in timers.buckets.iter().filter(|bucket| bucket.count > 0) {
        let bound = format!("up to {}", fine(bucket.up_to_seconds));
        line(
            &mut text,
            format_args!("  {bound:<18} {:>14}", bucket.count),
        );
    }
    if timers.beyond > 0 {
        line(
            &mut text,
            format_args!("  {:<18} {:>14}", "more", timers.beyond),
        );
    }
    text
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{arguments}");
}

/// What should be less than a millisecond.
fn fine(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 0.001 => format!("{:.0} us", seconds * 1e6),
        seconds => duration(seconds),
    }
}

fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 10.0 => format!("{:.0} ms", seconds * 1000.0),
        seconds if seconds < 600.0 => format!("{seconds:.0} s"),
        seconds if seconds < 36_000.0 => format!("{:.0} min", seconds / 60.0),
        seconds => format!("{:.0} h", seconds / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::protocol::{Bucket, Check, Probe, Run, SCHEMA, Server, Service};
    use super::*;

    fn probe(what: &str, up: Option<bool>, failure: Option<&str>) -> Probe {
        Probe {
            what: what.to_owned(),
            up,
            since_seconds: 20.0,
            blocked: false,
            runs: 80,
            failure: failure.map(str::to_owned),
            last: Some(Run {
                ago_seconds: 0.25,
                connected_seconds: Some(0.000_08),
                answered_seconds: None,
                ended_seconds: 0.002,
            }),
        }
    }

    fn sample(state: &str) -> Status {
        Status {
            schema: SCHEMA.to_owned(),
            version: "0.1.0".to_owned(),
            pid: 7,
            successor: false,
            config: "/etc/keepalived/keepalived.conf".to_owned(),
            instances: vec![Instance {
                name: "VI_1".to_owned(),
                state: state.to_owned(),
                since_seconds: Some(75.0),
                fault: None,
                interface: "eth0".to_owned(),
                vrid: 51,
                priority: 80,
                base_priority: 100,
                active_router: None,
                last_advert_seconds: Some(0.25),
                jitter_seconds: Some(0.000_042),
                adverts_missed: Some(3),
                lease_left_seconds: Some(2.5),
                addresses: vec!["192.0.2.1/32 dev eth0".to_owned()],
                statistics: Vec::new(),
            }],
            checks: vec![Check {
                name: "web".to_owned(),
                up: Some(false),
                probes: vec![
                    probe("TCP_CHECK 127.0.0.1:80", Some(true), None),
                    probe(
                        "HTTP_GET 127.0.0.1:80/",
                        Some(false),
                        Some("HTTP 503, expected 200"),
                    ),
                ],
            }],
            services: vec![Service {
                name: "192.0.2.1:80/TCP".to_owned(),
                open: false,
                suspended: true,
                since_seconds: 3.0,
                forwarding: "none".to_owned(),
                servers: vec![Server {
                    address: "192.0.2.10:80".to_owned(),
                    weight: 1,
                    used: false,
                    probes: vec![probe(
                        "PING_CHECK 192.0.2.10",
                        Some(false),
                        Some("no echo in time"),
                    )],
                }],
            }],
            interfaces: vec![Interface {
                name: "eth0".to_owned(),
                xdp: "native".to_owned(),
                why: "asked for".to_owned(),
                open_egress: Some("no clsact".to_owned()),
            }],
            lease: "strict".to_owned(),
            packets: vec![Counter {
                name: "arp_answered".to_owned(),
                value: 3,
            }],
            timers: Timers {
                p50_seconds: 0.000_02,
                p99_seconds: 0.000_08,
                max_seconds: 0.004,
                buckets: [(0.000_02, 9_000), (0.000_04, 0), (0.005, 3)]
                    .map(|(up_to_seconds, count)| Bucket {
                        up_to_seconds,
                        count,
                    })
                    .into(),
                beyond: 1,
            },
            probe_timers: Timers::default(),
            gate_timers: Timers::default(),
        }
    }

    #[test]
    fn the_first_line_is_the_verdict() {
        assert!(status(&sample("MASTER"), false).starts_with("OK  1 MASTER, 0 BACKUP, 0 FAULT"));
        assert!(status(&sample("FAULT"), false).starts_with("DEGRADED"));
    }

    #[test]
    fn what_matters_at_night_is_there() {
        let text = status(&sample("MASTER"), false);
        for part in [
            "priority 80 (configured 100)",
            "2500 ms left",
            "XDP native",
            "jitter 0.042 ms, 3 missed",
            "what leaves is not judged: no clsact",
            "arp_answered",
            "p50 20 us  p99 80 us  max 4 ms",
            "check web        BAD",
            "service 192.0.2.1:80/TCP  CLOSED for 3000 ms  suspended  forwarding: none",
            "server 192.0.2.10:80            OUT  weight 1",
            "PING_CHECK 192.0.2.10            BAD for 20 s: no echo in time",
            "TCP_CHECK 127.0.0.1:80           good for 20 s  (250 ms ago: connected 80 us, all 2 ms)",
            "HTTP_GET 127.0.0.1:80/           BAD for 20 s: HTTP 503, expected 200",
        ] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
    }

    #[test]
    fn a_lease_that_promises_less_is_shown() {
        let with = |lease: &str| {
            let lease = lease.to_owned();
            status(
                &Status {
                    lease,
                    ..sample("MASTER")
                },
                false,
            )
        };
        assert!(!with("strict").contains("frozen"));
        assert!(with("fence").contains("lease fence: while its processes are frozen"));
        assert!(with("off").contains("lease off: while its processes are frozen"));
    }

    #[test]
    fn late_timers_are_a_histogram_without_empty_rows() {
        let text = status(&sample("MASTER"), false);
        let mut lines = text
            .lines()
            .skip_while(|line| !line.starts_with("timers late"));
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown: Vec<_> = lines.by_ref().skip(1).take(4).map(words).collect();
        assert_eq!(shown, ["up to 20 us 9000", "up to 5 ms 3", "more 1", ""]);
    }

    #[test]
    fn a_status_survives_the_wire() {
        let status = sample("BACKUP");
        let json = serde_json::to_string(&status).expect("a plain structure");
        assert_eq!(
            serde_json::from_str::<Status>(&json).expect("what was written"),
            status
        );
    }
}
