//! What clients get from a closed service, octet by octet.

use std::thread;

use anyhow::{Context, Result};
use ha_common::Reason;
use ha_common::abi::{ServicePolicy, ServiceState, UNREACHABLE_RATE};
use ha_common::wire::checksum::{PseudoHeader, Sum};
use ha_common::wire::{ethernet, ipv4};
use ha_tests::xdp::frame::{
    CLIENT_IP, CLIENT_MAC, DOUBLE_TAG, OWN_MAC, VIRTUAL_IP, ethernet as frame, tagged, with_options,
};
use ha_tests::xdp::service::{
    ACK, CLIENT_PORT, FIN, NAMES, RST, SYN, Segment, TCP, WEB, datagram, keys, seal, tcp_header,
};
use ha_tests::xdp::{Director, IFINDEX, test_run};
use ha_user::datapath::{Hook, LoadOptions};
use ha_user::net::clock;
use pnet_packet::util;

use crate::services::{opened, rejects};

const HOOKS: [Hook; 2] = [Hook::Xdp, Hook::Ingress];
const TAGS: [&[u16]; 3] = [&[], &[0x8100], &DOUBLE_TAG];
const IP: usize = ethernet::HEADER_LEN;
const ICMP: u8 = 1;
const DROP: u32 = 1;

fn closed() -> Result<Director> {
    let mut director = Director::new(LoadOptions::default())?;
    director.take_over();
    rejects(&mut director)?;
    Ok(director)
}

/// An IPv4 packet from the virtual address to the client, of the identification and the class of
/// service that clients' frames have here, in its frame.
fn reply(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(20 + payload.len()).expect("short");
    let mut packet = vec![0x45, 0];
    packet.extend(len.to_be_bytes());
    packet.extend([0, 1, 0, 0, 64, protocol, 0, 0]);
    packet.extend(VIRTUAL_IP);
    packet.extend(CLIENT_IP);
    let sum = util::checksum(&packet, 5);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend(payload);
    frame(CLIENT_MAC, OWN_MAC, 0x0800, &packet)
}

fn reset(sequence: u32, acknowledgment: u32, flags: u8) -> Vec<u8> {
    let ports = [WEB, CLIENT_PORT];
    let mut segment = tcp_header(ports, [sequence, acknowledgment], [0x50, flags], 0);
    seal(&mut segment, [VIRTUAL_IP, CLIENT_IP]);
    reply(TCP, &segment)
}

/// "Port unreachable" about the packet in `frame`, which has so many octets of IP header.
fn unreachable(frame: &[u8], header_len: usize) -> Vec<u8> {
    let mut message = vec![3, 3, 0, 0, 0, 0, 0, 0];
    message.extend(&frame[IP..IP + header_len + 8]);
    let sum = util::checksum(&message, 1);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    reply(ICMP, &message)
}

/// Segments, and the resets that RFC 9293 section 3.10.7.1 demands.
fn segments() -> [(Segment, Vec<u8>); 5] {
    let syn = Segment::default();
    let data = Segment::with_data();
    let len = u32::try_from(data.data.len()).expect("short");
    let of = |flags, segment: &Segment| Segment {
        flags,
        ..segment.clone()
    };
    let behind = |count: u32| reset(0, syn.sequence + count, RST | ACK);
    let expected_next = reset(data.acknowledgment, 0, RST);
    [
        (syn.clone(), behind(1)),
        (data.clone(), expected_next.clone()),
        (of(SYN | ACK, &data), expected_next),
        (of(0, &data), behind(len)),
        (of(SYN | FIN, &data), behind(len + 2)),
    ]
}

#[test]
fn a_segment_becomes_its_reset() -> Result<()> {
    let mut director = closed()?;
    for hook in HOOKS {
        director.hook = hook;
        for (segment, expected) in segments() {
            for asked in [segment.frame(), with_options(&segment.frame())] {
                for tags in TAGS {
                    let outcome = director.receive(&tagged(&asked, tags))?;
                    assert_eq!(outcome.reason, Reason::ServiceReset, "{hook:?} {segment:?}");
                    let expected = tagged(&expected, tags);
                    assert_eq!(outcome.frame, expected, "{hook:?} {tags:x?} {segment:?}");
                }
            }
        }
    }
    Ok(())
}

/// Besides pnet's, the checksums of our own wire formats agree.
#[test]
fn a_reset_is_valid_as_we_read_it() -> Result<()> {
    let mut director = closed()?;
    for hook in HOOKS {
        director.hook = hook;
        let outcome = director.receive(&Segment::with_data().frame())?;
        let packet = ipv4::Packet::new_checked(&outcome.frame[IP..])?;
        packet.verify_checksum()?;
        let pseudo = PseudoHeader::Included {
            source: packet.header().source(),
            destination: packet.header().destination(),
        };
        let sum = Sum::pseudo(pseudo, TCP, 20).octets(packet.payload());
        assert_eq!(sum.finish(), 0, "{hook:?}");
    }
    Ok(())
}

