//! What `vipctl` asks and the daemon answers: one JSON value a line.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Version of the answers' shape.
pub const SCHEMA: &str = "vipd.status/1";

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Request {
    /// How is everyone?
    Status,
    /// Run the program as it is installed now. Answered by an error, or by the end of the process.
    Restart,
    /// Read the configuration again.
    Reload,
    /// What would a reload change?
    Diff,
    /// Read the configuration again, and go back to the one before after so many seconds, unless
    /// [`Self::Confirm`] comes first.
    Trial(u32),
    /// Stay with a configuration that is on trial.
    Confirm,
}

/// Answer to [`Request::Status`]. Times are seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// [`SCHEMA`].
    pub schema: String,
    /// Version of the daemon.
    pub version: String,
    /// Process that runs VRRP.
    pub pid: u32,
    /// It took over from a process that gave way to it.
    #[serde(default)]
    pub successor: bool,
    /// Configuration file.
    pub config: String,
    /// The instances, in the order of the file.
    pub instances: Vec<Instance>,
    /// What is probed for the priorities of instances, by name.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// The virtual servers, in the order of the file.
    #[serde(default)]
    pub services: Vec<Service>,
    /// Interfaces that the daemon works on.
    pub interfaces: Vec<Interface>,
    /// What ends an ownership: strict, fence or off.
    #[serde(default)]
    pub lease: String,
    /// Packets by reason; empty without a data path.
    pub packets: Vec<Counter>,
    /// How late the advert thread has woken up for its deadlines.
    pub timers: Timers,
    /// How late probes have begun.
    #[serde(default)]
    pub probe_timers: Timers,
    /// How long it took from the end of a run until the data path opened, or closed, a service.
    #[serde(default)]
    pub gate_timers: Timers,
}

/// One `vrrp_instance`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// Name.
    pub name: String,
    /// MASTER, BACKUP, FAULT or INIT.
    pub state: String,
    /// Seconds since the state was entered; none before there was one.
    pub since_seconds: Option<f64>,
    /// Why it is in FAULT, if the reason is the link.
    pub fault: Option<String>,
    /// Interface.
    pub interface: String,
    /// `virtual_router_id`.
    pub vrid: u8,
    /// Effective priority.
    pub priority: u8,
    /// Configured priority.
    pub base_priority: u8,
    /// Address of the router that answers now, as far as this one has heard.
    pub active_router: Option<IpAddr>,
    /// Seconds since the last advert of another router.
    pub last_advert_seconds: Option<f64>,
    /// Mean deviation of that router's adverts from its interval, in seconds.
    #[serde(default)]
    pub jitter_seconds: Option<f64>,
    /// Adverts of that router that did not arrive, judged by gaps.
    #[serde(default)]
    pub adverts_missed: Option<u64>,
    /// Seconds that the lease still holds; none while not owning.
    pub lease_left_seconds: Option<f64>,
    /// Virtual addresses with mask and device.
    pub addresses: Vec<String>,
    /// Counters.
    pub statistics: Vec<Counter>,
}

/// One `vrrp_check`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Name.
    pub name: String,
    /// Whether it is good; none before the first verdict.
    pub up: Option<bool>,
    /// What must all be good for it.
    pub probes: Vec<Probe>,
}

/// One `virtual_server`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// What tells it from others.
    pub name: String,
    /// Whether enough of its servers are good.
    pub open: bool,
    /// It is not probed while none of its addresses is here (`ha_suspend`).
    #[serde(default)]
    pub suspended: bool,
    /// Seconds since it is open, or not.
    pub since_seconds: f64,
    /// How packets reach servers: none.
    pub forwarding: String,
    /// Its servers, in the order of the file.
    pub servers: Vec<Server>,
}

/// One `real_server`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// Address and port.
    pub address: String,
    /// What it counts for.
    pub weight: u32,
    /// Whether it is good, or used all the same.
    pub used: bool,
    /// What must all be good for it.
    pub probes: Vec<Probe>,
}

/// One probe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// What it does, and where.
    pub what: String,
    /// Whether it is good; none before the first verdict.
    pub up: Option<bool>,
    /// Seconds since that is so.
    pub since_seconds: f64,
    /// It is not asked while what it stands on is bad.
    pub blocked: bool,
    /// Why its last run failed, if it did.
    pub failure: Option<String>,
    /// Runs that have ended.
    pub runs: u64,
    /// Its last run.
    pub last: Option<Run>,
}

/// A run of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Seconds since it ended.
    pub ago_seconds: f64,
    /// Seconds to a connection.
    pub connected_seconds: Option<f64>,
    /// Seconds to the first octets of an answer.
    pub answered_seconds: Option<f64>,
    /// Seconds to its end.
    pub ended_seconds: f64,
}

/// An interface that the data path should be attached to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Name.
    pub name: String,
    /// native, generic, tc or off.
    pub xdp: String,
    /// Why this mode.
    pub why: String,
    /// Why packets that leave are not judged, if they are not though the data path is attached.
    pub open_egress: Option<String>,
}

/// How late deadlines were met, since the start: a histogram.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timers {
    /// Half of all were not later, to the precision of the buckets.
    pub p50_seconds: f64,
    /// 99 of 100 were not later, to the precision of the buckets.
    pub p99_seconds: f64,
    /// The latest.
    pub max_seconds: f64,
    /// Each counts those that are in none of the buckets before it.
    pub buckets: Vec<Bucket>,
    /// Those that are in no bucket.
    pub beyond: u64,
}

/// One bucket of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its upper bound.
    pub up_to_seconds: f64,
    /// How many it holds.
    pub count: u64,
}

/// A named number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// Name.
    pub name: String,
    /// Value.
    pub value: u64,
}

/// Answer to [`Request::Reload`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloading {
    /// Why the file was not taken, and the configuration before stays in force; none if it was.
    pub refused: Option<String>,
    /// What there is to say about the file, a line each: place, severity, reason and fix.
    pub remarks: Vec<String>,
}

/// Answer to [`Request::Diff`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Why the file would not be taken; none if it would.
    pub refused: Option<String>,
    /// What there is to say about the file, as in [`Reloading::remarks`].
    pub remarks: Vec<String>,
    /// What differs, a line each, in keepalived's words; none if both mean the same.
    pub lines: Vec<String>,
    /// Instances that would leave, and those that would begin: another VRID or interface does both.
    pub leaving: Vec<String>,
    /// See `leaving`.
    pub beginning: Vec<String>,
}

/// What the daemon sends back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Response {
    /// The answer.
    Status(Box<Status>),
    /// What has become of a reload.
    Reloading(Reloading),
    /// What a reload would change.
    Difference(Difference),
    /// Done as asked.
    Done,
    /// Why there is none.
    Error(String),
}
