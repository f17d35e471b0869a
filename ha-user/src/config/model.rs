//! What a configuration means: keepalived's words with values checked and references resolved.

pub mod check;
pub mod dump;
pub mod errand;
pub mod fifo;
pub mod file;
pub mod garp_group;
pub mod link;
pub mod mail;
pub mod manners;
pub mod naming;
pub mod opening;
pub mod process;
pub mod service;
mod spelling;
pub mod ssl;
pub mod sync;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use check::{TrackCheck, VrrpCheck};
use dump::{Defaults, Dumps};
use errand::Errands;
use fifo::Fifos;
use file::{InitialFile, TrackFile};
use garp_group::GarpGroup;
use ha_common::Family;
use link::LinkDelay;
use mail::Mail;
use manners::{Garp, Manners};
use naming::Naming;
use opening::Opening;
use process::{FollowedProcess, TrackProcess};
use serde::Serialize;
use service::VirtualServer;
use ssl::Ssl;
use sync::SyncGroup;

/// A whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Config {
    /// `instance` and `use_pid_dir`.
    #[serde(flatten)]
    pub naming: Naming,
    /// `global_defs`.
    #[serde(rename = "global_defs")]
    pub global: Global,
    /// What it says of dumps.
    pub dumps: Dumps,
    /// What it says of instances.
    pub defaults: Defaults,
    /// What it says of the first takeover.
    pub opening: Opening,
    /// `vrrp_script` blocks, in the order of the file.
    #[serde(rename = "vrrp_script")]
    pub scripts: Vec<Script>,
    /// `vrrp_check` blocks, in the order of the file.
    #[serde(rename = "vrrp_check")]
    pub checks: Vec<VrrpCheck>,
    /// `vrrp_track_process` blocks, in the order of the file.
    #[serde(rename = "vrrp_track_process")]
    pub processes: Vec<TrackProcess>,
    /// `vrrp_instance` blocks, in the order of the file.
    #[serde(rename = "vrrp_instance")]
    pub instances: Vec<Instance>,
    /// `vrrp_sync_group` blocks, in the order of the file.
    #[serde(rename = "vrrp_sync_group")]
    pub sync_groups: Vec<SyncGroup>,
    /// `virtual_server` blocks, in the order of the file.
    #[serde(rename = "virtual_server")]
    pub services: Vec<Arc<VirtualServer>>,
    /// `SSL`.
    #[serde(rename = "SSL")]
    pub ssl: Ssl,
    /// `notify_fifo` and its likes.
    pub fifos: Fifos,
    /// `startup_script` and `shutdown_script`.
    pub errands: Errands,
    /// Mail about transitions.
    pub mail: Mail,
    /// `garp_group` blocks, in the order of the file.
    #[serde(rename = "garp_group")]
    pub garp_groups: Vec<GarpGroup>,
    /// `interface_up_down_delays`, in the order of the file.
    #[serde(rename = "interface_up_down_delays")]
    pub link_delays: Vec<LinkDelay>,
    /// `init_file` of `track_file` blocks, in the order of the file.
    #[serde(rename = "init_file")]
    pub initial_files: Vec<InitialFile>,
    /// `xdp { ... }`, which only vipd has.
    pub xdp: Xdp,
}

impl Config {
    /// The instance of this name.
    #[must_use]
    pub fn instance(&self, name: &str) -> Option<&Instance> {
        self.instances.iter().find(|instance| instance.name == name)
    }

    /// The group that an instance of this name is in.
    #[must_use]
    pub fn group_of(&self, instance: &str) -> Option<&SyncGroup> {
        self.sync_groups.iter().find(|group| group.has(instance))
    }

    /// A service that is as in `before` is the same object from now on: whoever compares them sees that at
    /// once, and what the new one took is free again.
    pub fn keep_equals(&mut self, before: &Self) {
        let named = before.services.iter().map(|one| (one.name.as_str(), one));
        let before: HashMap<_, _> = named.collect();
        for service in &mut self.services {
            if let Some(same) = before.get(service.name.as_str())
                && *same == service
            {
                *service = Arc::clone(same);
            }
        }
    }

