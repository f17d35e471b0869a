//! Addresses that several instances carry: keepalived takes them without a word.

use super::super::diagnostic::{Report, Severity};
use super::super::draft::{AddressDraft, InstanceDraft};
use super::super::model::sync::SyncGroup;
use std::collections::HashMap;
use std::net::IpAddr;

/// What makes an address one: its device as well, if it is of a link.
type Key<'d> = (IpAddr, Option<&'d str>);

/// Says of each instance that another one above it has one of its addresses as well, unless a group keeps
/// both together.
pub(super) fn tell(instances: &[InstanceDraft], groups: &[SyncGroup], report: &mut Report) {
    let mut carriers = HashMap::new();
    for instance in instances {
        let name = &instance.name.value;
        let is_apart = |other: &str| other != name && !are_together(groups, [name, other]);
        let taken = addresses(instance).find_map(|draft| {
            let carrier: &&str = carriers.get(&key(draft, instance))?;
            is_apart(carrier).then_some((draft, *carrier))
        });
        if let Some((draft, other)) = taken {
            let text = format!(
                "({name}) {} is an address of {other}, too",
                draft.address.address
            );
            let help = "where only one of both is MASTER, two directors may answer, or none: leave it to one \
                        of them, or join them in a vrrp_sync_group";
            report.add_with_help(Severity::Notice, &draft.at, text, help);
        }
        for draft in addresses(instance) {
            carriers.entry(key(draft, instance)).or_insert(name);
        }
    }
}

fn addresses(instance: &InstanceDraft) -> impl Iterator<Item = &AddressDraft> {
    instance
        .addresses
        .iter()
        .chain(&instance.excluded_addresses)
}

fn key<'d>(draft: &'d AddressDraft, instance: &'d InstanceDraft) -> Key<'d> {
    let address = draft.address.address;
    let is_of_link = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
    let device = draft.device.as_ref().or(instance.interface.as_ref());
    let device = device.filter(|_| is_of_link);
    (address, device.map(|device| device.value.as_str()))
}

fn are_together(groups: &[SyncGroup], [one, other]: [&str; 2]) -> bool {
    groups
        .iter()
        .any(|group| group.has(one) && group.has(other))
}
