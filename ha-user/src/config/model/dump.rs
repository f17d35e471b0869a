//! What is dumped where, and what only a dump shows of the configuration.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ha_common::wire::{ipv4, ipv6};
use serde::Serialize;

use super::VrrpVersion;
use super::manners::{Garp, Manners};

/// `state_dump_file` and its like: paths as the file has them, which may be relative.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dumps {
    /// `state_dump_file`.
    #[serde(rename = "state_dump_file")]
    pub state: Option<String>,
    /// `stats_dump_file`.
    #[serde(rename = "stats_dump_file")]
    pub stats: Option<String>,
    /// `json_dump_file`.
    #[serde(rename = "json_dump_file")]
    pub json: Option<String>,
    /// `json_version`.
    pub json_version: JsonVersion,
}

/// `json_version`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum JsonVersion {
    /// A list of instances.
    #[default]
    V1,
    /// An object that has it.
    V2,
}

/// What instances begin with, as `global_defs` says; each has made its own of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Defaults {
    /// `dynamic_interfaces`.
    pub dynamic_interfaces: bool,
    /// `vrrp_version`.
    #[serde(rename = "vrrp_version")]
    pub version: VrrpVersion,
    /// `vrrp_garp_*`.
    pub garp: Garp,
    /// `vrrp_lower_prio_no_advert` and `vrrp_higher_prio_send_advert`.
    #[serde(flatten)]
    pub manners: Manners,
    /// `vrrp_notify_priority_changes`.
    #[serde(rename = "vrrp_notify_priority_changes")]
    pub notify_priority_changes: bool,
    /// `vrrp_strict`.
    #[serde(rename = "vrrp_strict")]
    pub strict: bool,
    /// `vrrp_down_timer_adverts`.
    #[serde(rename = "vrrp_down_timer_adverts")]
    pub down_timer_adverts: u8,
    /// `vrrp_mcast_group4`.
    #[serde(rename = "vrrp_mcast_group4")]
    pub group4: IpAddr,
    /// `vrrp_mcast_group6`.
    #[serde(rename = "vrrp_mcast_group6")]
    pub group6: IpAddr,
    /// `vrrp_check_unicast_src`.
    #[serde(rename = "vrrp_check_unicast_src")]
    pub check_unicast_src: bool,
    /// `vrrp_skip_check_adv_addr`.
    #[serde(rename = "vrrp_skip_check_adv_addr")]
    pub skip_check_adv_addr: bool,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            dynamic_interfaces: false,
            version: VrrpVersion::V2,
            garp: Garp::default(),
            manners: Manners::default(),
            notify_priority_changes: false,
            strict: false,
            // RFC 9568 section 6.1: Active_Down_Interval.
            down_timer_adverts: 3,
            group4: Ipv4Addr::from_octets(ipv4::VRRP_GROUP).into(),
            group6: Ipv6Addr::from_octets(ipv6::VRRP_GROUP).into(),
            check_unicast_src: false,
            skip_check_adv_addr: false,
        }
    }
}
