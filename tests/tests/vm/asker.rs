//! Who answers for the VIP.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::Result;
use ha_common::wire::{arp, ethernet};
use ha_tests::lab::{Host, Mac, PacketSocket};

/// Between two questions.
const RHYTHM: Duration = Duration::from_millis(100);
/// An answer may be slow in an emulated machine, and the one of a second owner comes last.
const QUESTIONS: usize = 5;

/// The MACs of all who answer when `client` asks for `vip` by ARP, a few times.
pub(crate) fn answerers(
    client: &Host,
    interface: &str,
    own: (Mac, Ipv4Addr),
    vip: Ipv4Addr,
) -> Result<BTreeSet<Mac>> {
    let mut socket = PacketSocket::open(client.netns(), interface)?;
    let question = question(own, vip);
    let mut answerers = BTreeSet::new();
    for _ in 0..QUESTIONS {
        socket.send(&question)?;
        let next = Instant::now() + RHYTHM;
        while let Some(frame) = socket.receive(next.saturating_duration_since(Instant::now()))? {
            answerers.extend(answerer(frame, vip));
        }
    }
    Ok(answerers)
}

fn question((own, address): (Mac, Ipv4Addr), vip: Ipv4Addr) -> [u8; 42] {
    let mut frame = [0; 42];
    frame[..6].fill(0xff);
    frame[6..12].copy_from_slice(&own.0);
    frame[12..14].copy_from_slice(&ethernet::TYPE_ARP.to_be_bytes());
    let asked = arp::Repr {
        operation: arp::Operation::Request,
        sender_mac: own.0,
        sender_ip: address.octets(),
        target_mac: [0; 6],
        target_ip: vip.octets(),
    };
    asked.emit(&mut frame[14..]);
    frame
}

/// Who sends this answer, if it is one about `vip`.
fn answerer(frame: &[u8], vip: Ipv4Addr) -> Option<Mac> {
    let body = frame.get(ethernet::HEADER_LEN..42)?;
    let packet = arp::Packet::new_checked(body).ok()?;
    let message = arp::Repr::parse(&packet).ok()?;
    let is_answer = message.operation == arp::Operation::Reply
        && message.sender_ip == vip.octets()
        && frame.get(12..14) == Some(&ethernet::TYPE_ARP.to_be_bytes());
    is_answer.then_some(Mac(message.sender_mac))
}