    /// A copy that shares no memory with this one.
    #[must_use]
    pub fn detached(&self) -> Self {
        let mut copy = self.clone();
        let mut probes = Vec::new();
        probes.extend(copy.checks.iter_mut().flat_map(|one| &mut one.checks));
        for service in &mut copy.services {
            let servers = &mut Arc::make_mut(service).servers;
            probes.extend(servers.iter_mut().flat_map(|server| &mut server.checks));
        }
        for probe in probes {
            // Shared up to now, so this copies it.
            let _ = Arc::make_mut(probe);
        }
        copy
    }
}

/// `global_defs`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Global {
    /// `router_id`.
    pub router_id: Option<String>,
    /// `script_user USER [GROUP]`.
    pub script_user: Option<ScriptUser>,
    /// `enable_script_security`.
    #[serde(rename = "enable_script_security")]
    pub script_security: bool,
    /// `notification_email`.
    pub notification_email: Vec<String>,
    /// `notification_email_from`.
    pub notification_email_from: Option<String>,
    /// `smtp_server HOST [PORT]`.
    pub smtp_server: Option<String>,
    /// `smtp_connect_timeout`.
    #[serde(serialize_with = "spelling::some_time")]
    pub smtp_connect_timeout: Option<Duration>,
    /// `vrrp_rt_priority`: 1-99.
    #[serde(rename = "vrrp_rt_priority")]
    pub rt_priority: Option<u8>,
    /// `vrrp_garp_interval`: between two gratuitous ARPs of an interface.
    #[serde(rename = "vrrp_garp_interval", serialize_with = "spelling::time")]
    pub garp_interval: Duration,
    /// `vrrp_gna_interval`: between two unsolicited Neighbor Advertisements of an interface.
    #[serde(rename = "vrrp_gna_interval", serialize_with = "spelling::time")]
    pub gna_interval: Duration,
}

/// Whom a script runs as.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScriptUser {
    /// User name.
    pub user: String,
    /// Group name, if not the user's own.
    pub group: Option<String>,
}

/// A command with its arguments, split as the file quotes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Command {
    /// Program and arguments; never empty.
    pub words: Vec<String>,
    /// Whom it runs as, if the file says so for this command.
    pub user: Option<ScriptUser>,
}

impl Command {
    /// What is run: a path, or a name to be found in `PATH`.
    #[must_use]
    pub fn program(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }
}

/// `vrrp_script NAME`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Script {
    /// Name.
    pub name: String,
    /// `script`.
    #[serde(rename = "script")]
    pub command: Command,
    /// `interval`.
    #[serde(serialize_with = "spelling::time")]
    pub interval: Duration,
    /// `timeout`; the interval if not given.
    #[serde(serialize_with = "spelling::time")]
    pub timeout: Duration,
    /// `weight`.
    pub weight: Weight,
    /// `rise`.
    pub rise: u32,
    /// `fall`.
    pub fall: u32,
    /// `init_fail`.
    pub init_fail: bool,
}

/// `weight N [reverse]`. Zero means that a failure is a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// -253..253, of processes -254..254.
    pub value: i16,
    /// Success and failure change places.
    pub reverse: bool,
}

/// A script that an instance follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrackScript {
    /// Index into [`Config::scripts`].
    pub script: usize,
    /// Weight for this instance: the script's, unless `track_script` says otherwise.
    pub weight: Weight,
}

/// An interface that an instance follows besides its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrackInterface {
    /// Its name; it need not exist.
    pub name: String,
    /// Zero means that its fault is one of the instance.
    pub weight: Weight,
}

/// Version on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum VrrpVersion {
    /// RFC 3768.
    #[serde(rename = "2")]
    V2,
    /// RFC 5798, RFC 9568.
    #[serde(rename = "3")]
    V3,
}

impl VrrpVersion {
    /// As the file and the wire have it.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }
}

