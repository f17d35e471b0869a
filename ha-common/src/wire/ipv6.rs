//! IPv6 (RFC 8200), as far as adverts and neighbours need it: without extension headers.

use super::ipv4::PROTOCOL_VRRP;
use super::{ParseError, at_least, octet, octets, put, word};

/// Octets of the header.
pub const HEADER_LEN: usize = 40;
/// Next header of ICMPv6.
pub const PROTOCOL_ICMPV6: u8 = 58;
/// The group of VRRP routers, ff02::12 (RFC 9568 section 5.1.2.2).
pub const VRRP_GROUP: [u8; 16] = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12];
/// Hop limit of adverts, proof that no router has forwarded them (RFC 9568 section 5.1.2.3).
pub const VRRP_HOP_LIMIT: u8 = 255;

/// Of packets of which nothing is said: Linux's.
const HOP_LIMIT: u8 = 64;

mod field {
    pub(super) const VERSION_CLASS: usize = 0;
    pub(super) const PAYLOAD_LEN: usize = 4;
    pub(super) const NEXT_HEADER: usize = 6;
    pub(super) const HOP_LIMIT: usize = 7;
    pub(super) const SOURCE: usize = 8;
    pub(super) const DESTINATION: usize = 24;

    /// Version 6, precedence "internetwork control" as of IPv4, and no flow label.
    pub(super) const VERSION_6: [u8; 4] = [0x6c, 0, 0, 0];
}

/// Whether an address means another host on each link (RFC 4291 section 2.5.6).
#[inline(always)]
#[must_use]
pub const fn is_link_local(address: [u8; 16]) -> bool {
    let [first, second, ..] = address;
    first == 0xfe && second & 0xc0 == 0x80
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

/// Meaning of the header of an advert's packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repr {
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
            source,
            destination,
            hop_limit: match destination {
                VRRP_GROUP => VRRP_HOP_LIMIT,
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
    pub fn emit(&self, buffer: &mut [u8]) {
        put(buffer, field::VERSION_CLASS, field::VERSION_6);
        put(buffer, field::PAYLOAD_LEN, self.payload_len.to_be_bytes());
        put(buffer, field::NEXT_HEADER, [PROTOCOL_VRRP]);
        put(buffer, field::HOP_LIMIT, [self.hop_limit]);
        put(buffer, field::SOURCE, self.source);
        put(buffer, field::DESTINATION, self.destination);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Repr = Repr {
        source: [0xfe; 16],
        destination: VRRP_GROUP,
        hop_limit: VRRP_HOP_LIMIT,
        payload_len: 24,
    };

    #[test]
    fn what_is_written_is_read() {
        let mut packet = [7; HEADER_LEN + 30];
        HEADER.emit(&mut packet);
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
