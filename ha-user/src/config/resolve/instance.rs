//! `vrrp_instance`.

use super::super::diagnostic::{At, Severity};
use super::super::draft::{InstanceDraft, TrackDraft};
use super::super::model::check::{TrackCheck, VrrpCheck};
use super::super::model::dump::Defaults;
use super::super::model::file::{FileWeight, TrackFile};
use super::super::model::process::{FollowedProcess, TrackProcess};
use super::super::model::{Instance, Script, TrackInterface, TrackScript, VrrpVersion, Weight};
use super::authentication::{self, Authentication};
use super::tracked::{Found, Pool, Tracked};
use super::{
    Context, acceptance, address, cast, command, manners, owner, preemption, role, timing,
};
use ha_common::Family;

/// RFC 9568 section 5.2.4.
const DEFAULT_PRIORITY: u8 = 100;
pub(super) const OWNER_PRIORITY: u8 = 255;

/// What instances can follow.
pub(super) struct Pools {
    pub scripts: Pool<Script>,
    pub checks: Pool<VrrpCheck>,
    pub processes: Pool<TrackProcess>,
}

/// Makes an instance of its draft; `None` if it is left out.
pub(super) fn resolve(
    draft: InstanceDraft,
    pools: &mut Pools,
    context: &mut Context<'_>,
) -> Option<Instance> {
    let (virtual_router_id, interface) = identity(&draft, context)?;
    let family = draft.family.unwrap_or(Family::Ipv4);
    let version = role::version(&draft, family, context);
    let auth_pass = match authentication::resolve(&draft, family, version, context) {
        Authentication::None => None,
        Authentication::Password(password) => Some(password),
        Authentication::Unsupported => return None,
    };
    let addresses = address::resolve(&draft, family, context);
    let priority = priority(&draft);
    let global = context.global;
    let initial_master = role::initial_master(&draft, priority, context);
    let preemption = preemption::resolve(&draft, initial_master, priority, context);
    let (manners, garp) = manners::resolve(&draft, context);
    Some(Instance {
        initial_master,
        interface,
        virtual_router_id,
        priority,
        family,
        version,
        advert_int: advert_interval(&draft, version, context),
        preempt: preemption.preempts,
        preempt_delay: preemption.delay,
        auth_pass,
        source: cast::source(&draft),
        check_unicast_src: cast::check_unicast_src(&draft, context),
        group: cast::group(&draft, family, context),
        unicast_ttl: cast::unicast_ttl(&draft, context),
        lacks_peers: cast::lacks_peers(&draft, context),
        track_src_ip: draft.track_src_ip,
        addresses: addresses.advertised,
        excluded_addresses: addresses.excluded,
        notify: command::notify(&draft.notify, context),
        rarely: command::notify_rarely(&draft, context),
        smtp_alert: context.global.mail.of_vrrp(draft.smtp_alert),
        notify_priority_changes: draft
            .notify_priority_changes
            .unwrap_or(context.global.notify_priority_changes),
        track_scripts: scripts(&draft, priority, pools, context),
        track_checks: checks(&draft, priority, pools, context),
        track_interfaces: interfaces(&draft, priority, context),
        track_files: files(&draft, priority, context),
        track_processes: processes(&draft, priority, pools, context),
        garp,
        manners,
        strict: context.is_strict(&draft),
        owner_ignore_adverts: draft
            .owner_ignore_adverts
            .unwrap_or(global.owner_ignore_adverts),
        accept: acceptance::resolve(&draft, priority, version, context),
        down_timer_adverts: draft
            .down_timer_adverts
            .or(global.down_timer_adverts)
            .unwrap_or(Defaults::default().down_timer_adverts),
        skip_check_adv_addr: draft
            .skip_check_adv_addr
            .unwrap_or(global.skip_check_adv_addr),
        v3_checksum_as_v2: draft.v3_checksum_as_v2.unwrap_or(global.v3_checksum_as_v2),
        name: draft.name.value,
        peer_ttls: draft.peer_ttls,
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
pub(super) fn priority(draft: &InstanceDraft) -> u8 {
    let default = match draft.initial_master {
        Some(At { value: true, .. }) => OWNER_PRIORITY,
        _ => DEFAULT_PRIORITY,
    };
    draft.priority.unwrap_or(default)
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

fn scripts(
    draft: &InstanceDraft,
    priority: u8,
    pools: &mut Pools,
    context: &mut Context<'_>,
) -> Vec<TrackScript> {
    let scripts = &mut pools.scripts;
    let tracked = tracked(draft, &draft.tracks.scripts, priority, scripts, context);
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
    let tracked = tracked(draft, &draft.tracks.checks, priority, checks, context);
    let track = |(check, weight)| TrackCheck { check, weight };
    tracked.into_iter().map(track).collect()
}

fn processes(
    draft: &InstanceDraft,
    priority: u8,
    pools: &mut Pools,
    context: &mut Context<'_>,
) -> Vec<FollowedProcess> {
    let processes = &mut pools.processes;
    let tracked = tracked(draft, &draft.tracks.processes, priority, processes, context);
    let track = |(process, weight)| FollowedProcess { process, weight };
    tracked.into_iter().map(track).collect()
}

/// Files that the instance follows. Where it must not have weights, that of 1 is not meant: it is what
/// a file has if none is given.
fn files(draft: &InstanceDraft, priority: u8, context: &mut Context<'_>) -> Vec<TrackFile> {
    let mut tracked = Vec::new();
    for track in &draft.tracks.files {
        let At { value: name, at } = &track.name;
        let mut files = context.files.iter();
        let Some(file) = files.find(|file| file.name == *name) else {
            let text = format!("track file {name} not found, ignoring...");
            context.say(Severity::Error, &draft.name, at, &text);
            continue;
        };
        let mut file = file.clone();
        file.weight = track.weight.map_or(file.weight, FileWeight::from);
        let Some(reason) = weightless(draft, track, priority) else {
            tracked.push(file);
            continue;
        };
        let text = match file.weight.value {
            0 => None,
            1 => Some(format!(
                "ignoring weight from tracked file {name} due to {reason}. specify weight 0"
            )),
            weight => Some(format!(
                "ignoring tracked file {name} with weight {weight} due to {reason}"
            )),
        };
        if let Some(text) = text {
            context.say(Severity::Warning, &draft.name, at, &text);
        }
        if !counts_weightless(file.weight) {
            continue;
        }
        file.weight.value = 0;
        tracked.push(file);
    }
    tracked
}

/// Why what is tracked must not have a weight, if so.
fn weightless(draft: &InstanceDraft, track: &TrackDraft, priority: u8) -> Option<&'static str> {
    if draft.unweighted && !track.of_group {
        return Some("SYNC group");
    }
    (priority == OWNER_PRIORITY).then_some("address_owner")
}

/// Whether a file is tracked where it must not have a weight.
pub(super) const fn counts_weightless(weight: FileWeight) -> bool {
    matches!(weight.value, 0 | 1)
}

/// Interfaces that the instance follows. Its own one it follows in any case.
fn interfaces(
    draft: &InstanceDraft,
    priority: u8,
    context: &mut Context<'_>,
) -> Vec<TrackInterface> {
    let own = draft.interface.as_ref().map(|interface| &interface.value);
    let mut tracked = Vec::new();
    for track in &draft.tracks.interfaces {
        let TrackDraft { name, weight, .. } = track;
        let weight = weight.unwrap_or_default();
        if is_unwanted("interface", draft, track, weight, context) {
            continue;
        }
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
    for track in tracks {
        let TrackDraft { name, weight, .. } = track;
        let kind = T::KIND;
        match pool.track(&name.value) {
            Found::Usable(index, default) => {
                let weight = weight.unwrap_or(default);
                if !T::WEIGHS_IN_ANY_GROUP && is_unwanted(kind, draft, track, weight, context) {
                    continue;
                }
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

/// Whether its group keeps the instance from tracking with a weight of its own.
fn is_unwanted(
    kind: &str,
    draft: &InstanceDraft,
    track: &TrackDraft,
    weight: Weight,
    context: &mut Context<'_>,
) -> bool {
    let unwanted = draft.unweighted && !track.of_group && weight.value != 0;
    if unwanted {
        let name = &track.name;
        let text = format!(
            "ignoring tracked {kind} {} with weights due to SYNC group",
            name.value
        );
        context.say(Severity::Warning, &draft.name, &name.at, &text);
    }
    unwanted
}
