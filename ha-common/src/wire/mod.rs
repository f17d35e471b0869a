//! Wire formats, each with two faces: a checked view of bytes and a plain `Repr` of their meaning.
//!
//! A view is made by `new_checked`, which compares every length with the buffer; after that no
//! accessor panics or reads past the end. Views that cover a fixed part only (Ethernet, VLAN tag,
//! ARP, the `Header`s) work on arrays too, which is how the XDP program uses them. `Repr::parse`
//! judges the content, `Repr::emit` writes exactly [`buffer_len`](vrrp::Repr::buffer_len) octets.
//! Addresses are octets in network order; seconds and centiseconds of VRRP end here: above the
//! wire an interval is a `Duration`.
//!
//! ```
//! use core::time::Duration;
//! use ha_common::wire::{checksum::PseudoHeader, ipv4, vrrp};
//! use ha_common::{Family, Priority, Vrid};
//!
//! # fn main() -> Result<(), ha_common::wire::ParseError> {
//! let (source, destination) = ([192, 0, 2, 1], ipv4::VRRP_GROUP);
//! let pseudo = PseudoHeader::Included { source, destination };
//! let advert = vrrp::Repr {
//!     version: vrrp::Version::V3,
//!     vrid: Vrid::new(51).expect("not zero"),
//!     priority: Priority::DEFAULT,
//!     interval: Duration::from_millis(10),
//!     addresses: vrrp::Addresses::Ipv4(&[[192, 0, 2, 100]]),
//! };
//! let ip = ipv4::Repr::vrrp(source, destination, 1, advert.buffer_len());
//! let mut packet = [0; ipv4::HEADER_LEN + 12];
//! ip.emit(&mut packet);
//! advert.emit(&mut packet[ipv4::HEADER_LEN..], pseudo);
//!
//! let packet = ipv4::Packet::new_checked(&packet[..])?;
//! let received = vrrp::Packet::new_checked(packet.payload(), Family::Ipv4)?;
//! received.verify_checksum(pseudo)?;
//! assert_eq!(vrrp::Repr::parse(&received)?, advert);
//! # Ok(())
//! # }
//! ```

pub mod arp;
pub mod checksum;
mod error;
pub mod ethernet;
pub mod icmp;
pub mod ipv4;
pub mod ipv6;
pub mod ndp;
pub mod sctp;
pub mod tcp;
pub mod udp;
pub mod vlan;
pub mod vrrp;

pub use error::ParseError;

/// `N` octets of a checked buffer. Out of the buffer, which a checked view rules out, reads zeros
/// instead of panicking.
#[inline(always)]
fn octets<const N: usize>(buffer: &[u8], at: usize) -> [u8; N] {
    match buffer.get(at..).and_then(<[u8]>::first_chunk) {
        Some(octets) => *octets,
        None => [0; N],
    }
}

#[inline(always)]
fn word(buffer: &[u8], at: usize) -> u16 {
    u16::from_be_bytes(octets(buffer, at))
}

#[inline(always)]
fn octet(buffer: &[u8], at: usize) -> u8 {
    octets::<1>(buffer, at)[0]
}

/// Copies `octets` to `at`. Callers have checked the room.
#[inline(always)]
fn put<const N: usize>(buffer: &mut [u8], at: usize, octets: [u8; N]) {
    if let Some(room) = buffer.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *room = octets;
    }
}

/// A buffer of at least `len` octets, or [`ParseError::Truncated`].
#[inline(always)]
fn at_least<T: AsRef<[u8]>>(buffer: T, len: usize) -> Result<T, ParseError> {
    if buffer.as_ref().len() < len {
        return Err(ParseError::Truncated);
    }
    Ok(buffer)
}
