//! Adverts to the group that the operator chose, and to others.

use ha_common::Reason;
use ha_common::wire::{ethernet, ipv4};
use ha_tests::xdp::frame::Advert;

use crate::fixture::{Fixture, Role, Trace};

/// Its lowest 23 bits are those of its MAC, and one more is set.
const GROUP: [u8; 4] = [239, 200, 0, 99];
const GROUP_MAC: [u8; 6] = [0x01, 0x00, 0x5e, 0x48, 0, 99];

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
    [
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

fn case(reason: Reason, name: &'static str, advert: &Advert) -> Fixture {
    Fixture::new(name, reason, Role::Backup, advert.frame()).prepare(|director| {
        director.record().set_group(GROUP);
        Ok(())
    })
}
