//! What leaves: who speaks for the virtual address.

use std::time::Duration;

use anyhow::Result;
use ha_common::abi::{BackupTraffic, Policy};
use ha_common::wire::{arp, ethernet, ipv4, vlan};
use ha_common::{Nanos, Reason};
use ha_tests::xdp::Director;
use ha_tests::xdp::frame::{
    self, Advert, CLIENT_MAC, FOREIGN_IP, OWN_IP, OWN_MAC, VIRTUAL_IP, arp_frame, tagged,
};
use ha_user::net::clock;

use crate::fixture::Fixture;
use crate::fixture::Role::{self, Active, Backup, Lapsed};
use crate::policies::orphan;

const UDP: u8 = 17;

const LONG_AGO: Duration = Duration::from_secs(10);

pub(crate) fn fixtures() -> impl Iterator<Item = Fixture> {
    owner()
        .into_iter()
        .chain(former_owner())
        .chain(backup())
        .chain(others())
}

fn case(reason: Reason, role: Role, name: &'static str, frame: Vec<u8>) -> Fixture {
    Fixture::new(name, reason, role, frame)
}

fn announcement() -> Vec<u8> {
    arp_frame(
        ethernet::BROADCAST,
        &arp::Repr::announcement(OWN_MAC, VIRTUAL_IP),
    )
}

/// ARP of `operation` from us, with our virtual address as its sender.
fn spoken(operation: arp::Operation) -> Vec<u8> {
    let message = arp::Repr {
        operation,
        sender_mac: OWN_MAC,
        sender_ip: VIRTUAL_IP,
        target_mac: CLIENT_MAC,
        target_ip: FOREIGN_IP,
    };
    arp_frame(CLIENT_MAC, &message)
}

fn packet(source: [u8; 4], protocol: u8) -> Vec<u8> {
    let mut packet = vec![0; ipv4::HEADER_LEN + 16];
    let mut header = ipv4::Repr::vrrp(source, FOREIGN_IP, 1, 16);
    header.protocol = protocol;
    header.emit(&mut packet);
    frame::ethernet(CLIENT_MAC, OWN_MAC, ethernet::TYPE_IPV4, &packet)
}

fn owner() -> Vec<Fixture> {
    use Reason::OutPassed;
    vec![
        case(OutPassed, Active, "our announcement", announcement()),
        case(
            OutPassed,
            Active,
            "our answer",
            spoken(arp::Operation::Reply),
        ),
        case(OutPassed, Active, "our packet", packet(VIRTUAL_IP, UDP)),
    ]
}

fn former_owner() -> Vec<Fixture> {
    use Reason::{Orphaned, OutArpNotOwned, OutPassed, OutVipNotOwned};
    let udp = packet(VIRTUAL_IP, UDP);
    let tagged = tagged(&udp, &[vlan::TYPE_CUSTOMER]);
    let question = spoken(arp::Operation::Request);
    let reply = spoken(arp::Operation::Reply);
    let advert = packet(VIRTUAL_IP, ipv4::PROTOCOL_VRRP);
    vec![
        case(
            OutArpNotOwned,
            Lapsed,
            "a late announcement",
            announcement(),
        ),
        case(OutArpNotOwned, Lapsed, "a question as the VIP", question),
        case(OutArpNotOwned, Lapsed, "an answer as the VIP", reply),
        case(OutVipNotOwned, Lapsed, "a packet as the VIP", udp.clone()),
        case(OutVipNotOwned, Lapsed, "the same in a VLAN", tagged),
        case(OutPassed, Lapsed, "an advert", advert),
        case(OutVipNotOwned, Lapsed, "a packet that waited", udp.clone())
            .prepare(|director| taken_off(director, clock::now())),
        case(
            OutPassed,
            Lapsed,
            "from what was ours long ago",
            udp.clone(),
        )
        .prepare(|director| taken_off(director, clock::now() - LONG_AGO)),
        case(Orphaned, Lapsed, "an orphan's packet", udp).prepare(orphan),
        case(Orphaned, Lapsed, "an orphan's announcement", announcement()).prepare(orphan),
    ]
}

fn taken_off(director: &Director, at: Nanos) -> Result<()> {
    director.record().set_taken_off(at);
    Ok(())
}

fn backup() -> Vec<Fixture> {
    use Reason::{OutArpNotOwned, OutPassed, OutVipNotOwned};
    let udp = || packet(VIRTUAL_IP, UDP);
    vec![
        case(OutArpNotOwned, Backup, "a Backup announces", announcement()),
        case(
            OutPassed,
            Backup,
            "from an address of the operator's",
            udp(),
        ),
        case(
            OutVipNotOwned,
            Backup,
            "backup_traffic drop, leaving",
            udp(),
        )
        .prepare(|director| backup_traffic(director, BackupTraffic::Drop)),
        case(OutPassed, Lapsed, "backup_traffic pass, leaving", udp())
            .prepare(|director| backup_traffic(director, BackupTraffic::Pass)),
    ]
}

fn backup_traffic(director: &Director, backup_traffic: BackupTraffic) -> Result<()> {
    director.datapath.gate().set_policy(Policy {
        backup_traffic,
        ..Policy::default()
    });
    Ok(())
}

fn others() -> Vec<Fixture> {
    let leaves = |name, frame| case(Reason::OutPassed, Lapsed, name, frame);
    let own = arp::Repr::announcement(OWN_MAC, OWN_IP);
    let mut ipv6 = packet(OWN_IP, UDP);
    ipv6[12..14].copy_from_slice(&0x86dd_u16.to_be_bytes());
    vec![
        leaves("a packet of our own", packet(OWN_IP, UDP)),
        leaves("ARP of our own", arp_frame(ethernet::BROADCAST, &own)),
        leaves("IPv6", ipv6),
        leaves("ARP that is cut short", announcement()[..41].to_vec()),
        leaves(
            "IP that is cut short",
            packet(VIRTUAL_IP, UDP)[..33].to_vec(),
        ),
        leaves("our advert", Advert::default().frame()),
    ]
}
