//! What the file says, before defaults, references and rules between keywords are applied.

pub(super) mod check;
pub(super) mod errand;
pub(super) mod fifo;
pub(super) mod file;
pub(super) mod garp_group;
pub(super) mod link;
pub(super) mod mail;
pub(super) mod process;
pub(super) mod service;
pub(super) mod ssl;
pub(super) mod sync;

use super::diagnostic::{At, Place};
use super::model::PeerTtl;
use super::model::dump::Dumps;
use super::model::manners::{Garp, Manners};
use super::model::naming::Naming;
use super::model::opening::Opening;
use super::model::{Command, ScriptUser, VirtualAddress, VrrpVersion, Weight, Xdp};
use check::VrrpCheckDraft;
use errand::ErrandsDraft;
use fifo::FifosDraft;
use file::FileDraft;
use garp_group::GarpGroupDraft;
use ha_common::Family;
use link::LinksDraft;
use mail::MailDraft;
use process::ProcessDraft;
use service::{GroupDraft, VirtualServerDraft};
use ssl::SslDraft;
use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;
use sync::{SyncGroupDraft, TracksDraft};

/// A whole file.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub naming: Naming,
    pub global: GlobalDraft,
    pub links: LinksDraft,
    pub garp_groups: Vec<GarpGroupDraft>,
    pub scripts: Vec<ScriptDraft>,
    pub files: Vec<FileDraft>,
    pub processes: Vec<ProcessDraft>,
    pub checks: Vec<VrrpCheckDraft>,
    pub instances: Vec<InstanceDraft>,
    pub sync_groups: Vec<SyncGroupDraft>,
    pub groups: Vec<GroupDraft>,
    /// Of all groups.
    pub group_addresses: usize,
    pub services: Vec<VirtualServerDraft>,
    pub ssl: SslDraft,
    pub xdp: Xdp,
    /// What there is, by its keyword and its name.
    names: HashSet<(&'static str, String)>,
}

impl Draft {
    /// Whether this is the first of a kind with this name.
    pub(super) fn is_first(&mut self, kind: &'static str, name: &At<String>) -> bool {
        self.names.insert((kind, name.value.clone()))
    }
}

/// `global_defs`.
#[derive(Debug, Default)]
pub(super) struct GlobalDraft {
    pub router_id: Option<String>,
    pub script_user: Option<ScriptUser>,
    pub script_security: bool,
    pub notification_email: Vec<String>,
    pub notification_email_from: Option<String>,
    pub smtp_server: Option<String>,
    pub smtp_connect_timeout: Option<Duration>,
    pub fifos: FifosDraft,
    pub errands: ErrandsDraft,
    pub mail: MailDraft,
    pub notify_priority_changes: bool,
    pub rt_priority: Option<u8>,
    pub garp_interval: Option<Duration>,
    pub gna_interval: Option<Duration>,
    pub dynamic_interfaces: bool,
    /// Defaults of instances.
    pub version: Option<VrrpVersion>,
    pub strict: bool,
    pub check_unicast_src: bool,
    pub group4: Option<IpAddr>,
    pub group6: Option<IpAddr>,
    pub down_timer_adverts: Option<u8>,
    pub v3_checksum_as_v2: bool,
    pub owner_ignore_adverts: bool,
    pub skip_check_adv_addr: bool,
    pub garp: GarpDraft,
    pub min_garp: bool,
    pub manners: MannersDraft,
    pub opening: Opening,
    pub dumps: Dumps,
}

/// `garp_master_*` and `garp_lower_prio_*`.
#[derive(Debug, Default)]
pub(super) struct GarpDraft {
    pub delay: Option<Duration>,
    pub repeat: Option<u32>,
    pub refresh: Option<Duration>,
    pub refresh_repeat: Option<u32>,
    pub lower_prio_delay: Option<Duration>,
    pub lower_prio_repeat: Option<u32>,
}

impl GarpDraft {
    /// What is said here, and otherwise `default`.
    pub(super) fn or(&self, default: Garp) -> Garp {
        Garp {
            delay: self.delay.unwrap_or(default.delay),
            repeat: self.repeat.unwrap_or(default.repeat),
            refresh: self.refresh.unwrap_or(default.refresh),
            refresh_repeat: self.refresh_repeat.unwrap_or(default.refresh_repeat),
            lower_prio_delay: self.lower_prio_delay.unwrap_or(default.lower_prio_delay),
            lower_prio_repeat: self.lower_prio_repeat.unwrap_or(default.lower_prio_repeat),
        }
    }
}

/// How a MASTER answers others.
#[derive(Debug, Default)]
pub(super) struct MannersDraft {
    pub lower_prio_no_advert: Option<bool>,
    pub higher_prio_send_advert: Option<bool>,
}

impl MannersDraft {
    /// What is said here, and otherwise `default`.
    pub(super) fn or(&self, default: Manners) -> Manners {
        Manners {
            lower_prio_no_advert: self
                .lower_prio_no_advert
                .unwrap_or(default.lower_prio_no_advert),
            higher_prio_send_advert: self
                .higher_prio_send_advert
                .unwrap_or(default.higher_prio_send_advert),
        }
    }
}