/// `vrrp_instance NAME`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Instance {
    /// Name.
    pub name: String,
    /// `state MASTER`.
    pub initial_master: bool,
    /// `interface`.
    pub interface: String,
    /// `virtual_router_id`, 1-255.
    pub virtual_router_id: u8,
    /// `priority`, 1-255.
    pub priority: u8,
    /// What its addresses are of.
    #[serde(skip)]
    pub family: Family,
    /// `version`, or `vrrp_version`.
    pub version: VrrpVersion,
    /// `advert_int`, rounded to what the version can say.
    #[serde(serialize_with = "spelling::time")]
    pub advert_int: Duration,
    /// No `nopreempt`.
    pub preempt: bool,
    /// `preempt_delay`; zero for none.
    #[serde(serialize_with = "spelling::time")]
    pub preempt_delay: Duration,
    /// `authentication` of type PASS, padded with zeros; version 2 only.
    #[serde(rename = "auth_pass", serialize_with = "spelling::secret")]
    pub auth_pass: Option<[u8; 8]>,
    /// `mcast_src_ip` or `unicast_src_ip`.
    #[serde(rename = "mcast_src_ip")]
    pub source: Option<IpAddr>,
    /// `mcast_dst_ip`, or `vrrp_mcast_group4` and `vrrp_mcast_group6`.
    #[serde(rename = "mcast_dst_ip")]
    pub group: IpAddr,
    /// `unicast_ttl`, of adverts to peers.
    pub unicast_ttl: Option<u8>,
    /// `unicast_fault_no_peer`, and there is none: the instance is in fault.
    #[serde(rename = "unicast_fault_no_peer")]
    pub lacks_peers: bool,
    /// `unicast_peer`; empty for multicast.
    #[serde(rename = "unicast_peer")]
    pub unicast_peers: Vec<IpAddr>,
    /// `min_ttl` and `max_ttl` of those that have them.
    #[serde(rename = "unicast_peer_ttl")]
    pub peer_ttls: Vec<PeerTtl>,
    /// `check_unicast_src`.
    pub check_unicast_src: bool,
    /// `track_src_ip`: without its source address the instance is in fault.
    pub track_src_ip: bool,
    /// `virtual_ipaddress`.
    #[serde(rename = "virtual_ipaddress")]
    pub addresses: Vec<VirtualAddress>,
    /// `virtual_ipaddress_excluded`: carried, not advertised.
    #[serde(rename = "virtual_ipaddress_excluded")]
    pub excluded_addresses: Vec<VirtualAddress>,
    /// `track_script`.
    #[serde(rename = "track_script")]
    pub track_scripts: Vec<TrackScript>,
    /// `track_check`.
    #[serde(rename = "track_check")]
    pub track_checks: Vec<TrackCheck>,
    /// `track_interface`.
    #[serde(rename = "track_interface")]
    pub track_interfaces: Vec<TrackInterface>,
    /// `track_file`, each with the weight for this instance.
    #[serde(rename = "track_file")]
    pub track_files: Vec<TrackFile>,
    /// `track_process`.
    #[serde(rename = "track_process")]
    pub track_processes: Vec<FollowedProcess>,
    /// `notify*`.
    #[serde(flatten)]
    pub notify: Notify,
    /// `notify*` of what is no state.
    #[serde(flatten)]
    pub rarely: NotifyRarely,
    /// `notify_priority_changes`, here, of its group, or `vrrp_notify_priority_changes`.
    pub notify_priority_changes: bool,
    /// `smtp_alert`, here or in `global_defs`.
    pub smtp_alert: bool,
    /// `garp_*`, or `vrrp_garp_*`.
    #[serde(flatten)]
    pub garp: Garp,
    /// How it answers others while it is MASTER.
    #[serde(flatten)]
    pub manners: Manners,
    /// `strict_mode`, or `vrrp_strict`.
    #[serde(rename = "strict_mode")]
    pub strict: bool,
    /// `accept`: packets to the addresses are for this host. Those of an address owner are so in any
    /// case.
    pub accept: bool,
    /// `owner_ignore_adverts`, which means something with priority 255 only.
    pub owner_ignore_adverts: bool,
    /// `down_timer_adverts`.
    pub down_timer_adverts: u8,
    /// `v3_checksum_as_v2`.
    pub v3_checksum_as_v2: bool,
    /// `skip_check_adv_addr`, which is so in any case.
    pub skip_check_adv_addr: bool,
}

/// A peer of which is known how far away it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeerTtl {
    /// Its address.
    #[serde(rename = "address")]
    pub peer: IpAddr,
    /// Its adverts arrive with this TTL at least; 0 if not given.
    pub min_ttl: u8,
    /// And this at most; 255 if not given.
    pub max_ttl: u8,
}

