//! From what the operator wrote, and the links there are, to what the engine and the shell need.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ha_common::{Family, Priority, Vrid, scoped};

use crate::config::model::{self, Config, Instance, VirtualAddress, VrrpVersion};
use crate::net::address::{AddressChange, Operation};
use crate::net::advert::{Cast, Framing};
use crate::net::announce::{Pace, PaceGroup, Pacing};
use crate::net::link::{Link, Links};
use crate::vrrp::{Announcements, FastHandover, Manners, Parameters, Provoked, Version};

/// Which Virtual Router an instance is: what stays the same over a reload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Identity {
    /// Interface of the adverts.
    pub(super) interface: String,
    /// What the adverts are carried by.
    pub(super) family: Family,
    /// Its number there.
    pub(super) vrid: u8,
    /// Adverts go to peers instead of the multicast group.
    pub(super) unicast: bool,
}

/// Everything that is needed to run one instance on the links that there are now.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RouterPlan {
    /// Name of the instance.
    pub(super) name: String,
    /// Its identity.
    pub(super) identity: Identity,
    /// Interface of the adverts.
    pub(super) ifindex: u32,
    /// What the engine decides by.
    pub(super) parameters: Parameters,
    /// How its adverts look.
    pub(super) framing: Framing,
    /// What comes for the addresses is for this host: Accept_Mode, or it is the address owner.
    pub(super) accepts: bool,
    /// Addresses that move with it, on links that exist.
    pub(super) addresses: Vec<CarriedAddress>,
    /// How fast neighbours are told of addresses, whatever router they are of.
    pub(super) pacing: Arc<Pacing>,
    /// Why the links do not let it take part, if they do not.
    pub(super) fault: Option<&'static str>,
}

/// A virtual address on a link that exists.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct CarriedAddress {
    /// Interface that it is put on.
    pub(super) ifindex: u32,
    /// Its hardware address, which gratuitous ARP tells; none on a link without ARP.
    pub(super) mac: Option<[u8; 6]>,
    /// What the operator wrote of it.
    pub(super) address: VirtualAddress,
}

impl CarriedAddress {
    /// The request that puts the address on its interface, or takes it off.
    #[must_use]
    pub(super) fn change(&self, operation: Operation) -> AddressChange {
        AddressChange {
            operation,
            ifindex: self.ifindex,
            address: self.address.address,
            prefix_len: self.address.prefix_len,
            label: self.address.label.clone(),
            broadcast: self.address.broadcast,
            scope: self.address.scope,
        }
    }
}

/// Plans every instance whose interface exists. Virtual addresses are never taken for an
/// interface's own.
#[must_use]
pub(super) fn plan(config: &Config, links: &Links) -> Vec<RouterPlan> {
    let taken = virtual_addresses(config);
    let pacing = Arc::new(pacing(config, links));
    config
        .instances
        .iter()
        .filter_map(|instance| {
            let link = links.named(&instance.interface)?;
            let primary_ip = instance
                .source
                .or_else(|| own_address(instance.family, link, &taken));
            let parameters = parameters(instance, primary_ip, config.xdp.fast_handover);
            Some(RouterPlan {
                name: instance.name.clone(),
                identity: identity(instance),
                ifindex: link.ifindex,
                framing: framing(instance, &parameters),
                parameters,
                accepts: instance.accept || Priority::new(instance.priority) == Priority::OWNER,
                addresses: carried(instance, links),
                pacing: Arc::clone(&pacing),
                fault: fault(instance, link, primary_ip),
            })
        })
        .collect()
}

/// Interfaces that carry a router or an address of `plans`.
#[must_use]
pub(super) fn interfaces<'l>(plans: &[RouterPlan], links: &'l Links) -> Vec<&'l Link> {
    let mut indices: Vec<u32> = plans
        .iter()
        .flat_map(|plan| {
            plan.addresses
                .iter()
                .map(|carried| carried.ifindex)
                .chain([plan.ifindex])
        })
        .collect();
    indices.sort_unstable();
    indices.dedup();
    indices
        .into_iter()
        .filter_map(|ifindex| links.get(ifindex))
        .collect()
}

