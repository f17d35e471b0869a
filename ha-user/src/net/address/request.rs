//! Changes of addresses as netlink spells them.

use std::net::IpAddr;
use std::time::Duration;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE};
use netlink_packet_route::address::{
    AddressAttribute, AddressHeaderFlags, AddressMessage, AddressScope, CacheInfo,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::{AddressChange, Key};

/// What netlink is asked: a message and its flags.
pub(super) type Request = (RouteNetlinkMessage, u16);

/// An address lives for this long unless it is refreshed; `None` is for ever.
pub(super) type Lifetime = Option<Duration>;

/// The kernel looks once a second which addresses have lived long enough, and may take most of
/// another one to take thousands of them off.
const GRACE: Duration = Duration::from_secs(2);

/// Adds an address that is not there.
pub(super) fn add(change: &AddressChange, lifetime: Lifetime) -> Request {
    let flags = NLM_F_CREATE | NLM_F_EXCL;
    (
        RouteNetlinkMessage::NewAddress(new(change, lifetime)),
        flags,
    )
}

/// Lets an address live from now on, whether it is there or not.
pub(super) fn refresh(change: &AddressChange, lifetime: Lifetime) -> Request {
    let flags = NLM_F_CREATE | NLM_F_REPLACE;
    (
        RouteNetlinkMessage::NewAddress(new(change, lifetime)),
        flags,
    )
}

/// Removes an address.
pub(super) fn remove(change: &AddressChange) -> Request {
    (RouteNetlinkMessage::DelAddress(address(change)), 0)
}

/// All addresses of all interfaces.
pub(super) fn list() -> RouteNetlinkMessage {
    RouteNetlinkMessage::GetAddress(AddressMessage::default())
}

/// The address that `message` shows, if it has a lifetime.
pub(super) fn mortal(message: &RouteNetlinkMessage) -> Option<Key> {
    let RouteNetlinkMessage::NewAddress(message) = message else {
        return None;
    };
    let header = &message.header;
    if header.flags.contains(AddressHeaderFlags::Permanent) {
        return None;
    }
    message.attributes.iter().find_map(|attribute| {
        let address = match attribute {
            AddressAttribute::Local(address @ IpAddr::V4(_)) => address,
            // The kernel names no local one where there is no other end.
            AddressAttribute::Address(address @ IpAddr::V6(_)) => address,
            _ => return None,
        };
        Some((header.index, *address, header.prefix_len))
    })
}

fn address(change: &AddressChange) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = match change.address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    message.header.prefix_len = change.prefix_len;
    message.header.index = change.ifindex;
    let address = change.address;
    message.attributes = vec![
        AddressAttribute::Local(address),
        AddressAttribute::Address(address),
    ];
    message
}

/// What only a new address has.
fn new(change: &AddressChange, lifetime: Lifetime) -> AddressMessage {
    let mut message = address(change);
    message.header.scope = AddressScope::from(change.scope);
    let mut info = cache_info(lifetime);
    if change.address.is_ipv6() {
        // The other director may still have it, and nobody waits for the kernel to ask around.
        message.header.flags |= AddressHeaderFlags::Nodad;
        // Nothing is to be sent from a service's address unasked, as in keepalived.
        if change.prefix_len == 128 {
            info.ifa_preferred = 0;
        }
    } else {
        let label = change.label.clone().map(AddressAttribute::Label);
        let broadcast = change.broadcast.map(AddressAttribute::Broadcast);
        let attributes = label.into_iter().chain(broadcast);
        message.attributes.extend(attributes);
    }
    message.attributes.push(AddressAttribute::CacheInfo(info));
    message
}

fn cache_info(lifetime: Lifetime) -> CacheInfo {
    let seconds = lifetime.map(|lifetime| told(lifetime).as_secs().max(1));
    let mut info = CacheInfo::default();
    info.ifa_valid = seconds.map_or(u32::MAX, |seconds| {
        u32::try_from(seconds).unwrap_or(u32::MAX)
    });
    info.ifa_preferred = info.ifa_valid;
    info
}

/// What the kernel is told, so that nothing lives for longer than `lifetime`: no less than two
/// thirds, for it is refreshed three times in a lifetime.
fn told(lifetime: Duration) -> Duration {
    lifetime.saturating_sub(GRACE).max(lifetime * 2 / 3)
}
