//! `vrrp_instance`.

use super::super::diagnostic::{At, Severity};
use super::super::draft::{InstanceDraft, TrackDraft};
use super::super::model::check::{TrackCheck, VrrpCheck};
use super::super::model::{
    Garp, Instance, Script, TrackInterface, TrackScript, VrrpVersion, Weight,
};
use super::authentication::{self, Authentication};
use super::tracked::{Found, Pool, Tracked};
use super::{Context, address, command, owner, timing};
use std::net::Ipv4Addr;

/// RFC 9568 section 5.2.4.
const DEFAULT_PRIORITY: u8 = 100;
const OWNER_PRIORITY: u8 = 255;
/// RFC 9568 section 6.1: Active_Down_Interval.
const DEFAULT_DOWN_TIMER_ADVERTS: u8 = 3;

/// What instances can follow.
pub(super) struct Pools {
    pub scripts: Pool<Script>,
    pub checks: Pool<VrrpCheck>,
}

/// Makes an instance of its draft; `None` if it is left out.
pub(super) fn resolve(
    draft: InstanceDraft,
    pools: &mut Pools,
    context: &mut Context<'_>,
) -> Option<Instance> {
    let (virtual_router_id, interface) = identity(&draft, context)?;
    let version = draft
        .version
        .or(context.global.version)
        .unwrap_or(VrrpVersion::V2);
    let auth_pass = match authentication::resolve(&draft, version, context) {
        Authentication::None => None,
        Authentication::Password(password) => Some(password),
        Authentication::Unsupported => return None,
    };
    let addresses = address::resolve(&draft, context)?;
    let priority = priority(&draft);
    let global = context.global;
    Some(Instance {
        initial_master: draft.initial_master,
        interface,
        virtual_router_id,
        priority,
        version,
        advert_int: advert_interval(&draft, version, context),
        preempt: preempt(&draft, priority, context),
        auth_pass,
        source: source(&draft),
        check_unicast_src: check_unicast_src(&draft, context),
        addresses: addresses.advertised,
        excluded_addresses: addresses.excluded,
        notify: command::notify(&draft, context),
        track_scripts: scripts(&draft, priority, pools, context),
        track_checks: checks(&draft, priority, pools, context),
        track_interfaces: interfaces(&draft, priority, context),
        garp: draft.garp.or(global.garp.or(Garp::default())),
        down_timer_adverts: draft
            .down_timer_adverts
            .or(global.down_timer_adverts)
            .unwrap_or(DEFAULT_DOWN_TIMER_ADVERTS),
        v3_checksum_as_v2: draft.v3_checksum_as_v2.unwrap_or(global.v3_checksum_as_v2),
        name: draft.name.value,
        unicast_peers: draft.unicast_peers,
    })
}

/// VRID and interface, without which keepalived does not start.
fn identity(draft: &InstanceDraft, context: &mut Context<'_>) -> Option<(u8, String)> {
    let At { at, .. } = &draft.name;
    if let Some(interface) = &draft.interface {
        context.interface(interface, &owner(draft));
    } else {
        let text = "Unknown interface! Add `interface NAME`";
        context.say(Severity::Fatal, &draft.name, at, text);
    }
    if draft.virtual_router_id.is_none() {
        let text = "the virtual router id must be set: add `virtual_router_id 1-255`";
        context.say(Severity::Fatal, &draft.name, at, text);
    }
    let interface = draft.interface.as_ref()?.value.clone();
    Some((draft.virtual_router_id.as_ref()?.value, interface))
}

/// A MASTER without a priority owns the addresses.
fn priority(draft: &InstanceDraft) -> u8 {
    let default = if draft.initial_master {
        OWNER_PRIORITY
    } else {
        DEFAULT_PRIORITY
    };
    draft.priority.unwrap_or(default)
}

fn preempt(draft: &InstanceDraft, priority: u8, context: &mut Context<'_>) -> bool {
    let Some(At { at, .. }) = &draft.nopreempt else {
        return true;
    };
    let text = if draft.initial_master {
        "Warning - nopreempt will not work with initial state MASTER - clearing"
    } else if priority == OWNER_PRIORITY {
        "nopreempt is incompatible with priority 255. resetting nopreempt"
    } else {
        return false;
    };
    context.say(Severity::Warning, &draft.name, at, text);
    true
}

