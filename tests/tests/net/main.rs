//! Sockets and netlink against a real kernel: adverts, announcements, addresses, links.

mod addresses;
mod announcements;
mod lifetimes;
mod links;
mod processes;
mod sockets;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use anyhow::{Context, Result};
use ha_tests::lab::{Netns, until};
use ha_user::net::link::Links;

const LEFT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const RIGHT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
/// Far more than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// Two hosts on the two ends of veth cables eth0, eth1, ...; eth0 has [`LEFT`] and [`RIGHT`].
struct Pair {
    left: Netns,
    right: Netns,
}

impl Pair {
    fn new(cables: usize) -> Result<Self> {
        let (left, right) = (Netns::new()?, Netns::new()?);
        for cable in 0..cables {
            let name = format!("eth{cable}");
            let other = right.path();
            let other = other.display();
            left.ip(&format!(
                "link add {name} type veth peer name {name} netns {other}"
            ))?;
            left.ip(&format!("link set {name} up"))?;
            right.ip(&format!("link set {name} up"))?;
        }
        left.ip(&format!("address add {LEFT}/24 dev eth0"))?;
        right.ip(&format!("address add {RIGHT}/24 dev eth0"))?;
        Ok(Self { left, right })
    }
}

fn ifindex(netns: &Netns, name: &str) -> Result<u32> {
    let links = netns.enter(Links::read)??;
    Ok(links.named(name).context("no such interface")?.ifindex)
}

/// The address that the kernel gives `interface`.
fn link_local(netns: &Netns, interface: &str) -> Result<IpAddr> {
    let mut found = None;
    until("a link-local address", PATIENCE, || {
        let links = netns.enter(Links::read)??;
        let link = links.named(interface).context("an interface")?;
        let mut addresses = link.every_address().map(|(address, _)| address);
        found = addresses.find(IpAddr::is_ipv6);
        Ok(found.is_some())
    })?;
    found.context("a link-local address")
}
