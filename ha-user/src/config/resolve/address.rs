//! `virtual_ipaddress` and `virtual_ipaddress_excluded`.

use super::super::diagnostic::{Location, Severity};
use super::super::draft::{AddressDraft, AddressKind, InstanceDraft};
use super::super::model::VirtualAddress;
use super::{Context, owner};
use std::collections::HashSet;

/// The number of addresses in an advert is one octet.
const MOST_ADVERTISED: usize = 255;

/// The addresses of an instance.
pub(super) struct Addresses {
    /// Listed in adverts.
    pub advertised: Vec<VirtualAddress>,
    /// Only carried.
    pub excluded: Vec<VirtualAddress>,
}

/// The addresses of `instance`; `None` if it is an IPv6 router, which is not supported yet.
pub(super) fn resolve(instance: &InstanceDraft, context: &mut Context<'_>) -> Option<Addresses> {
    let listed = instance.addresses.first();
    if let Some(AddressDraft {
        address: AddressKind::V6,
        at,
        ..
    }) = listed
    {
        let text = "IPv6 is not supported yet: leaving the instance out";
        context.say(Severity::Error, &instance.name, at, text);
        return None;
    }
    let mut addresses = Addresses {
        advertised: family(&instance.addresses, instance, context),
        excluded: family(&instance.excluded_addresses, instance, context),
    };
    if addresses.advertised.is_empty() {
        let text = "No VIP specified; at least one is sensible";
        context.say(Severity::Error, &instance.name, &instance.name.at, text);
    }
    overflow(&mut addresses, instance, context);
    Some(addresses)
}

/// The IPv4 addresses of `drafts`, each once.
fn family(
    drafts: &[AddressDraft],
    instance: &InstanceDraft,
    context: &mut Context<'_>,
) -> Vec<VirtualAddress> {
    let mut addresses = Vec::with_capacity(drafts.len());
    let mut known = HashSet::new();
    let owner = owner(instance);
    for draft in drafts {
        if let Some(device) = &draft.device {
            context.interface(device, &owner);
        }
        let AddressKind::V4(address) = &draft.address else {
            wrong_family(instance, &draft.at, context);
            continue;
        };
        let mut address = address.clone();
        address.device = draft.device.as_ref().map(|device| device.value.clone());
        if known.insert(address.clone()) {
            addresses.push(address);
        } else {
            let text = "this address is listed twice: ignoring the second";
            context.say(Severity::Notice, &instance.name, &draft.at, text);
        }
    }
    addresses
}

fn wrong_family(instance: &InstanceDraft, at: &Location, context: &mut Context<'_>) {
    let text = "address family must match VRRP instance, IPv4 - ignoring it";
    context.say(Severity::Error, &instance.name, at, text);
}

/// What an advert has no room for is carried without being advertised.
fn overflow(addresses: &mut Addresses, instance: &InstanceDraft, context: &mut Context<'_>) {
    let count = addresses.advertised.len();
    if count <= MOST_ADVERTISED {
        return;
    }
    let text = format!(
        "Number of VIPs ({count}) exceeds maximum/space available in packet \
         (max {MOST_ADVERTISED} addresses) - excess moved to eVIPs"
    );
    context.say(Severity::Error, &instance.name, &instance.name.at, &text);
    let excess = addresses.advertised.split_off(MOST_ADVERTISED);
    addresses.excluded.extend(excess);
}