/// Identity of an instance.
#[must_use]
pub(super) fn identity(instance: &Instance) -> Identity {
    Identity {
        interface: instance.interface.clone(),
        family: instance.family,
        vrid: instance.virtual_router_id,
        unicast: !instance.unicast_peers.is_empty(),
    }
}

/// Virtual addresses, with the interface where they are of a link: the same on another one is another.
type VirtualAddresses<'c> = BTreeSet<(IpAddr, Option<&'c str>)>;

fn virtual_addresses(config: &Config) -> VirtualAddresses<'_> {
    let mut found = VirtualAddresses::new();
    for instance in &config.instances {
        let addresses = instance.addresses.iter();
        for carried in addresses.chain(&instance.excluded_addresses) {
            let device = carried.device.as_ref().unwrap_or(&instance.interface);
            found.insert(scoped(carried.address, device));
        }
    }
    found
}

fn fault(instance: &Instance, link: &Link, primary_ip: Option<IpAddr>) -> Option<&'static str> {
    if instance.lacks_peers {
        return Some("it has no unicast peers");
    }
    if !link.up {
        return Some("the interface is down");
    }
    match (primary_ip, instance.family) {
        (None, Family::Ipv4) => Some("the interface has no IPv4 address"),
        (None, Family::Ipv6) => Some("the interface has no IPv6 link-local address"),
        (Some(source), _) if instance.track_src_ip && !has(link, source) => {
            Some("the source address is not on the interface")
        }
        (Some(_), _) => None,
    }
}

fn has(link: &Link, address: IpAddr) -> bool {
    link.every_address().any(|(one, _)| one == address)
}

/// The interface's own first address, as keepalived picks it: of IPv6, the link-local one (RFC 9568
/// section 5.1.2.1).
fn own_address(family: Family, link: &Link, taken: &VirtualAddresses<'_>) -> Option<IpAddr> {
    let mut own = link.every_address().map(|(address, _)| address);
    own.find(|address| {
        let fits = match (family, address) {
            (Family::Ipv4, IpAddr::V4(_)) => true,
            (Family::Ipv6, IpAddr::V6(address)) => address.is_unicast_link_local(),
            _ => false,
        };
        fits && !taken.contains(&scoped(*address, &link.name))
    })
}

fn parameters(
    instance: &Instance,
    primary_ip: Option<IpAddr>,
    fast_handover: model::FastHandover,
) -> Parameters {
    Parameters {
        vrid: vrid(instance),
        version: match instance.version {
            VrrpVersion::V2 => Version::V2,
            VrrpVersion::V3 => Version::V3,
        },
        priority: Priority::new(instance.priority),
        advertisement_interval: instance.advert_int,
        preempt_mode: instance.preempt,
        preempt_delay: instance.preempt_delay,
        down_timer_adverts: instance.down_timer_adverts,
        primary_ip,
        addresses: instance
            .addresses
            .iter()
            .map(|carried| carried.address)
            .collect(),
        eager_start: instance.initial_master,
        fast_handover: handover(instance, fast_handover),
        announcements: Announcements {
            delay: instance.garp.delay,
            refresh: instance.garp.refresh,
            repeat: instance.garp.repeat,
            refresh_repeat: instance.garp.refresh_repeat,
            provoked: Provoked {
                repeat: instance.garp.lower_prio_repeat,
                delay: instance.garp.lower_prio_delay,
            },
        },
        manners: Manners {
            ignores_lower: instance.manners.lower_prio_no_advert,
            has_last_word: instance.manners.higher_prio_send_advert,
        },
    }
}

/// More than one configured peer is more than one other router, though it has not been heard yet.
fn handover(instance: &Instance, configured: model::FastHandover) -> FastHandover {
    match configured {
        model::FastHandover::Off => FastHandover::Never,
        model::FastHandover::Auto if instance.unicast_peers.len() > 1 => FastHandover::Never,
        model::FastHandover::Auto => FastHandover::BetweenTwo,
        model::FastHandover::On => FastHandover::Always,
    }
}

