//! One of them probes every target once a second, and then nginx dies.

use std::collections::BTreeMap;
use std::fmt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::process::Pid;

use super::Who;
use super::stage::{Stage, address};
use crate::bench::figures::percentile;
use crate::lab::{CONFIG_PATH, Daemon, Tools, pause, status, time_on_processors, until};

/// About how long a trial takes beside what it measures for.
pub(super) const SETTLES: Duration = Duration::from_secs(8);
/// Until every target has been probed more than once.
const WARM: Duration = Duration::from_secs(4);
/// How long a death may take to be seen.
const PATIENCE: Duration = Duration::from_secs(10);
/// The part of the deaths that is waited for: haproxy leaves lines out when there are thousands at once.
const MOST: f64 = 0.95;
const HAPROXY_CONFIG: &str = "/etc/haproxy.cfg";

/// How targets are probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checker {
    Tcp,
    Http,
    Ping,
}

impl fmt::Display for Checker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Http => "HTTP",
            Self::Ping => "ICMP",
        })
    }
}

/// What was seen.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    /// Processor time, of all its processes.
    spent: Duration,
    wall: Duration,
    /// Probes that the targets have seen in it.
    probes: u64,
    /// Resident memory of the process that probes, in octets.
    memory: u64,
    /// How late 99 of 100 probes were, of all since the start; `vipd` only.
    late: Option<Duration>,
    /// From the death of all targets until each was said to be dead, in seconds, sorted; empty where
    /// nothing dies.
    seen: Vec<f64>,
}

impl Trial {
    /// Microseconds of a processor for each probe.
    pub(super) fn each(&self) -> Option<f64> {
        (self.probes > 0).then(|| self.spent.as_secs_f64() * 1e6 / self.probes as f64)
    }

    /// Percent of a processor.
    pub(super) fn share(&self) -> f64 {
        100.0 * self.spent.as_secs_f64() / self.wall.as_secs_f64()
    }

    /// Probes in a second.
    pub(super) fn rate(&self) -> f64 {
        self.probes as f64 / self.wall.as_secs_f64()
    }

    /// Octets.
    pub(super) const fn memory(&self) -> u64 {
        self.memory
    }

    pub(super) const fn late(&self) -> Option<Duration> {
        self.late
    }

    /// Within how many seconds such a share of the deaths was seen.
    pub(super) fn seen(&self, share: f64) -> Option<f64> {
        (!self.seen.is_empty()).then(|| percentile(&self.seen, share))
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = self.each().unwrap_or_default();
        write!(
            f,
            "{each:.1} µs a probe, {:.0} probes a second",
            self.rate()
        )
    }
}

/// Has `who` probe so many targets, and watches for `window`.
pub(super) fn play(
    stage: &Stage,
    who: Who,
    checker: Checker,
    targets: u32,
    window: Duration,
) -> Result<Trial> {
    let daemon = start(stage, who, checker, targets)?;
    let probes = || match checker {
        Checker::Ping => stage.count("Icmp:", "InEchos"),
        // Whoever has nothing to say resets a connection before the server is told of it.
        Checker::Tcp | Checker::Http => {
            Ok(stage.count("Tcp:", "PassiveOpens")? + stage.count("Tcp:", "AttemptFails")?)
        }
    };
    let idle = probes()?;
    until("probes", PATIENCE, || Ok(probes()? > idle))
        .with_context(|| format!("{} said: {}", who.name(), daemon.log().tail(5)))?;
    pause(WARM)?;
    let processes = processes(stage, who, &daemon)?;
    let (begun, before, spent) = (Instant::now(), probes()?, time_on_processors(&processes)?);
    thread::sleep(window);
    let (wall, after) = (begun.elapsed(), probes()?);
    let spent = time_on_processors(&processes)?.saturating_sub(spent);
    let memory = processes.iter().map(|pid| resident(*pid)).max();
    let late = match who {
        Who::Vipd => Some(status(&stage.prober)?.probe_timers.p99_seconds),
        Who::Haproxy => None,
    };
    let seen = match checker {
        Checker::Ping => Vec::new(),
        Checker::Tcp | Checker::Http => kill_all(stage, who, &daemon, targets)?,
    };
    Ok(Trial {
        spent,
        wall,
        probes: after - before,
        memory: memory.unwrap_or_default(),
        late: late.map(Duration::from_secs_f64),
        seen,
    })
}

