//! IPv6 (RFC 8200), as far as adverts and neighbours need it: without extension headers.

use super::ipv4::PROTOCOL_VRRP;
use super::{ParseError, at_least, octet, octets, put, vrrp, word};

/// Octets of the header.
pub const HEADER_LEN: usize = 40;
/// Next header of ICMPv6.
pub const PROTOCOL_ICMPV6: u8 = 58;
/// The group of VRRP routers, ff02::12 (RFC 9568 section 5.1.2.2).
pub const VRRP_GROUP: [u8; 16] = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12];

/// Precedence "internetwork control", with which adverts are sent, as over IPv4.
const INTERNETWORK_CONTROL: u8 = 0xc0;
/// Of packets of which nothing is said: Linux's.
const HOP_LIMIT: u8 = 64;

mod field {
    pub(super) const VERSION_CLASS: usize = 0;
    pub(super) const PAYLOAD_LEN: usize = 4;
    pub(super) const NEXT_HEADER: usize = 6;
    pub(super) const HOP_LIMIT: usize = 7;
    pub(super) const SOURCE: usize = 8;
    pub(super) const DESTINATION: usize = 24;

    /// Version 6, no traffic class, no flow label.
    pub(super) const VERSION_6: u32 = 6 << 28;
    pub(super) const CLASS_SHIFT: u32 = 20;
}

/// What addresses of a link begin with: fe80::/10.
const LINK_LOCAL: u128 = 0xfe80 >> (16 - LINK_LOCAL_BITS);
const LINK_LOCAL_BITS: u32 = 10;

/// An address as two numbers, the first of which counts more: what programs in the kernel compare and
/// sum, for octets one by one their verifier does not see put together.
#[inline(always)]
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "one half after the other")]
pub const fn halves(address: [u8; 16]) -> (u64, u64) {
    let number = u128::from_be_bytes(address);
    ((number >> 64) as u64, number as u64)
}

/// Whether an address is that of a group: ff00::/8 (RFC 4291 section 2.7).
#[inline(always)]
#[must_use]
pub const fn is_group(address: [u8; 16]) -> bool {
    u128::from_be_bytes(address) >> (u128::BITS - 8) == 0xff
}

/// Whether an address means another host on each link (RFC 4291 section 2.5.6).
#[inline(always)]
#[must_use]
pub const fn is_link_local(address: [u8; 16]) -> bool {
    u128::from_be_bytes(address) >> (u128::BITS - LINK_LOCAL_BITS) == LINK_LOCAL
}

/// View of the fixed part of a header, which is all of it but for extensions.
#[derive(Clone, Copy, Debug)]
pub struct Header<T>(T);

impl<T: AsRef<[u8]>> Header<T> {
    /// # Errors
    /// [`ParseError::Truncated`] below [`HEADER_LEN`], [`ParseError::Version`] if it is not IPv6.
    #[inline(always)]
    pub fn new_checked(buffer: T) -> Result<Self, ParseError> {
        let header = Self(at_least(buffer, HEADER_LEN)?);
        if octet(header.0.as_ref(), field::VERSION_CLASS) >> 4 != 6 {
            return Err(ParseError::Version);
        }
        Ok(header)
    }

    /// Octets behind the header.
    #[inline(always)]
    pub fn payload_len(&self) -> usize {
        usize::from(word(self.0.as_ref(), field::PAYLOAD_LEN))
    }

    /// Protocol of the payload, or the kind of the first extension.
    #[inline(always)]
    pub fn next_header(&self) -> u8 {
        octet(self.0.as_ref(), field::NEXT_HEADER)
    }

    /// Hop limit.
    #[inline(always)]
    pub fn hop_limit(&self) -> u8 {
        octet(self.0.as_ref(), field::HOP_LIMIT)
    }

    /// Source address.
    #[inline(always)]
    pub fn source(&self) -> [u8; 16] {
        octets(self.0.as_ref(), field::SOURCE)
    }

    /// Destination address.
    #[inline(always)]
    pub fn destination(&self) -> [u8; 16] {
        octets(self.0.as_ref(), field::DESTINATION)
    }
}

/// View of a whole packet whose payload follows its header at once.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a>(&'a [u8]);

