//! `vrrp_sync_group`: who belongs to which, and what that makes of what they track.

use super::super::diagnostic::{At, Severity};
use super::super::draft::sync::{SyncGroupDraft, TracksDraft};
use super::super::draft::{InstanceDraft, TrackDraft};
use super::super::model::Weight;
use super::super::model::process::TrackProcess;
use super::super::model::sync::SyncGroup;
use super::instance::{OWNER_PRIORITY, Pools, counts_weightless, priority};
use super::tracked::{Found, Pool, Tracked};
use super::{Context, command};

/// Makes groups of their drafts. What a group tracks, its members do from here on.
pub(super) fn resolve(
    drafts: Vec<SyncGroupDraft>,
    instances: &mut [InstanceDraft],
    pools: &mut Pools,
    context: &mut Context<'_>,
) -> Vec<SyncGroup> {
    let mut taken: Vec<String> = Vec::new();
    let mut groups = Vec::new();
    for mut draft in drafts {
        let members = members(&draft, instances, &mut taken, context);
        if members.is_empty() {
            continue;
        }
        unweigh(&mut draft, instances, &members, pools, context);
        for instance in instances.iter_mut() {
            if members.contains(&instance.name.value) {
                instance.unweighted = !draft.weighted;
                weigh(instance, pools, context);
                track(&draft, instance, context);
                let own = instance.notify_priority_changes;
                instance.notify_priority_changes = own.or(draft.notify_priority_changes);
            }
        }
        groups.push(SyncGroup {
            notify: command::notify(&draft.notify, context),
            notify_priority_changes: draft.notify_priority_changes,
            smtp_alert: context.global.mail.of_vrrp(draft.smtp_alert),
            name: draft.name.value,
            members,
        });
    }
    groups
}

/// Instances that the group has, and no other.
fn members(
    draft: &SyncGroupDraft,
    instances: &[InstanceDraft],
    taken: &mut Vec<String>,
    context: &mut Context<'_>,
) -> Vec<String> {
    let group = &draft.name.value;
    let mut members = Vec::new();
    for At { value: name, at } in &draft.members {
        if taken.contains(name) {
            let message = format!(
                "Virtual router {name} cannot exist in more than one sync group; ignoring {group}"
            );
            context.report.add(Severity::Error, at, message);
        } else if instances.iter().any(|one| one.name.value == *name) {
            taken.push(name.clone());
            members.push(name.clone());
        } else {
            let message = format!(
                "Virtual router {name} specified in sync group {group} doesn't exist - ignoring"
            );
            context.report.add(Severity::Error, at, message);
        }
    }
    say_how_many(draft, members.len(), context);
    members
}

fn say_how_many(draft: &SyncGroupDraft, count: usize, context: &mut Context<'_>) {
    let At { value: group, at } = &draft.name;
    let (severity, message) = match count {
        0 if draft.members.is_empty() => {
            let message = format!("Sync group {group} has no virtual router(s). removing");
            (Severity::Error, message)
        }
        0 => {
            let message = format!(
                "Sync group {group}, no matching virtual router found in group declaration - removing"
            );
            (Severity::Error, message)
        }
        1 => {
            let message = format!(
                "Sync group {group} has only 1 virtual router(s) - this probably isn't what you want"
            );
            (Severity::Warning, message)
        }
        _ => return,
    };
    context.report.add(severity, at, message);
}

/// An address owner has no weights, so the group has none where one of its members is; and what it
/// tracks must exist.
fn unweigh(
    draft: &mut SyncGroupDraft,
    instances: &[InstanceDraft],
    members: &[String],
    pools: &mut Pools,
    context: &mut Context<'_>,
) {
    let is_owner =
        |one: &InstanceDraft| members.contains(&one.name.value) && priority(one) == OWNER_PRIORITY;
    let owned = instances.iter().any(is_owner);
    let TracksDraft {
        scripts,
        checks,
        interfaces,
        files,
        processes,
    } = &mut draft.tracks;
    let group = &draft.name;
    settle(scripts, group, owned, &mut pools.scripts, context);
    settle(checks, group, owned, &mut pools.checks, context);
    settle(processes, group, owned, &mut pools.processes, context);
    settle_files(files, group, owned, context);
    for track in interfaces {
        let weight = track.weight.unwrap_or_default();
        clear(track, "interface", weight, group, owned, context);
    }
}

fn settle<T: Tracked>(
    tracks: &mut Vec<TrackDraft>,
    group: &At<String>,
    owned: bool,
    pool: &mut Pool<T>,
    context: &mut Context<'_>,
) {
    tracks.retain_mut(|track| match pool.track(&track.name.value) {
        Found::Usable(_, default) => {
            let weight = track.weight.unwrap_or(default);
            clear(track, T::KIND, weight, group, owned, context);
            true
        }
        Found::Disabled => false,
        Found::Unknown => {
            let (kind, name) = (T::KIND, &track.name);
            let text = format!("track {kind} {} not found, ignoring...", name.value);
            context.say(Severity::Error, group, &name.at, &text);
            false
        }
    });
}

