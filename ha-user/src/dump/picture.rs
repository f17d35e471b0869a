//! Everything that dumps tell, at one moment.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::config::model::dump::{Defaults, Dumps};
use crate::config::model::opening::Opening;
use crate::config::model::sync::SyncGroup;
use crate::config::model::{Global, Instance, Script};
use crate::net::link::Links;
use crate::notify;
use crate::vrrp::State;

/// What the daemon is, and what it is doing.
#[derive(Clone, Debug)]
pub struct Picture {
    /// `global_defs`.
    pub global: Global,
    /// What it says of dumps.
    pub dumps: Dumps,
    /// What it says of instances.
    pub defaults: Defaults,
    /// What it says of the first takeover.
    pub opening: Opening,
    /// Instances, in the order of the file.
    pub routers: Vec<Router>,
    /// Sync groups, in the order of the file.
    pub groups: Vec<Group>,
    /// `vrrp_script` blocks, in the order of the file.
    pub scripts: Vec<Script>,
    /// Those of them that run, by name.
    pub runs: BTreeMap<String, Run>,
    /// Interfaces.
    pub links: Links,
}

/// An instance.
#[derive(Clone, Debug)]
pub struct Router {
    /// As configured.
    pub instance: Instance,
    /// State.
    pub state: State,
    /// When it was entered; the epoch if it has been in this one all the time.
    pub since: SystemTime,
    /// When time alone next changes something.
    pub deadline: Option<SystemTime>,
    /// Active_Down_Interval.
    pub active_down_interval: Duration,
    /// Active_Adver_Interval.
    pub active_adver_interval: Duration,
    /// Whom it follows, or has followed.
    pub active: Option<IpAddr>,
    /// Priority of that one, 0 if there was none.
    pub active_priority: u8,
    /// Effective Priority.
    pub priority: u8,
    /// Sum of the configured one and all weights.
    pub total_priority: i32,
    /// Source of its adverts.
    pub source: Option<IpAddr>,
    /// How much of what it stands on is in fault.
    pub faults: usize,
    /// How much of it has no verdict yet.
    pub pending: usize,
    /// Since the start, or since they began anew.
    pub counters: Counters,
}

impl Router {
    /// keepalived's word for its state.
    pub(super) fn state_word(&self) -> &'static str {
        state_word(self.state)
    }
}

/// keepalived's word for a state.
pub(super) fn state_word(state: State) -> &'static str {
    notify::state_word(state).unwrap_or("INIT")
}

/// A sync group.
#[derive(Clone, Debug)]
pub struct Group {
    /// As configured.
    pub group: SyncGroup,
    /// The state that was last told of it.
    pub state: State,
}

/// A script that runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run {
    /// Its verdict; `None` before the first.
    pub up: Option<bool>,
    /// Successes in a row up to `rise`, and from there on up to the last `fall` failures, as
    /// keepalived counts.
    pub result: u32,
    /// It is being run right now.
    pub running: bool,
}

/// Counters of an instance, as keepalived names and orders them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "keepalived's names say it")]
pub struct Counters {
    pub advert_rcvd: u64,
    pub advert_sent: u64,
    pub become_master: u64,
    pub release_master: u64,
    pub packet_len_err: u64,
    pub advert_interval_err: u64,
    pub ip_ttl_err: u64,
    pub invalid_type_rcvd: u64,
    pub addr_list_err: u64,
    pub invalid_authtype: u64,
    pub authtype_mismatch: u64,
    pub auth_failure: u64,
    pub pri_zero_rcvd: u64,
    pub pri_zero_sent: u64,
}

impl Counters {
    /// What has been added since they were `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            advert_rcvd: self.advert_rcvd.saturating_sub(before.advert_rcvd),
            advert_sent: self.advert_sent.saturating_sub(before.advert_sent),
            become_master: self.become_master.saturating_sub(before.become_master),
            release_master: self.release_master.saturating_sub(before.release_master),
            packet_len_err: self.packet_len_err.saturating_sub(before.packet_len_err),
            advert_interval_err: self
                .advert_interval_err
                .saturating_sub(before.advert_interval_err),
            ip_ttl_err: self.ip_ttl_err.saturating_sub(before.ip_ttl_err),
            invalid_type_rcvd: self
                .invalid_type_rcvd
                .saturating_sub(before.invalid_type_rcvd),
            addr_list_err: self.addr_list_err.saturating_sub(before.addr_list_err),
            invalid_authtype: self
                .invalid_authtype
                .saturating_sub(before.invalid_authtype),
            authtype_mismatch: self
                .authtype_mismatch
                .saturating_sub(before.authtype_mismatch),
            auth_failure: self.auth_failure.saturating_sub(before.auth_failure),
            pri_zero_rcvd: self.pri_zero_rcvd.saturating_sub(before.pri_zero_rcvd),
            pri_zero_sent: self.pri_zero_sent.saturating_sub(before.pri_zero_sent),
        }
    }
}
