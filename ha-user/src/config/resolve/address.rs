//! `virtual_ipaddress` and `virtual_ipaddress_excluded`.

use super::super::diagnostic::Severity;
use super::super::draft::{AddressDraft, InstanceDraft};
use super::super::model::VirtualAddress;
use super::{Context, owner};
use ha_common::Family;
use std::collections::HashSet;
use std::net::IpAddr;

/// The most addresses that an advert of `family` lists: their number is one octet, and keepalived keeps
/// those of IPv6 below what an Ethernet frame has room for.
const fn most_advertised(family: Family) -> usize {
    match family {
        Family::Ipv4 => 255,
        Family::Ipv6 => 89,
    }
}

/// The addresses of an instance.
pub(super) struct Addresses {
    /// Listed in adverts.
    pub advertised: Vec<VirtualAddress>,
    /// Only carried.
    pub excluded: Vec<VirtualAddress>,
}

/// The addresses of `instance`, a router of `family`. Those that are only carried may be of the other
/// one, too.
pub(super) fn resolve(
    instance: &InstanceDraft,
    family: Family,
    context: &mut Context<'_>,
) -> Addresses {
    let mut addresses = Addresses {
        advertised: each_once(&instance.addresses, instance, context),
        excluded: each_once(&instance.excluded_addresses, instance, context),
    };
    if addresses.advertised.is_empty() {
        let text = "No VIP specified; at least one is sensible";
        context.say(Severity::Error, &instance.name, &instance.name.at, text);
    }
    first_of_ipv6(instance, context);
    overflow(&mut addresses, instance, family, context);
    addresses
}

/// RFC 9568 section 5.2.9 wants a link-local one.
fn first_of_ipv6(instance: &InstanceDraft, context: &mut Context<'_>) {
    let first = instance
        .addresses
        .first()
        .filter(|_| context.is_strict(instance));
    if let Some(AddressDraft { address, at, .. }) = first
        && let IpAddr::V6(address) = address.address
        && !address.is_unicast_link_local()
    {
        let text = "the first IPv6 VIP address must be link local";
        context.say(Severity::Error, &instance.name, at, text);
    }
}

/// The addresses of `drafts`, each once.
fn each_once(
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
        let mut address = draft.address.clone();
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

/// What an advert has no room for is carried without being advertised.
fn overflow(
    addresses: &mut Addresses,
    instance: &InstanceDraft,
    family: Family,
    context: &mut Context<'_>,
) {
    let (count, most) = (addresses.advertised.len(), most_advertised(family));
    if count <= most {
        return;
    }
    let text = format!(
        "Number of VIPs ({count}) exceeds maximum/space available in packet \
         (max {most} addresses) - excess moved to eVIPs"
    );
    context.say(Severity::Error, &instance.name, &instance.name.at, &text);
    let excess = addresses.advertised.split_off(most);
    addresses.excluded.extend(excess);
}