fn settle_files(
    tracks: &mut Vec<TrackDraft>,
    group: &At<String>,
    owned: bool,
    context: &mut Context<'_>,
) {
    tracks.retain_mut(|track| {
        let name = &track.name;
        let default = default_of_file(&name.value, context);
        let Some(weight) = default.map(|default| track.weight.unwrap_or(default)) else {
            let text = format!("track file {} not found, ignoring...", name.value);
            context.say(Severity::Error, group, &name.at, &text);
            return false;
        };
        clear(track, "file", weight, group, owned, context);
        true
    });
}

/// The weight that a `track_file` has unless who follows it says otherwise.
fn default_of_file(name: &str, context: &Context<'_>) -> Option<Weight> {
    let file = context.files.iter().find(|file| file.name == name)?;
    Some(Weight {
        value: i16::try_from(file.weight.value).ok()?,
        reverse: file.weight.reverse,
    })
}

/// Gives what a member tracks by itself the weights that the blocks say.
fn weigh(instance: &mut InstanceDraft, pools: &mut Pools, context: &Context<'_>) {
    fn of<T: Tracked>(pool: &mut Pool<T>, name: &str) -> Option<Weight> {
        match pool.track(name) {
            Found::Usable(_, weight) => Some(weight),
            Found::Disabled | Found::Unknown => None,
        }
    }
    let TracksDraft {
        scripts,
        checks,
        files,
        processes,
        ..
    } = &mut instance.tracks;
    let fill = |tracks: &mut Vec<TrackDraft>, default: &mut dyn FnMut(&str) -> Option<Weight>| {
        for track in tracks {
            track.weight = track.weight.or_else(|| default(&track.name.value));
        }
    };
    fill(scripts, &mut |name| of(&mut pools.scripts, name));
    fill(checks, &mut |name| of(&mut pools.checks, name));
    fill(processes, &mut |name| of(&mut pools.processes, name));
    fill(files, &mut |name| default_of_file(name, context));
}

fn clear(
    track: &mut TrackDraft,
    kind: &str,
    weight: Weight,
    group: &At<String>,
    owned: bool,
    context: &mut Context<'_>,
) {
    if owned && weight.value != 0 {
        let text = format!(
            "Cannot have weighted track {kind} '{}' with member having priority 255 - clearing weight",
            track.name.value
        );
        context.say(Severity::Warning, group, &track.name.at, &text);
        track.weight = Some(Weight { value: 0, ..weight });
    }
}

/// Has a member track what its group does.
fn track(draft: &SyncGroupDraft, instance: &mut InstanceDraft, context: &mut Context<'_>) {
    let InstanceDraft {
        name,
        tracks,
        unweighted,
        ..
    } = instance;
    let of_group = &draft.tracks;
    let lists = [
        ("script", &of_group.scripts, &mut tracks.scripts),
        ("check", &of_group.checks, &mut tracks.checks),
        ("interface", &of_group.interfaces, &mut tracks.interfaces),
        ("file", &of_group.files, &mut tracks.files),
        ("process", &of_group.processes, &mut tracks.processes),
    ];
    for (kind, of_group, own) in lists {
        for track in of_group {
            let counts = |one: &&mut TrackDraft| {
                one.name.value == track.name.value && !is_left_out(kind, one, *unweighted)
            };
            let Some(one) = own.iter_mut().find(counts) else {
                own.push(TrackDraft {
                    of_group: true,
                    ..track.clone()
                });
                continue;
            };
            let text = format!(
                "track_{kind} {} is configured on VRRP instance and sync group. Remove vrrp \
                 instance or sync group config",
                track.name.value
            );
            let severity = match kind {
                "interface" => Severity::Error,
                _ => Severity::Notice,
            };
            context.say(severity, name, &one.name.at, &text);
            // The group's weight counts, unless the member has none.
            if one.weight.is_some_and(|weight| weight.value != 0) {
                one.weight = track.weight;
            }
        }
    }
}

/// One with a weight of its own is left out, if it must not have one.
fn is_left_out(kind: &str, track: &TrackDraft, unweighted: bool) -> bool {
    let weight = track.weight.unwrap_or_default();
    unweighted
        && match kind {
            "file" => !counts_weightless(weight.into()),
            TrackProcess::KIND => !TrackProcess::WEIGHS_IN_ANY_GROUP,
            _ => weight.value != 0,
        }
}
