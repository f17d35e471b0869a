//! Neighbor Discovery: solicitations for a virtual address are answered by its owner and by nobody
//! else, as questions of ARP are.

use ha_common::Reason;
use ha_common::abi::Gate;
use ha_common::wire::{ethernet as wire, ipv6, ndp};

use crate::ethernet::{self, Mac, Payload};
use crate::maps::{self, Router};
use crate::packet::Packet;
use crate::standing::Standing;

/// Source of who has no address yet (RFC 4862 section 5.4.2).
const UNSPECIFIED: u128 = 0;
/// Octets of a question in its packet, and of its answer.
const LEN: usize = ipv6::HEADER_LEN + ndp::ADDRESSED_LEN;

/// Type of the ICMPv6 message in a packet.
#[inline(always)]
pub(crate) fn kind(packet: &impl Packet, payload: Payload) -> Option<u8> {
    let [kind] = *packet.array(payload.at + ipv6::HEADER_LEN)?;
    Some(kind)
}

/// Judges an ICMPv6 packet, and turns a question that is ours to answer into its answer.
/// [`Reason::Foreign`] if it is about no virtual address.
#[inline(always)]
pub(crate) fn judge(packet: &mut impl Packet, payload: Payload, gate: &Gate) -> Reason {
    let octets = packet.array::<{ ndp::MESSAGE_LEN }>(payload.at + ipv6::HEADER_LEN);
    let Some(Ok(message)) = octets.map(ndp::Message::new_checked) else {
        return Reason::Foreign;
    };
    let (kind, target) = (message.kind(), message.target());
    if !ndp::is_about_one(kind) {
        return Reason::Foreign;
    }
    let Some(router) = Router::by_ipv6(target, ethernet::link(packet, payload)) else {
        return Reason::Foreign;
    };
    if !ethernet::is_for_us(packet) {
        return Reason::Foreign;
    }
    let octets = packet.array::<{ ipv6::HEADER_LEN }>(payload.at);
    let Some(Ok(header)) = octets.map(ipv6::Header::new_checked) else {
        return Reason::Unparsable;
    };
    // As numbers: one comparison instead of a loop over octets.
    let [source, claimed] = [header.source(), target].map(u128::from_ne_bytes);
    match source {
        _ if kind == ndp::ADVERTISEMENT || source == claimed => {
            if is_from_the_link(&header, &message) {
                announcement(packet, gate, &router, target)
            } else {
                Reason::Unparsable
            }
        }
        UNSPECIFIED => probe(gate, &router),
        _ => question(packet, payload, gate, &router),
    }
}

/// Whether no router has forwarded a message, and there is such a one: nobody believes any other (RFC
/// 4861 section 7.1).
#[inline(always)]
fn is_from_the_link(
    header: &ipv6::Header<&[u8; ipv6::HEADER_LEN]>,
    message: &ndp::Message<impl AsRef<[u8]>>,
) -> bool {
    header.hop_limit() == ndp::HOP_LIMIT && message.code() == 0
}

/// Another host asks whether it may use the address. The kernel knows best whether it is in use
/// here, except where it would speak for an address that is installed and no longer owned.
#[inline(always)]
fn probe(gate: &Gate, router: &Router) -> Reason {
    if !router.record.installed() {
        return Reason::NdProbe;
    }
    match router.standing(gate) {
        Standing::Owned => Reason::NdProbe,
        Standing::NotOwned => Reason::NdNotOwned,
        Standing::Orphaned => Reason::Orphaned,
    }
}

#[inline(always)]
fn announcement(packet: &impl Packet, gate: &Gate, router: &Router, target: [u8; 16]) -> Reason {
    let now = maps::now();
    let own = maps::interface_mac(packet.ifindex()).map(Mac::new);
    if own == ethernet::source(packet) || router.standing_at(gate, now) != Standing::Owned {
        return Reason::NdAnnouncement;
    }
    router.tells_conflict(now, target.into());
    Reason::NdConflict
}

#[inline(always)]
fn question(packet: &mut impl Packet, payload: Payload, gate: &Gate, router: &Router) -> Reason {
    match router.standing(gate) {
        Standing::Owned => {}
        Standing::NotOwned => return Reason::NdNotOwned,
        Standing::Orphaned => return Reason::Orphaned,
    }
    let asked = match Question::read(packet, payload) {
        Ok(asked) => asked,
        Err(reason) => return reason,
    };
    let Some(own) = maps::interface_mac(packet.ifindex()) else {
        return Reason::NdUnready;
    };
    match answer(packet, payload, &asked, own) {
        Some(()) => Reason::NdAnswered,
        None => Reason::NdUnready,
    }
}

/// What an answer needs of its question.
struct Question {
    mac: [u8; wire::ADDRESS_LEN],
    source: [u8; 16],
    target: [u8; 16],
}

impl Question {
    /// A valid one (RFC 4861 section 7.1.1) with the sender's hardware address as its only option. With
    /// other options the kernel judges, and answers; what is not valid it refuses.
    #[inline(always)]
    fn read(packet: &impl Packet, payload: Payload) -> Result<Self, Reason> {
        let octets = packet.array::<{ ipv6::HEADER_LEN }>(payload.at);
        let Some(Ok(header)) = octets.map(ipv6::Header::new_checked) else {
            return Err(Reason::Unparsable);
        };
        if header.payload_len() != ndp::ADDRESSED_LEN {
            return Err(Reason::NdUnready);
        }
        let Some(octets) = packet.array::<{ ndp::ADDRESSED_LEN }>(payload.at + ipv6::HEADER_LEN)
        else {
            return Err(Reason::Unparsable);
        };
        let Ok(message) = ndp::Message::new_checked(octets) else {
            return Err(Reason::Unparsable);
        };
        let Ok(solicitation) = ndp::Solicitation::new_checked(octets) else {
            return Err(Reason::NdUnready);
        };
        let asked = Self {
            mac: solicitation.sender_mac(),
            source: header.source(),
            target: message.target(),
        };
        let pseudo = ndp::pseudo(asked.source, header.destination());
        let valid =
            is_from_the_link(&header, &message) && solicitation.verify_checksum(pseudo).is_ok();
        // Nobody lives at a group address; an answer would go to many.
        if valid && !ipv6::is_group(asked.source) && !Mac::new(asked.mac).is_group() {
            Ok(asked)
        } else {
            Err(Reason::Unparsable)
        }
    }
}

/// Rewrites the question into its answer, in place, behind the VLAN tags that it came with.
#[inline(always)]
fn answer(
    packet: &mut impl Packet,
    payload: Payload,
    asked: &Question,
    own: [u8; wire::ADDRESS_LEN],
) -> Option<()> {
    let advertisement = ndp::Advertisement {
        target: asked.target,
        mac: own,
        is_router: maps::is_router(packet.ifindex()),
    };
    let header = ipv6::Repr {
        class: 0,
        next_header: ipv6::PROTOCOL_ICMPV6,
        source: asked.target,
        destination: asked.source,
        hop_limit: ndp::HOP_LIMIT,
        payload_len: ndp::ADDRESSED_LEN as u16,
    };
    let pseudo = ndp::pseudo(header.source, header.destination);
    packet.rewrite::<LEN>(payload.at, |octets| {
        let (room, rest) = octets.split_at_mut(ipv6::HEADER_LEN);
        header.emit(room);
        advertisement.emit(rest, pseudo);
    })?;
    packet.rewrite::<{ 2 * wire::ADDRESS_LEN }>(0, |octets| {
        wire::emit_addresses(octets, asked.mac, own);
    })
}