/// `vrrp_script NAME`.
#[derive(Debug)]
pub(super) struct ScriptDraft {
    pub name: At<String>,
    pub command: Option<At<Command>>,
    pub user: Option<ScriptUser>,
    pub interval: Option<Duration>,
    pub timeout: Option<Duration>,
    pub weight: Weight,
    pub rise: Option<u32>,
    pub fall: Option<u32>,
    pub init_fail: bool,
}

impl ScriptDraft {
    pub(super) const fn new(name: At<String>) -> Self {
        Self {
            name,
            command: None,
            user: None,
            interval: None,
            timeout: None,
            weight: Weight {
                value: 0,
                reverse: false,
            },
            rise: None,
            fall: None,
            init_fail: false,
        }
    }
}

/// `auth_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuthType {
    /// Plain text.
    Pass,
    /// IPsec Authentication Header.
    Ah,
}

/// A line of `track_script`, `track_check`, `track_interface`, `track_file` or `track_process`.
#[derive(Clone, Debug)]
pub(super) struct TrackDraft {
    pub name: At<String>,
    pub weight: Option<Weight>,
    /// The line is one of the instance's group.
    pub of_group: bool,
}

/// A line of `virtual_ipaddress`.
#[derive(Debug)]
pub(super) struct AddressDraft {
    pub address: VirtualAddress,
    pub at: Place,
    pub device: Option<At<String>>,
}

/// `vrrp_instance NAME`.
#[derive(Debug)]
pub(super) struct InstanceDraft {
    pub name: At<String>,
    /// Whether `state` says MASTER.
    pub initial_master: Option<At<bool>>,
    pub interface: Option<At<String>>,
    pub virtual_router_id: Option<At<u8>>,
    pub priority: Option<u8>,
    pub version: Option<At<VrrpVersion>>,
    pub strict: Option<bool>,
    /// The last of `accept` and `no_accept`.
    pub accept: Option<At<bool>>,
    pub owner_ignore_adverts: Option<bool>,
    pub skip_check_adv_addr: Option<bool>,
    pub advert_int: Option<At<Duration>>,
    pub nopreempt: Option<At<()>>,
    pub preempt_delay: Option<At<Duration>>,
    pub auth_type: Option<At<AuthType>>,
    pub auth_pass: Option<At<String>>,
    /// That of the first word that has one.
    pub family: Option<Family>,
    pub multicast_source: Option<IpAddr>,
    pub unicast_source: Option<At<IpAddr>>,
    pub group: Option<At<IpAddr>>,
    pub unicast_ttl: Option<At<u8>>,
    pub unicast_fault_no_peer: bool,
    pub unicast_peers: Vec<IpAddr>,
    pub peer_ttls: Vec<PeerTtl>,
    pub check_unicast_src: Option<bool>,
    pub track_src_ip: bool,
    pub addresses: Vec<AddressDraft>,
    pub excluded_addresses: Vec<AddressDraft>,
    pub tracks: TracksDraft,
    /// Its group does not let it track with weights of its own.
    pub unweighted: bool,
    /// By keyword: `notify` and every `notify_STATE`.
    pub notify: BTreeMap<String, At<Command>>,
    /// `notify_deleted`, with or without a command.
    pub tells_deleted: bool,
    pub notify_priority_changes: Option<bool>,
    pub smtp_alert: Option<bool>,
    pub garp: GarpDraft,
    pub manners: MannersDraft,
    pub down_timer_adverts: Option<u8>,
    pub v3_checksum_as_v2: Option<bool>,
}

impl InstanceDraft {
    /// Whether an address can be one of the instance; the first one tells which can.
    pub(super) fn admits(&mut self, address: IpAddr) -> bool {
        let family = address.into();
        *self.family.get_or_insert(family) == family
    }

    pub(super) fn new(name: At<String>) -> Self {
        Self {
            name,
            initial_master: None,
            interface: None,
            virtual_router_id: None,
            priority: None,
            version: None,
            strict: None,
            accept: None,
            owner_ignore_adverts: None,
            skip_check_adv_addr: None,
            advert_int: None,
            nopreempt: None,
            preempt_delay: None,
            auth_type: None,
            auth_pass: None,
            family: None,
            multicast_source: None,
            unicast_source: None,
            group: None,
            unicast_ttl: None,
            unicast_fault_no_peer: false,
            unicast_peers: Vec::new(),
            peer_ttls: Vec::new(),
            check_unicast_src: None,
            track_src_ip: false,
            addresses: Vec::new(),
            excluded_addresses: Vec::new(),
            tracks: TracksDraft::default(),
            unweighted: false,
            notify: BTreeMap::new(),
            tells_deleted: false,
            notify_priority_changes: None,
            smtp_alert: None,
            garp: GarpDraft::default(),
            manners: MannersDraft::default(),
            down_timer_adverts: None,
            v3_checksum_as_v2: None,
        }
    }
}