fn start(stage: &Stage, who: Who, checker: Checker, targets: u32) -> Result<Daemon> {
    let host = &stage.prober;
    match who {
        Who::Vipd => {
            let config = vipd_config(checker, targets);
            let vipd = Tools::vipd()?;
            vipd.install(host)?;
            host.write(CONFIG_PATH, &config)?;
            Daemon::launch(
                host,
                Command::new("keepalived").args(["-f", CONFIG_PATH, "-n", "-l"]),
            )
        }
        Who::Haproxy => {
            host.write(HAPROXY_CONFIG, &haproxy_config(checker, targets))?;
            Daemon::launch(
                host,
                Command::new(&stage.haproxy).args(["-db", "-f", HAPROXY_CONFIG]),
            )
        }
    }
}

fn processes(stage: &Stage, who: Who, daemon: &Daemon) -> Result<Vec<Pid>> {
    match who {
        Who::Vipd => daemon.processes(),
        Who::Haproxy => stage.prober.processes(&["haproxy"]),
    }
}

fn resident(process: Pid) -> u64 {
    let path = format!("/proc/{}/status", process.as_raw_pid());
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}

/// When each target was said to be dead, from its death on, in seconds.
fn kill_all(stage: &Stage, who: Who, daemon: &Daemon, targets: u32) -> Result<Vec<f64>> {
    let killed = Instant::now();
    stage.nginx.kill()?;
    let said = || deaths(who, daemon);
    let most = f64::from(targets) * MOST;
    until("the deaths to be seen", PATIENCE, || {
        Ok(said().len() as f64 >= most)
    })
    .with_context(|| format!("{} of {targets} were", said().len()))?;
    stage.nginx.start().context("nginx does not start again")?;
    let mut times: Vec<_> = said()
        .into_values()
        .map(|at| at.saturating_duration_since(killed).as_secs_f64())
        .collect();
    times.sort_by(f64::total_cmp);
    Ok(times)
}

/// When each target was first said to be dead.
fn deaths(who: Who, daemon: &Daemon) -> BTreeMap<String, Instant> {
    let (verb, before_name) = match who {
        Who::Vipd => ("Removing service", "service "),
        Who::Haproxy => (" is DOWN", "Server "),
    };
    let mut deaths = BTreeMap::new();
    for line in daemon.log().matching(verb) {
        let name = line.text.split_once(before_name);
        let name = name.and_then(|(_, rest)| rest.split_whitespace().next());
        deaths
            .entry(name.unwrap_or_default().to_owned())
            .or_insert(line.at);
    }
    deaths
}

fn vipd_config(checker: Checker, targets: u32) -> String {
    let checker = match checker {
        Checker::Tcp => "TCP_CHECK {\n connect_timeout 1\n retry 0\n}",
        Checker::Http => {
            "HTTP_GET {\n connect_timeout 1\n retry 0\n url {\n path /\n status_code 200\n}\n}"
        }
        Checker::Ping => "PING_CHECK {\n connect_timeout 1\n retry 0\n}",
    };
    let servers = (0..targets).map(|number| {
        let address = address(number);
        format!("real_server {address} 80 {{\n{checker}\n}}\n")
    });
    format!(
        "virtual_server 192.0.2.100 80 {{\nprotocol TCP\ndelay_loop 1\n{}}}\n",
        servers.collect::<String>()
    )
}

fn haproxy_config(checker: Checker, targets: u32) -> String {
    let (mode, check) = match checker {
        Checker::Http => ("http", "option httpchk GET /\n"),
        Checker::Tcp | Checker::Ping => ("tcp", ""),
    };
    let servers = (0..targets).map(|number| {
        let address = address(number);
        format!("server s{number} {address}:80 check inter 1s fall 1 rise 1\n")
    });
    format!(
        "global\nnbthread 1\nlog stderr format raw daemon notice\ndefaults\nlog global\nmode {mode}\n\
         timeout connect 1s\ntimeout client 1s\ntimeout server 1s\ntimeout check 1s\n\
         frontend nobody\nbind 127.0.0.1:8080\ndefault_backend all\nbackend all\n{check}{}",
        servers.collect::<String>()
    )
}
