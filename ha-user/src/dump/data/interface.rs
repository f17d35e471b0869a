//! An interface of the host.

use std::net::IpAddr;

use super::Text;
use crate::config::model::{Instance, Weight};
use crate::dump::picture::Picture;
use crate::net::link::Link;

pub(super) fn show(picture: &Picture, link: &Link, text: &mut Text) {
    text.thing(format_args!("Name = {}", link.name));
    text.about(format_args!("index = {}", link.ifindex));
    let virtual_addresses = picture.routers.iter().flat_map(|router| {
        let instance = &router.instance;
        instance
            .addresses
            .iter()
            .chain(&instance.excluded_addresses)
    });
    let virtual_addresses: Vec<_> = virtual_addresses.map(|one| one.address).collect();
    let own = link.every_address().map(|(address, _)| address);
    let (ipv4, ipv6): (Vec<_>, Vec<_>) = own
        .filter(|address| !virtual_addresses.contains(address))
        .partition(IpAddr::is_ipv4);
    addresses("IPv4", &ipv4, text);
    addresses("IPv6", &ipv6, text);
    // The loopback says that it has one.
    if let Some([a, b, c, d, e, f]) = link.mac.filter(|mac| *mac != [0; 6]) {
        text.about(format_args!(
            "MAC = {a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}"
        ));
    }
    let state = if link.up {
        "UP, RUNNING"
    } else {
        "not RUNNING"
    };
    text.about(format_args!("State = {state}"));
    text.about(format_args!("MTU = {}", link.mtu));
    let followers = picture.routers.iter().filter_map(|router| {
        let weight = followed_with(&router.instance, &link.name)?;
        Some((&router.instance.name, weight))
    });
    let followers: Vec<_> = followers.collect();
    if !followers.is_empty() {
        text.about("Tracking VRRP instances :");
    }
    for (name, followed) in followers {
        text.item(format_args!("{name}, weight {}", followed));
    }
}

fn addresses(family: &str, addresses: &[IpAddr], text: &mut Text) {
    let Some((first, others)) = addresses.split_first() else {
        return text.about(format_args!("{family} address = (none)"));
    };
    text.about(format_args!("{family} address = {first}"));
    if !others.is_empty() {
        text.about(format_args!("Additional {family} addresses :"));
    }
    for other in others {
        text.item(other);
    }
}

/// With which weight an instance follows an interface: its own, those of its addresses, and those
/// that it is told to.
fn followed_with(instance: &Instance, interface: &str) -> Option<Weight> {
    let addresses = instance.addresses.iter();
    let mut devices = addresses.filter_map(|address| address.device.as_deref());
    if instance.interface == interface || devices.any(|device| device == interface) {
        return Some(Weight::default());
    }
    let mut tracked = instance.track_interfaces.iter();
    let tracked = tracked.find(|track| track.name == interface)?;
    Some(tracked.weight)
}