fn advert_interval(
    draft: &InstanceDraft,
    version: VrrpVersion,
    context: &mut Context<'_>,
) -> std::time::Duration {
    let asked = draft.advert_int.as_ref();
    let (interval, remark) = timing::advert_interval(asked, version);
    if let (Some(At { at, .. }), Some(remark)) = (asked, remark) {
        context.say(Severity::Warning, &draft.name, at, &remark);
    }
    interval
}

/// The source of unicast adverts counts where there are peers, and for multicast where no other
/// is given, as in keepalived.
fn source(draft: &InstanceDraft) -> Option<Ipv4Addr> {
    let unicast = draft.unicast_source.as_ref().map(|source| source.value);
    if draft.unicast_peers.is_empty() {
        return draft.multicast_source.or(unicast);
    }
    unicast.or(draft.multicast_source)
}

fn check_unicast_src(draft: &InstanceDraft, context: &mut Context<'_>) -> bool {
    let asked = draft.check_unicast_src;
    if draft.unicast_peers.is_empty() && (asked.is_some() || draft.unicast_source.is_some()) {
        let at = draft
            .unicast_source
            .as_ref()
            .map_or(&draft.name.at, |source| &source.at);
        let text = "A unicast keyword has been specified without any unicast peers. \
                    Defaulting to multicast.";
        context.say(Severity::Warning, &draft.name, at, text);
    }
    asked.unwrap_or(context.global.check_unicast_src)
}

fn scripts(
    draft: &InstanceDraft,
    priority: u8,
    pools: &mut Pools,
    context: &mut Context<'_>,
) -> Vec<TrackScript> {
    let scripts = &mut pools.scripts;
    let tracked = tracked(draft, &draft.track_scripts, priority, scripts, context);
    let track = |(script, weight)| TrackScript { script, weight };
    tracked.into_iter().map(track).collect()
}

fn checks(
    draft: &InstanceDraft,
    priority: u8,
    pools: &mut Pools,
    context: &mut Context<'_>,
) -> Vec<TrackCheck> {
    let checks = &mut pools.checks;
    let tracked = tracked(draft, &draft.track_checks, priority, checks, context);
    let track = |(check, weight)| TrackCheck { check, weight };
    tracked.into_iter().map(track).collect()
}

/// Interfaces that the instance follows. Its own one it follows in any case.
fn interfaces(
    draft: &InstanceDraft,
    priority: u8,
    context: &mut Context<'_>,
) -> Vec<TrackInterface> {
    let own = draft.interface.as_ref().map(|interface| &interface.value);
    let mut tracked = Vec::new();
    for TrackDraft { name, weight } in &draft.track_interfaces {
        let weight = weight.unwrap_or_default();
        if own == Some(&name.value) {
            let text = format!(
                "Ignoring track_interface {} since own interface",
                name.value
            );
            context.say(Severity::Warning, &draft.name, &name.at, &text);
        } else if priority == OWNER_PRIORITY && weight.value != 0 {
            let text = format!(
                "ignoring {} tracked interface due to address owner",
                name.value
            );
            context.say(Severity::Warning, &draft.name, &name.at, &text);
        } else {
            context.interface(name, &format!("track_interface of {}", draft.name.value));
            let name = name.value.clone();
            tracked.push(TrackInterface { name, weight });
        }
    }
    tracked
}

/// What of one kind the instance follows: indices and weights.
fn tracked<T: Tracked>(
    draft: &InstanceDraft,
    tracks: &[TrackDraft],
    priority: u8,
    pool: &mut Pool<T>,
    context: &mut Context<'_>,
) -> Vec<(usize, Weight)> {
    let mut tracked = Vec::new();
    for TrackDraft { name, weight } in tracks {
        let kind = T::KIND;
        match pool.track(&name.value) {
            Found::Usable(index, default) => {
                let weight = weight.unwrap_or(default);
                if priority == OWNER_PRIORITY && weight.value != 0 {
                    let text = format!(
                        "ignoring tracked {kind} {} with weights due to address_owner",
                        name.value
                    );
                    context.say(Severity::Warning, &draft.name, &name.at, &text);
                } else {
                    tracked.push((index, weight));
                }
            }
            Found::Disabled => {}
            Found::Unknown => {
                let text = format!("track {kind} {} not found, ignoring...", name.value);
                context.say(Severity::Error, &draft.name, &name.at, &text);
            }
        }
    }
    tracked
}