/// An address of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VirtualAddress {
    /// The address.
    pub address: IpAddr,
    /// Length of the mask; all of the address if not given.
    pub prefix_len: u8,
    /// `dev`; the instance's interface if not given.
    pub device: Option<String>,
    /// `label`.
    pub label: Option<String>,
    /// `brd`: the broadcast address.
    pub broadcast: Option<Ipv4Addr>,
    /// `scope`, as the kernel numbers it; 0 is global.
    pub scope: u8,
}

/// Scripts that are told of transitions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Notify {
    /// `notify_master`.
    #[serde(rename = "notify_master")]
    pub master: Option<Command>,
    /// `notify_backup`.
    #[serde(rename = "notify_backup")]
    pub backup: Option<Command>,
    /// `notify_fault`.
    #[serde(rename = "notify_fault")]
    pub fault: Option<Command>,
    /// `notify_stop`.
    #[serde(rename = "notify_stop")]
    pub stop: Option<Command>,
    /// `notify_dual_active`: gets arguments as `notify` does.
    #[serde(rename = "notify_dual_active")]
    pub dual_active: Option<Command>,
    /// `notify`: gets type, name, state and priority as arguments.
    #[serde(rename = "notify")]
    pub all: Option<Command>,
}

/// Scripts of an instance that are told of what is no state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NotifyRarely {
    /// `notify_deleted`: its end by a reload is told as DELETED, not as FAULT.
    #[serde(rename = "notify_deleted")]
    pub tells_deleted: bool,
    /// Its command.
    #[serde(rename = "notify_deleted_script")]
    pub deleted: Option<Command>,
    /// `notify_master_rx_lower_pri`.
    #[serde(rename = "notify_master_rx_lower_pri")]
    pub heard_lower: Option<Command>,
}

/// `xdp { ... }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Xdp {
    /// `mode`.
    pub mode: XdpMode,
    /// `lease`.
    pub lease: LeaseMode,
    /// `backup_traffic`.
    pub backup_traffic: BackupTraffic,
    /// `fast_handover`.
    pub fast_handover: FastHandover,
    /// `address_lifetime`; zero is for ever.
    #[serde(serialize_with = "spelling::time")]
    pub address_lifetime: Duration,
    /// `absorb_above`: bad or repeated adverts of an interface per second.
    pub absorb_above: u32,
}

impl Default for Xdp {
    fn default() -> Self {
        Self {
            mode: XdpMode::default(),
            lease: LeaseMode::default(),
            backup_traffic: BackupTraffic::default(),
            fast_handover: FastHandover::default(),
            address_lifetime: Duration::from_secs(60),
            absorb_above: 1000,
        }
    }
}

/// How the data path is attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum XdpMode {
    /// Native where replies are known to arrive, else at the tc hook.
    #[default]
    Auto,
    /// In the driver.
    Native,
    /// In the kernel's generic hook.
    Generic,
    /// At the tc hook.
    Tc,
    /// Not at all: as keepalived works.
    Off,
}

/// What ends an ownership besides our own will.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LeaseMode {
    /// Time without an advert of ours, and another router that is heard.
    #[default]
    Strict,
    /// Another router that is heard.
    Fence,
    /// Neither.
    Off,
}

impl LeaseMode {
    /// All of them, as the file names them.
    pub const NAMES: &[(&str, Self)] = &[
        ("strict", Self::Strict),
        ("fence", Self::Fence),
        ("off", Self::Off),
    ];

    /// As the file names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        let named = Self::NAMES.iter().find(|(_, mode)| *mode == self);
        named.map_or("", |(name, _)| name)
    }
}

/// What becomes of IP to a virtual address that this director does not own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BackupTraffic {
    /// Dropped where the daemon put the address on an interface, else passed.
    #[default]
    Auto,
    /// Passed.
    Pass,
    /// Dropped.
    Drop,
}

/// Whether a Backup router that knows the Active one to go waits less than Skew_Time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FastHandover {
    /// Never.
    Off,
    /// While at most one other router has been seen.
    #[default]
    Auto,
    /// Always.
    On,
}
