//! Addresses that several instances carry: keepalived takes them without a word.

use super::super::diagnostic::{Report, Severity};
use super::super::draft::{AddressDraft, InstanceDraft};
use super::super::model::sync::SyncGroup;
use ha_common::scoped;
use std::collections::HashMap;
use std::net::IpAddr;

/// Who carries an address first.
type Carriers<'d> = HashMap<(IpAddr, Option<&'d str>), &'d str>;

/// Says of each instance that another one above it has one of its addresses as well, unless a group keeps
/// both together.
pub(super) fn tell(instances: &[InstanceDraft], groups: &[SyncGroup], report: &mut Report) {
    let mut carriers = Carriers::new();
    for instance in instances {
        let Some((draft, other)) = enter(instance, &mut carriers, groups) else {
            continue;
        };
        let (name, address) = (&instance.name.value, draft.address.address);
        let text = format!("({name}) {address} is an address of {other}, too");
        let help = "where only one of both is MASTER, two directors may answer, or none: leave it to one \
                    of them, or join them in a vrrp_sync_group";
        report.add_with_help(Severity::Notice, &draft.at, text, help);
    }
}

/// Enters the addresses of `instance`. Returns the first that another one has, which is in no group with it.
fn enter<'d>(
    instance: &'d InstanceDraft,
    carriers: &mut Carriers<'d>,
    groups: &[SyncGroup],
) -> Option<(&'d AddressDraft, &'d str)> {
    let name = instance.name.value.as_str();
    let mut taken = None;
    for draft in instance
        .addresses
        .iter()
        .chain(&instance.excluded_addresses)
    {
        let carrier = *carriers.entry(key(draft, instance)).or_insert(name);
        if taken.is_none() && carrier != name && !are_together(groups, [name, carrier]) {
            taken = Some((draft, carrier));
        }
    }
    taken
}

/// Where it is of a link, an address without a device is the interface's, if that is given.
fn key<'d>(draft: &'d AddressDraft, instance: &'d InstanceDraft) -> (IpAddr, Option<&'d str>) {
    let device = draft.device.as_ref().or(instance.interface.as_ref());
    let device = device.map(|device| device.value.as_str());
    scoped(draft.address.address, device.unwrap_or_default())
}

fn are_together(groups: &[SyncGroup], [one, other]: [&str; 2]) -> bool {
    groups
        .iter()
        .any(|group| group.has(one) && group.has(other))
}
