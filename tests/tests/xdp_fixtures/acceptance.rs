//! A router that does not accept: what is for its address ends here, and nothing else does.

use anyhow::Result;
use ha_common::Reason;
use ha_common::abi::{Election, flag};
use ha_common::wire::{arp, ethernet};
use ha_tests::xdp::frame::{
    Advert, DOUBLE_TAG, FOREIGN_IP, OWN_MAC, PEER_MAC, VIRTUAL_IP, arp_frame, as_fragment,
    ip_frame, question, tagged, with_options,
};
use ha_tests::xdp::{Director, VRID, ipv6};

use crate::adverts::unicast;
use crate::fixture::Role::{self, Active, Backup, Lapsed};
use crate::fixture::{Fixture, Trace};
use crate::policies::orphan;

const UDP: u8 = 17;
const ICMP: u8 = 1;

pub(crate) fn fixtures() -> impl Iterator<Item = Fixture> {
    dropped()
        .into_iter()
        .chain(untouched())
        .chain(not_owned())
        .chain(of_ipv6())
}

fn of_ipv6() -> [Fixture; 8] {
    const UDP_LEN: usize = 8;
    let datagram = ipv6::Packet {
        payload: vec![0; UDP_LEN],
        ..ipv6::Packet::to(ipv6::VIRTUAL, UDP)
    };
    let asked = ipv6::Message::solicitation(ipv6::VIRTUAL);
    let of_one_option = ipv6::Message {
        options: Vec::new(),
        ..asked
    };
    let to_the_address = |message: ipv6::Message| {
        let message = ipv6::Message {
            destination: ipv6::VIRTUAL,
            ..message
        };
        message.packet().frame(OWN_MAC)
    };
    let answered = to_the_address(ipv6::Message::advertisement(ipv6::FOREIGN));
    let asked_for_another = to_the_address(ipv6::Message::solicitation(ipv6::FOREIGN));
    let by_a_router = to_the_address(ipv6::Message {
        kind: ipv6::ROUTER_ADVERTISEMENT,
        ..ipv6::Message::advertisement(ipv6::FOREIGN)
    });
    use Reason::{NdAnswered, NdUnready, VipNotAccepted, VipNotOwned, VipOwned};
    [
        case(
            VipOwned,
            Active,
            "no_accept: what was asked as the address is answered",
            answered.clone(),
        ),
        case(
            VipNotOwned,
            Lapsed,
            "no_accept: the same after the lease",
            answered,
        ),
        case(
            VipOwned,
            Active,
            "no_accept: a solicitation for another",
            asked_for_another,
        ),
        case(
            VipNotAccepted,
            Active,
            "no_accept: another message of Neighbor Discovery",
            by_a_router,
        ),
        case(
            VipNotAccepted,
            Active,
            "no_accept: an echo request of IPv6",
            ipv6::Packet::to(ipv6::VIRTUAL, ipv6::ICMPV6).frame(OWN_MAC),
        ),
        case(
            VipNotAccepted,
            Active,
            "no_accept: a datagram of IPv6",
            datagram.frame(OWN_MAC),
        ),
        case(
            NdAnswered,
            Active,
            "no_accept: a solicitation",
            asked.frame(),
        ),
        case(
            NdUnready,
            Active,
            "no_accept: a solicitation for the kernel",
            of_one_option.frame(),
        ),
    ]
}

pub(crate) fn refuse(director: &Director) {
    director.record().set_election(Election {
        flags: flag::NO_ACCEPT,
        ..Director::election()
    });
}

fn case(reason: Reason, role: Role, name: &'static str, frame: Vec<u8>) -> Fixture {
    Fixture::new(name, reason, role, frame).prepare(|director| {
        refuse(director);
        Ok(())
    })
}

fn ping() -> Vec<u8> {
    ip_frame(OWN_MAC, VIRTUAL_IP, ICMP, &[8; 64])
}

fn dropped() -> Vec<Fixture> {
    let ping = ping();
    let to_virtual_mac = ip_frame([0, 0, 0x5e, 0, 1, VRID], VIRTUAL_IP, UDP, &[0; 64]);
    let other_router = Advert {
        vrid: VRID + 1,
        destination: VIRTUAL_IP,
        ..unicast()
    };
    [
        ("no_accept: an echo request", ping.clone()),
        ("no_accept: the same, tagged", tagged(&ping, &DOUBLE_TAG)),
        ("no_accept: the same with options", with_options(&ping)),
        ("no_accept: a first fragment", as_fragment(&ping, 0x2000)),
        ("no_accept: a last fragment", as_fragment(&ping, 8)),
        ("no_accept: to a virtual MAC", to_virtual_mac),
        ("no_accept: a foreign advert", other_router.frame()),
    ]
    .into_iter()
    .map(|(name, frame)| case(Reason::VipNotAccepted, Active, name, frame))
    .collect()
}

fn untouched() -> Vec<Fixture> {
    let asked = arp_frame(ethernet::BROADCAST, &question(VIRTUAL_IP));
    let probe = arp::Repr {
        sender_ip: [0; 4],
        ..question(VIRTUAL_IP)
    };
    let probe = arp_frame(ethernet::BROADCAST, &probe);
    let forwarded = ip_frame(OWN_MAC, FOREIGN_IP, UDP, &[0; 64]);
    let by_virtual_mac = ip_frame([0, 0, 0x5e, 0, 1, VRID], FOREIGN_IP, UDP, &[0; 64]);
    let to_another = ip_frame(PEER_MAC, VIRTUAL_IP, UDP, &[0; 64]);
    use Reason::{AdvertAlive, ArpAnswered, ArpProbe, Foreign};
    let unicast = Advert {
        destination: VIRTUAL_IP,
        ..unicast()
    };
    vec![
        case(ArpAnswered, Active, "no_accept: a question", asked),
        case(ArpProbe, Active, "no_accept: a probe", probe),
        case(Foreign, Active, "no_accept: to be forwarded", forwarded),
        case(
            Foreign,
            Active,
            "no_accept: forwarded by a virtual MAC",
            by_virtual_mac,
        ),
        case(Foreign, Active, "no_accept: to another host", to_another),
        case(
            AdvertAlive,
            Backup,
            "no_accept: an advert to the address",
            unicast.frame(),
        )
        .leaves(Trace::Alive),
    ]
}

fn not_owned() -> Vec<Fixture> {
    let orphaned = |director: &mut Director| -> Result<()> {
        refuse(director);
        orphan(director)
    };
    use Reason::{Orphaned, VipNotOwned, VipOperator};
    vec![
        case(VipOperator, Backup, "no_accept: a Backup", ping()),
        case(VipNotOwned, Lapsed, "no_accept: after the lease", ping()),
        Fixture::new("no_accept: an orphan", Orphaned, Active, ping()).prepare(orphaned),
    ]
}