impl<'a> Packet<'a> {
    /// # Errors
    /// [`ParseError::Truncated`] if `buffer` is shorter than the header or than the header says,
    /// [`ParseError::Version`] if it is not IPv6.
    pub fn new_checked(buffer: &'a [u8]) -> Result<Self, ParseError> {
        let end = HEADER_LEN + Header::new_checked(buffer)?.payload_len();
        buffer.get(..end).map(Self).ok_or(ParseError::Truncated)
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> Header<&'a [u8]> {
        Header(self.0)
    }

    /// What follows the header.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.0.get(HEADER_LEN..).unwrap_or_default()
    }
}

/// Meaning of a header without extensions and flow label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repr {
    /// Traffic class.
    pub class: u8,
    /// Protocol of the payload.
    pub next_header: u8,
    /// Source address.
    pub source: [u8; 16],
    /// Destination address.
    pub destination: [u8; 16],
    /// Hop limit.
    pub hop_limit: u8,
    /// Octets behind the header.
    pub payload_len: u16,
}

impl Repr {
    /// Header of an advert of `payload_len` octets. To a peer it has the hop limit of any packet, which
    /// is what keepalived's peers expect.
    #[must_use]
    pub fn vrrp(source: [u8; 16], destination: [u8; 16], payload_len: usize) -> Self {
        Self {
            class: INTERNETWORK_CONTROL,
            next_header: PROTOCOL_VRRP,
            source,
            destination,
            hop_limit: match destination {
                [0xff, ..] => vrrp::HOPS,
                _ => HOP_LIMIT,
            },
            payload_len: u16::try_from(payload_len).unwrap_or(u16::MAX),
        }
    }

    /// Octets that [`Self::emit`] writes: the header.
    #[must_use]
    pub const fn buffer_len(&self) -> usize {
        HEADER_LEN
    }

    /// Writes the header to the front of `buffer`, which has room for it.
    #[inline(always)]
    pub fn emit(&self, buffer: &mut [u8]) {
        let beginning = field::VERSION_6 | u32::from(self.class) << field::CLASS_SHIFT;
        put(buffer, field::VERSION_CLASS, beginning.to_be_bytes());
        put(buffer, field::PAYLOAD_LEN, self.payload_len.to_be_bytes());
        put(buffer, field::NEXT_HEADER, [self.next_header]);
        put(buffer, field::HOP_LIMIT, [self.hop_limit]);
        put(buffer, field::SOURCE, self.source);
        put(buffer, field::DESTINATION, self.destination);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Repr = Repr {
        class: 0xa5,
        next_header: PROTOCOL_VRRP,
        source: [0xfe; 16],
        destination: VRRP_GROUP,
        hop_limit: vrrp::HOPS,
        payload_len: 24,
    };

    #[test]
    fn what_is_written_is_read() {
        let mut packet = [7; HEADER_LEN + 30];
        HEADER.emit(&mut packet);
        assert_eq!(packet[..4], [0x6a, 0x50, 0, 0]);
        let packet = Packet::new_checked(&packet).expect("a packet");
        let header = packet.header();
        assert_eq!(header.source(), HEADER.source);
        assert_eq!(header.destination(), HEADER.destination);
        assert_eq!(header.hop_limit(), HEADER.hop_limit);
        assert_eq!(header.next_header(), PROTOCOL_VRRP);
        assert_eq!(packet.payload(), [7; 24]);
    }

    #[test]
    fn addresses_of_a_link_are_told_from_others() {
        let beginning = |first, second| {
            let mut address = [0xff; 16];
            (address[0], address[1]) = (first, second);
            is_link_local(address)
        };
        assert!(beginning(0xfe, 0x80) && beginning(0xfe, 0xbf));
        assert!(!beginning(0xfe, 0xc0) && !beginning(0xff, 0x80) && !beginning(0x20, 0x01));
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        let mut packet = [0; HEADER_LEN + 24];
        assert_eq!(
            Packet::new_checked(&packet).map(|_| ()),
            Err(ParseError::Version)
        );
        HEADER.emit(&mut packet);
        for len in 0..packet.len() {
            let cut = Packet::new_checked(&packet[..len]).map(|_| ());
            assert_eq!(cut, Err(ParseError::Truncated), "{len}");
        }
    }
}