/// The configuration has checked the range; a router without a number would be VRID 1.
fn vrid(instance: &Instance) -> Vrid {
    Vrid::new(instance.virtual_router_id).unwrap_or(Vrid::MIN)
}

/// How adverts look that say what the engine decides by.
fn framing(instance: &Instance, parameters: &Parameters) -> Framing {
    Framing {
        vrid: parameters.vrid,
        version: parameters.version,
        source: parameters.primary_ip.unwrap_or(match instance.family {
            Family::Ipv4 => Ipv4Addr::UNSPECIFIED.into(),
            Family::Ipv6 => Ipv6Addr::UNSPECIFIED.into(),
        }),
        auth: instance.auth_pass,
        addresses: parameters.addresses.clone(),
        interval: parameters.advertisement_interval,
        cast: if instance.unicast_peers.is_empty() {
            Cast::Multicast(instance.group)
        } else {
            Cast::Unicast(instance.unicast_peers.clone())
        },
        checksum_as_v2: instance.v3_checksum_as_v2,
        check_unicast_source: instance.check_unicast_src && !instance.unicast_peers.is_empty(),
        peer_ttls: instance
            .peer_ttls
            .iter()
            .map(|one| (one.peer, one.min_ttl..=one.max_ttl))
            .collect(),
        unicast_ttl: instance.unicast_ttl,
        ignores_adverts: instance.owner_ignore_adverts && parameters.priority == Priority::OWNER,
    }
}

fn carried(instance: &Instance, links: &Links) -> Vec<CarriedAddress> {
    instance
        .addresses
        .iter()
        .chain(&instance.excluded_addresses)
        .filter_map(|address| {
            let device = address.device.as_ref().unwrap_or(&instance.interface);
            let link = links.named(device)?;
            Some(CarriedAddress {
                ifindex: link.ifindex,
                mac: link.mac,
                address: address.clone(),
            })
        })
        .collect()
}

fn pacing(config: &Config, links: &Links) -> Pacing {
    let index = |name: &String| Some(links.named(name)?.ifindex);
    let groups = config.garp_groups.iter().map(|group| PaceGroup {
        pace: Pace {
            arp: group.garp_interval,
            neighbour: group.gna_interval,
        },
        interfaces: group.interfaces.iter().filter_map(index).collect(),
    });
    Pacing {
        alone: Pace {
            arp: config.global.garp_interval,
            neighbour: config.global.gna_interval,
        },
        groups: groups.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;
    use crate::net::link::Address;

    const CONFIG: &str = "vrrp_instance VI_1 {
        interface eth0
        virtual_router_id 51
        virtual_ipaddress {
            fe80::1
            2001:db8::1 dev eth1
        }
    }";

    fn link(name: &str, address: &str) -> Link {
        let address = Address {
            address: address.parse().unwrap(),
            prefix_len: 64,
            secondary: false,
        };
        Link {
            ifindex: 2,
            name: name.to_owned(),
            mac: None,
            up: true,
            mtu: 1500,
            kind: None,
            below: None,
            addresses: Vec::new(),
            ipv6_addresses: vec![address],
        }
    }

    #[test]
    fn an_address_of_a_link_is_virtual_on_that_link_alone() {
        let config = parse(CONFIG.as_bytes(), "k.conf").config;
        let taken = virtual_addresses(&config);
        let own = |name| own_address(Family::Ipv6, &link(name, "fe80::1"), &taken);
        assert_eq!(own("eth0"), None);
        assert_eq!(own("eth1"), Some("fe80::1".parse().unwrap()));
    }

    #[test]
    fn any_other_address_is_virtual_on_every_link() {
        let config = parse(CONFIG.as_bytes(), "k.conf").config;
        let taken = virtual_addresses(&config);
        assert!(taken.contains(&scoped("2001:db8::1".parse().unwrap(), "eth7")));
    }
}
