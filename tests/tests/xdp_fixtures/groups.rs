//! Adverts to the group that the operator chose, and to others.

use ha_common::Reason;
use ha_common::wire::{self, ethernet, ipv4};
use ha_tests::xdp::frame::Advert;
use ha_tests::xdp::ipv6;

use crate::fixture::{Fixture, Role, Trace};

/// Its lowest 23 bits are those of its MAC, and one more is set.
const GROUP: [u8; 4] = [239, 200, 0, 99];
const GROUP_MAC: [u8; 6] = [0x01, 0x00, 0x5e, 0x48, 0, 99];
const IPV6_GROUP: [u8; 16] = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x12];

pub(crate) fn fixtures() -> impl Iterator<Item = Fixture> {
    let to = |destination, mac| Advert {
        destination,
        mac,
        ..Advert::default()
    };
    use Reason::{AdvertAlive, AdvertForeign, AdvertMac};
    let of_the_group = to(GROUP, GROUP_MAC);
    let of_everybody = to(ipv4::VRRP_GROUP, ethernet::VRRP_GROUP);
    let by_everybodys_mac = to(GROUP, ethernet::VRRP_GROUP);
    let of_ipv6 = |destination| ipv6::Advert {
        destination,
        mac: ipv6::group_mac(destination),
        ..ipv6::Advert::default()
    };
    let of_its_group = of_ipv6(IPV6_GROUP).frame();
    let of_all = of_ipv6(wire::ipv6::VRRP_GROUP).frame();
    let by_all_of_their_mac = ipv6::Advert {
        mac: ipv6::group_mac(wire::ipv6::VRRP_GROUP),
        ..of_ipv6(IPV6_GROUP)
    };
    let by_all_of_their_mac = by_all_of_their_mac.frame();
    [
        over_ipv6(AdvertAlive, "to the group over IPv6", &of_its_group).leaves(Trace::Alive),
        over_ipv6(AdvertForeign, "to ff02::12 beside it", &of_all),
        over_ipv6(AdvertMac, "by its MAC over IPv6", &by_all_of_their_mac),
        Fixture::new(
            "to a group of IPv6 that nobody chose",
            AdvertForeign,
            Role::Backup,
            of_its_group.clone(),
        ),
        case(AdvertAlive, "to the group that was chosen", &of_the_group).leaves(Trace::Alive),
        case(AdvertForeign, "to 224.0.0.18 beside it", &of_everybody),
        case(AdvertMac, "to the group by another MAC", &by_everybodys_mac),
        Fixture::new(
            "to a group that nobody chose",
            AdvertForeign,
            Role::Backup,
            of_the_group.frame(),
        ),
    ]
    .into_iter()
}

fn over_ipv6(reason: Reason, name: &'static str, frame: &[u8]) -> Fixture {
    Fixture::new(name, reason, Role::Backup, frame.to_vec()).prepare(|director| {
        director.record().set_group(IPV6_GROUP.into());
        Ok(())
    })
}

fn case(reason: Reason, name: &'static str, advert: &Advert) -> Fixture {
    Fixture::new(name, reason, Role::Backup, advert.frame()).prepare(|director| {
        director.record().set_group(GROUP.into());
        Ok(())
    })
}
