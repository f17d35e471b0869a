//! Services on addresses that this host owns: without a healthy server they are closed.

use ha_common::Reason;
use ha_common::abi::{ServiceKey, ServicePolicy, Transport};
use ha_common::wire::{ipv4, sctp, tcp, udp};

use crate::ethernet::Payload;
use crate::maps;
use crate::packet::Packet;
use crate::refusal;

/// Where the receiver's port is, in all headers that begin with ports.
const PORT: usize = 2;

/// Judges a packet to an address that this host owns, and turns it into a refusal if its sender is
/// to be told that nobody serves it.
#[inline(always)]
pub(crate) fn judge(packet: &mut impl Packet, payload: Payload) -> Reason {
    match closed(packet, payload) {
        None => Reason::VipOwned,
        Some(ServicePolicy::Drop) => Reason::ServiceClosed,
        Some(ServicePolicy::Pass) => Reason::ServicePassed,
        Some(ServicePolicy::Reject) => refusal::answer(packet, payload),
    }
}

/// What becomes of a packet for a service that is closed; `None` if it is open, or the packet is
/// for none. Fragments but the first, and packets that end before their ports, are for none.
#[inline(always)]
fn closed(packet: &impl Packet, payload: Payload) -> Option<ServicePolicy> {
    let octets = packet.array::<{ ipv4::HEADER_LEN }>(payload.at)?;
    let header = ipv4::Header::new_checked(octets).ok()?;
    let transport = Transport::from_protocol(header.protocol())?;
    if header.is_later_fragment() || header.payload_len() < transport.header_len() {
        return None;
    }
    let at = payload.at + header.header_len();
    let port = match transport {
        Transport::Tcp => port::<{ tcp::HEADER_LEN }>(packet, at),
        Transport::Udp => port::<{ udp::HEADER_LEN }>(packet, at),
        Transport::Sctp => port::<{ sctp::HEADER_LEN }>(packet, at),
    };
    let key = ServiceKey::new(header.destination(), port?, transport);
    maps::service(key)?.closed()
}

/// The receiver's port in a header of `N` octets, all of which must be there.
#[inline(always)]
fn port<const N: usize>(packet: &impl Packet, at: usize) -> Option<u16> {
    let header = packet.array::<N>(at)?;
    let octets = header.get(PORT..)?.first_chunk()?;
    Some(u16::from_be_bytes(*octets))
}
