//! What must pass untouched, because it is none of ours or cannot be understood.

use ha_common::Reason;
use ha_common::wire::{arp, ethernet, vlan};
use ha_tests::xdp::VRID;
use ha_tests::xdp::frame::{
    self, Advert, CLIENT_MAC, FOREIGN_IP, OWN_IP, OWN_MAC, PEER_IP, PEER_MAC, VIRTUAL_IP,
    arp_frame, as_fragment, ip_frame, question, tagged, with_options,
};

use crate::adverts::unicast;
use crate::fixture::{Fixture, Role};

const UDP: u8 = 17;
const ICMP: u8 = 1;
const OSPF: u8 = 89;
const TYPE_IPV6: u16 = 0x86dd;
const TYPE_LLDP: u16 = 0x88cc;
const OSPF_ROUTERS: ([u8; 6], [u8; 4]) = ([1, 0, 0x5e, 0, 0, 5], [224, 0, 0, 5]);
const LLDP_NEIGHBOURS: [u8; 6] = [1, 0x80, 0xc2, 0, 0, 0xe];

pub(crate) fn fixtures() -> impl Iterator<Item = Fixture> {
    let idle = Fixture::new(
        "nothing is owned here",
        Reason::Idle,
        Role::Backup,
        arp_frame(ethernet::BROADCAST, &question(VIRTUAL_IP)),
    );
    let idle = idle.prepare(|director| {
        director.datapath.gate().set_owned(0);
        Ok(())
    });
    [idle]
        .into_iter()
        .chain(other_addresses())
        .chain(other_protocols())
        .chain(arp_of_others())
        .chain(adverts_of_others())
        .chain(malformed())
}

fn foreign(name: &'static str, frame: Vec<u8>) -> Fixture {
    Fixture::new(name, Reason::Foreign, Role::Active, frame)
}

fn other_addresses() -> Vec<Fixture> {
    let udp = ip_frame(OWN_MAC, FOREIGN_IP, UDP, &[0; 64]);
    let customer = vlan::TYPE_CUSTOMER;
    vec![
        foreign("UDP to another address", udp.clone()),
        foreign("a first fragment", as_fragment(&udp, 0x2000)),
        foreign("a last fragment", as_fragment(&udp, 185)),
        foreign("IP options", with_options(&udp)),
        foreign("a VLAN's traffic", tagged(&udp, &[customer])),
        foreign("three VLAN tags", tagged(&udp, &[customer; 3])),
        foreign(
            "the VIP behind another MAC",
            ip_frame(PEER_MAC, VIRTUAL_IP, ICMP, &[8; 16]),
        ),
        foreign(
            "a question to another MAC",
            arp_frame(PEER_MAC, &question(VIRTUAL_IP)),
        ),
    ]
}

fn other_protocols() -> Vec<Fixture> {
    let (mac, group) = OSPF_ROUTERS;
    vec![
        foreign("OSPF", ip_frame(mac, group, OSPF, &[2, 1, 0, 44])),
        foreign(
            "IPv6",
            frame::ethernet(OWN_MAC, CLIENT_MAC, TYPE_IPV6, &[0x60; 64]),
        ),
        foreign(
            "LLDP",
            frame::ethernet(LLDP_NEIGHBOURS, PEER_MAC, TYPE_LLDP, &[2; 46]),
        ),
        foreign(
            "our looped multicast, from its IP header on",
            looped(OWN_IP),
        ),
    ]
}

/// An advert of our own as generic XDP sees it when it is looped back: without a frame.
pub(crate) fn looped(source: [u8; 4]) -> Vec<u8> {
    Advert {
        source,
        ..Advert::default()
    }
    .packet()
}

fn arp_of_others() -> Vec<Fixture> {
    let announcement = arp::Repr::announcement(PEER_MAC, FOREIGN_IP);
    [
        ("a question", question(FOREIGN_IP)),
        ("gratuitous ARP", announcement),
    ]
    .into_iter()
    .map(|(name, message)| {
        let frame = arp_frame(ethernet::BROADCAST, &message);
        Fixture::new(name, Reason::ArpForeign, Role::Active, frame)
    })
    .collect()
}

fn adverts_of_others() -> Vec<Fixture> {
    let vrid = VRID + 1;
    let other = Advert {
        vrid,
        ..Advert::default()
    };
    let other_unicast = Advert { vrid, ..unicast() };
    let elsewhere = Advert {
        mac: PEER_MAC,
        destination: PEER_IP,
        ..unicast()
    };
    let of_a_vlan = tagged(&Advert::default().frame(), &[vlan::TYPE_CUSTOMER]);
    [
        ("another VRID", other.frame()),
        ("another VRID, unicast", other_unicast.frame()),
        ("an advert of a VLAN", of_a_vlan),
        ("a unicast advert for another host", elsewhere.frame()),
    ]
    .into_iter()
    .map(|(name, frame)| Fixture::new(name, Reason::AdvertForeign, Role::Active, frame))
    .collect()
}

fn malformed() -> Vec<Fixture> {
    let pass = |name, frame| Fixture::new(name, Reason::Unparsable, Role::Lapsed, frame);
    let asked = arp_frame(ethernet::BROADCAST, &question(VIRTUAL_IP));
    let with = |at: usize, octet| {
        let mut changed = asked.clone();
        changed[at] = octet;
        changed
    };
    let packet = ip_frame(OWN_MAC, VIRTUAL_IP, ICMP, &[8; 16]);
    let mut of_version_5 = packet.clone();
    of_version_5[14] = 0x55;
    let tagged = tagged(&packet, &[vlan::TYPE_CUSTOMER]);
    let advert = Advert::default().frame();
    vec![
        pass("ARP that is cut short", asked[..41].to_vec()),
        pass("ARP of token ring", with(15, 6)),
        pass("ARP of IPv6", with(17, 0xdd)),
        pass("ARP with long hardware addresses", with(18, 8)),
        pass("ARP with long protocol addresses", with(19, 16)),
        pass("reverse ARP", with(21, 3)),
        pass("an IP header that is cut short", packet[..33].to_vec()),
        pass("IP version 5", of_version_5),
        pass("a tag that is cut short", tagged[..17].to_vec()),
        pass("an advert that is cut short", advert[..41].to_vec()),
        pass("a fragment of an advert", as_fragment(&advert, 0x2000)),
        pass("a later fragment of an advert", as_fragment(&advert, 1)),
    ]
}
