//! Instances and their counters as JSON, key for key.

use std::io;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use super::command;
use super::data::address::describe;
use super::picture::{Counters, Picture, Router};
use crate::config::model::dump::JsonVersion;
use crate::config::model::{Command, Instance, VirtualAddress};
use crate::vrrp::State;

/// What stands for a password.
pub(super) const MASKED: &str = "********";

pub(super) fn text(picture: &Picture, version: JsonVersion) -> io::Result<String> {
    let vrrp: Vec<_> = picture.routers.iter().map(Entry::of(picture)).collect();
    let text = match version {
        JsonVersion::V1 => serde_json::to_string(&vrrp)?,
        JsonVersion::V2 => serde_json::to_string(&Named { vrrp })?,
    };
    Ok(text + "\n")
}

#[derive(Serialize)]
struct Named {
    vrrp: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    data: Data,
    stats: Counters,
}

/// A length of time in seconds; whole ones without a point.
struct Seconds(Duration);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.subsec_nanos() {
            0 => serializer.serialize_u64(self.0.as_secs()),
            _ => serializer.serialize_f64(self.0.as_secs_f64()),
        }
    }
}

/// keepalived says of some things that they are 1 or 0, of others that they are true or false.
#[derive(Serialize)]
struct Data {
    iname: String,
    dont_track_primary: u8,
    skip_check_adv_addr: u8,
    strict_mode: u8,
    vmac_ifname: String,
    ifp_ifname: String,
    master_priority: u8,
    last_transition: f64,
    garp_delay: Seconds,
    garp_refresh: u64,
    garp_rep: u32,
    garp_refresh_rep: u32,
    garp_lower_prio_delay: u64,
    garp_lower_prio_rep: u32,
    lower_prio_no_advert: u8,
    higher_prio_send_advert: u8,
    vrid: u8,
    base_priority: u8,
    effective_priority: u8,
    vipset: bool,
    promote_secondaries: bool,
    adver_int: Seconds,
    master_adver_int: Seconds,
    accept: u8,
    nopreempt: bool,
    preempt_delay: u64,
    state: u8,
    wantstate: u8,
    version: u8,
    smtp_alert: bool,
    notify_deleted: bool,
    #[serde(flatten)]
    scripts: Scripts,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vips: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evips: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_ifp: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_script: Vec<String>,
    auth_type: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_data: Option<&'static str>,
}

#[derive(Serialize)]
struct Scripts {
    #[serde(skip_serializing_if = "Option::is_none")]
    script_backup: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_master: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_fault: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_stop: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_deleted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_master_rx_lower_pri: Option<String>,
}

impl Entry {
    fn of(picture: &Picture) -> impl Fn(&Router) -> Self + '_ {
        |router| Self {
            data: data(picture, router),
            stats: router.counters,
        }
    }
}

fn data(picture: &Picture, router: &Router) -> Data {
    let instance = &router.instance;
    let garp = &instance.garp;
    let state = number(router.state);
    let addresses = |addresses: &[VirtualAddress]| {
        let each = addresses.iter();
        each.map(|address| describe(address, router)).collect()
    };
    Data {
        iname: instance.name.clone(),
        dont_track_primary: 0,
        skip_check_adv_addr: u8::from(instance.skip_check_adv_addr),
        strict_mode: u8::from(instance.strict),
        vmac_ifname: String::new(),
        ifp_ifname: instance.interface.clone(),
        master_priority: router.active_priority,
        last_transition: since_epoch(router.since),
        garp_delay: Seconds(garp.delay),
        garp_refresh: garp.refresh.as_secs(),
        garp_rep: garp.repeat,
        garp_refresh_rep: garp.refresh_repeat,
        garp_lower_prio_delay: garp.lower_prio_delay.as_secs(),
        garp_lower_prio_rep: garp.lower_prio_repeat,
        lower_prio_no_advert: u8::from(instance.manners.lower_prio_no_advert),
        higher_prio_send_advert: u8::from(instance.manners.higher_prio_send_advert),
        vrid: instance.virtual_router_id,
        base_priority: instance.priority,
        effective_priority: router.priority,
        vipset: router.state == State::Active,
        promote_secondaries: false,
        adver_int: Seconds(instance.advert_int),
        master_adver_int: Seconds(router.active_adver_interval),
        accept: u8::from(instance.accept),
        nopreempt: !instance.preempt,
        preempt_delay: instance.preempt_delay.as_secs(),
        state,
        wantstate: state,
        version: instance.version.number(),
        smtp_alert: instance.smtp_alert,
        notify_deleted: instance.rarely.tells_deleted,
        scripts: scripts(instance),
        vips: addresses(&instance.addresses),
        evips: addresses(&instance.excluded_addresses),
        track_ifp: instance
            .track_interfaces
            .iter()
            .map(|one| one.name.clone())
            .collect(),
        track_script: tracked(picture, instance),
        auth_type: u8::from(instance.auth_pass.is_some()),
        auth_data: instance.auth_pass.map(|_| MASKED),
    }
}

fn scripts(instance: &Instance) -> Scripts {
    let line = |command: &Option<Command>| command.as_ref().map(command::line);
    let notify = &instance.notify;
    Scripts {
        script_backup: line(&notify.backup),
        script_master: line(&notify.master),
        script_fault: line(&notify.fault),
        script_stop: line(&notify.stop),
        script_deleted: line(&instance.rarely.deleted),
        script: line(&notify.all),
        script_master_rx_lower_pri: line(&instance.rarely.heard_lower),
    }
}

/// Scripts are told of by their commands, not by their names.
fn tracked(picture: &Picture, instance: &Instance) -> Vec<String> {
    let tracked = instance.track_scripts.iter();
    let scripts = tracked.filter_map(|track| picture.scripts.get(track.script));
    scripts
        .map(|script| command::line(&script.command))
        .collect()
}

const fn number(state: State) -> u8 {
    match state {
        State::Initialize { faulted: false } => 0,
        State::Backup => 1,
        State::Active => 2,
        State::Initialize { faulted: true } => 3,
    }
}

/// To the microsecond.
fn since_epoch(at: SystemTime) -> f64 {
    let since = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let micros = u32::try_from(since.as_micros() % 1_000_000).unwrap_or_default();
    Duration::new(since.as_secs(), micros * 1_000).as_secs_f64()
}