#[test]
fn a_datagram_becomes_port_unreachable_and_is_quoted() -> Result<()> {
    let mut director = closed()?;
    for hook in HOOKS {
        director.hook = hook;
        for data in [&[][..], b"?", &[7; 1400]] {
            let plain = datagram(NAMES, data);
            for (asked, header_len) in [(plain.clone(), 20), (with_options(&plain), 24)] {
                for tags in TAGS {
                    let outcome = director.receive(&tagged(&asked, tags))?;
                    assert_eq!(outcome.reason, Reason::ServiceUnreachable, "{hook:?}");
                    let expected = tagged(&unreachable(&asked, header_len), tags);
                    assert_eq!(outcome.frame, expected, "{hook:?} {tags:x?} {}", data.len());
                }
            }
        }
    }
    Ok(())
}

/// At the tc hook a refusal leaves through the gate for what goes out.
#[test]
fn a_refusal_may_leave() -> Result<()> {
    let mut director = closed()?;
    for asked in [Segment::default().frame(), datagram(NAMES, b"?")] {
        director.hook = Hook::Ingress;
        let refusal = director.receive(&asked)?.frame;
        director.hook = Hook::Egress;
        assert_eq!(director.receive(&refusal)?.reason, Reason::OutPassed);
    }
    Ok(())
}

/// Frames from a wire are padded, and the padding is no data.
#[test]
fn padding_does_not_count() -> Result<()> {
    let mut director = closed()?;
    for hook in HOOKS {
        director.hook = hook;
        let (segment, expected) = &segments()[0];
        let short = Segment {
            options: vec![],
            ..segment.clone()
        };
        let mut padded = short.frame();
        padded.resize(60, 0xaa);
        assert_eq!(director.receive(&padded)?.frame, *expected, "{hook:?}");
    }
    Ok(())
}

#[test]
fn senders_are_told_that_a_port_is_unreachable_so_many_times_a_second() -> Result<()> {
    let director = closed()?;
    let program = director
        .datapath
        .program(Hook::Xdp)
        .context("no programs")?;
    let asked = datagram(NAMES, b"?");
    let period = || clock::now().get() >> 30;
    let first = period();
    let mut told = 0;
    while test_run(program, IFINDEX, &asked, asked.len(), 1)?.action != DROP {
        told += 1;
        let periods = period() - first + 1;
        assert!(told <= UNREACHABLE_RATE * periods, "{told} in {periods}");
        if periods > 20 {
            println!("this machine is too slow to ask so often");
            return Ok(());
        }
    }
    assert!(told >= UNREACHABLE_RATE, "only {told}");
    // Resets are not counted.
    let outcome = director.receive(&Segment::default().frame())?;
    assert_eq!(outcome.reason, Reason::ServiceReset);
    Ok(())
}

/// The verdict of a thread that knows nothing but the table is there for the next packet.
#[test]
fn a_verdict_is_one_store() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    director.take_over();
    opened(&mut director)?;
    let table = director.datapath.service_table();
    let (_, web) = director
        .datapath
        .services()
        .find(|(key, _)| *key == keys()[0])
        .context("no service")?;
    let asked = Segment::default().frame();
    for (healthy, policy, reason) in [
        (0, ServicePolicy::Drop, Reason::ServiceClosed),
        (3, ServicePolicy::Drop, Reason::VipOwned),
        (0, ServicePolicy::Pass, Reason::ServicePassed),
        (0, ServicePolicy::Reject, Reason::ServiceReset),
        (1, ServicePolicy::Reject, Reason::VipOwned),
    ] {
        let state = ServiceState { healthy, policy };
        let judge = table.clone();
        let judged = thread::spawn(move || judge.set(web, state)).join();
        assert!(judged.is_ok());
        assert_eq!(table.state(web), state);
        assert_eq!(director.receive(&asked)?.reason, reason, "{state:?}");
        let other = director.receive(&datagram(NAMES, b"?"))?;
        assert_eq!(other.reason, Reason::VipOwned, "others are not touched");
    }
    Ok(())
}

#[test]
fn a_slot_is_used_again() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    director.take_over();
    rejects(&mut director)?;
    let [web, names, _] = keys();
    let datapath = &mut director.datapath;
    let before: Vec<_> = datapath.services().collect();
    assert_eq!((before.len(), datapath.gate().services()), (3, 3));
    datapath.remove_service(web)?;
    datapath.remove_service(web)?;
    assert_eq!(datapath.gate().services(), 2);
    let again = datapath.add_service(web, ServiceState::default())?;
    let changed = ServiceState {
        healthy: 2,
        policy: ServicePolicy::Pass,
    };
    let same = datapath.add_service(web, changed)?;
    assert_eq!(again, same);
    assert!(datapath.services().eq(before), "as it was");
    assert_eq!(datapath.service_table().state(same), changed);
    let outcome = director.receive(&Segment::default().frame())?;
    assert_eq!(outcome.reason, Reason::VipOwned);
    let outcome = director.receive(&datagram(names.port(), b"?"))?;
    assert_eq!(outcome.reason, Reason::ServiceUnreachable);
    Ok(())
}
