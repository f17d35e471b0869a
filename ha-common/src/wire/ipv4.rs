//! IPv4 (RFC 791).

use super::checksum::Sum;
use super::{ParseError, at_least, octet, octets, put, vrrp, word};

/// Octets of a header without options.
pub const HEADER_LEN: usize = 20;

/// Protocol number of ICMP.
pub const PROTOCOL_ICMP: u8 = 1;
/// Protocol number of TCP.
pub const PROTOCOL_TCP: u8 = 6;
/// Protocol number of UDP.
pub const PROTOCOL_UDP: u8 = 17;
/// Protocol number of SCTP.
pub const PROTOCOL_SCTP: u8 = 132;
/// Protocol number of VRRP.
pub const PROTOCOL_VRRP: u8 = 112;
/// The group of VRRP routers, 224.0.0.18 (RFC 9568 section 5.1.1.2).
pub const VRRP_GROUP: [u8; 4] = [224, 0, 0, 18];
/// TTL of what answers a packet.
const REPLY_TTL: u8 = 64;
/// What of the type of service is not congestion notification (RFC 3168 section 5).
const SERVICE_CLASS: u8 = 0xfc;
/// Precedence "internetwork control", with which adverts are sent.
const INTERNETWORK_CONTROL: u8 = 0xc0;

/// Where the source address is, for who reads a packet word by word.
pub const SOURCE: usize = field::SOURCE;
/// Where the destination address is.
pub const DESTINATION: usize = field::DESTINATION;

/// Whether `address` is a group's (RFC 1112 section 4).
#[must_use]
#[inline(always)]
pub const fn is_group(address: [u8; 4]) -> bool {
    let [first, ..] = address;
    first >> 4 == 0xe
}

mod field {
    pub(super) const VERSION_IHL: usize = 0;
    pub(super) const TOS: usize = 1;
    pub(super) const TOTAL_LEN: usize = 2;
    pub(super) const IDENTIFICATION: usize = 4;
    pub(super) const FRAGMENT: usize = 6;
    pub(super) const TTL: usize = 8;
    pub(super) const PROTOCOL: usize = 9;
    pub(super) const CHECKSUM: usize = 10;
    pub(super) const SOURCE: usize = 12;
    pub(super) const DESTINATION: usize = 16;

    /// "More fragments" and the offset; "don't fragment" is not part of it.
    pub(super) const FRAGMENT_MASK: u16 = 0x3fff;
    pub(super) const FRAGMENT_OFFSET_MASK: u16 = 0x1fff;
    pub(super) const VERSION_4_NO_OPTIONS: u8 = 0x45;
}

/// View of the fixed part of a header.
#[derive(Clone, Copy, Debug)]
pub struct Header<T>(T);

impl<T: AsRef<[u8]>> Header<T> {
    /// # Errors
    /// [`ParseError::Truncated`] below [`HEADER_LEN`], [`ParseError::Version`] if it is not
    /// IPv4, [`ParseError::Length`] if the lengths inside contradict each other.
    #[inline(always)]
    pub fn new_checked(buffer: T) -> Result<Self, ParseError> {
        let header = Self(at_least(buffer, HEADER_LEN)?);
        if octet(header.0.as_ref(), field::VERSION_IHL) >> 4 != 4 {
            return Err(ParseError::Version);
        }
        if header.header_len() < HEADER_LEN || header.total_len() < header.header_len() {
            return Err(ParseError::Length);
        }
        Ok(header)
    }

    /// Type of service.
    #[inline(always)]
    pub fn tos(&self) -> u8 {
        octet(self.0.as_ref(), field::TOS)
    }

    /// Octets of the header, options included: 20 to 60.
    #[inline(always)]
    pub fn header_len(&self) -> usize {
        usize::from(octet(self.0.as_ref(), field::VERSION_IHL) & 0x0f) * 4
    }

    /// Octets of the packet; at least [`Self::header_len`].
    #[inline(always)]
    pub fn total_len(&self) -> usize {
        usize::from(word(self.0.as_ref(), field::TOTAL_LEN))
    }

    /// Octets behind the header.
    #[inline(always)]
    pub fn payload_len(&self) -> usize {
        self.total_len().saturating_sub(self.header_len())
    }

    /// Identification of the datagram.
    #[inline(always)]
    pub fn identification(&self) -> u16 {
        word(self.0.as_ref(), field::IDENTIFICATION)
    }

    /// Whether this is a part of a larger datagram.
    #[inline(always)]
    pub fn is_fragment(&self) -> bool {
        word(self.0.as_ref(), field::FRAGMENT) & field::FRAGMENT_MASK != 0
    }

    /// Whether this is a fragment other than the first: what it begins with is no header.
    #[inline(always)]
    pub fn is_later_fragment(&self) -> bool {
        word(self.0.as_ref(), field::FRAGMENT) & field::FRAGMENT_OFFSET_MASK != 0
    }

    /// Time to live.
    #[inline(always)]
    pub fn ttl(&self) -> u8 {
        octet(self.0.as_ref(), field::TTL)
    }

    /// Protocol of the payload.
    #[inline(always)]
    pub fn protocol(&self) -> u8 {
        octet(self.0.as_ref(), field::PROTOCOL)
    }

    /// Source address.
    #[inline(always)]
    pub fn source(&self) -> [u8; 4] {
        octets(self.0.as_ref(), field::SOURCE)
    }

    /// Destination address.
    #[inline(always)]
    pub fn destination(&self) -> [u8; 4] {
        octets(self.0.as_ref(), field::DESTINATION)
    }
}

/// View of a whole packet. Octets behind its total length (Ethernet padding) do not belong to it.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a>(&'a [u8]);

impl<'a> Packet<'a> {
    /// # Errors
    /// Those of [`Header::new_checked`], and [`ParseError::Truncated`] if the buffer ends before
    /// the packet.
    pub fn new_checked(buffer: &'a [u8]) -> Result<Self, ParseError> {
        let len = Header::new_checked(buffer)?.total_len();
        buffer.get(..len).map(Self).ok_or(ParseError::Truncated)
    }

    /// The fixed part of the header.
    #[must_use]
    pub const fn header(&self) -> Header<&'a [u8]> {
        Header(self.0)
    }

    /// Everything behind the header and its options.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.0.get(self.header().header_len()..).unwrap_or_default()
    }

    /// # Errors
    /// [`ParseError::Checksum`] if the header's checksum is wrong.
    pub fn verify_checksum(&self) -> Result<(), ParseError> {
        let header = self.0.get(..self.header().header_len()).unwrap_or_default();
        match Sum::default().octets(header).finish() {
            0 => Ok(()),
            _ => Err(ParseError::Checksum),
        }
    }
}

/// Meaning of a header without options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repr {
    /// Type of service.
    pub tos: u8,
    /// Identification of the datagram.
    pub identification: u16,
    /// Time to live.
    pub ttl: u8,
    /// Protocol of the payload.
    pub protocol: u8,
    /// Source address.
    pub source: [u8; 4],
    /// Destination address.
    pub destination: [u8; 4],
    /// Octets of the payload.
    pub payload_len: usize,
}

impl Repr {
    /// The header that carries an advert of `payload_len` octets.
    #[must_use]
    pub const fn vrrp(
        source: [u8; 4],
        destination: [u8; 4],
        identification: u16,
        payload_len: usize,
    ) -> Self {
        Self {
            tos: INTERNETWORK_CONTROL,
            identification,
            ttl: vrrp::HOPS,
            protocol: PROTOCOL_VRRP,
            source,
            destination,
            payload_len,
        }
    }

    /// The header of an answer of `payload_len` octets to the packet with the header `asked`.
    #[inline(always)]
    pub fn reply<T: AsRef<[u8]>>(asked: &Header<T>, protocol: u8, payload_len: usize) -> Self {
        Self {
            tos: asked.tos() & SERVICE_CLASS,
            identification: asked.identification(),
            ttl: REPLY_TTL,
            protocol,
            source: asked.destination(),
            destination: asked.source(),
            payload_len,
        }
    }

    /// Options and fragmentation have no place here and are left out.
    #[must_use]
    pub fn parse(packet: &Packet<'_>) -> Self {
        let header = packet.header();
        Self {
            tos: header.tos(),
            identification: header.identification(),
            ttl: header.ttl(),
            protocol: header.protocol(),
            source: header.source(),
            destination: header.destination(),
            payload_len: header.payload_len(),
        }
    }

    /// Octets that [`Self::emit`] writes: the header.
    #[must_use]
    pub const fn buffer_len(&self) -> usize {
        HEADER_LEN
    }

    /// Writes the header to the front of `buffer`, which has room for it. A total length above
    /// 65535, which no packet can have, is written as 65535.
    #[inline(always)]
    pub fn emit(&self, buffer: &mut [u8]) {
        let total = u16::try_from(HEADER_LEN.saturating_add(self.payload_len)).unwrap_or(u16::MAX);
        put(buffer, field::VERSION_IHL, [field::VERSION_4_NO_OPTIONS]);
        put(buffer, field::TOS, [self.tos]);
        put(buffer, field::TOTAL_LEN, total.to_be_bytes());
        put(
            buffer,
            field::IDENTIFICATION,
            self.identification.to_be_bytes(),
        );
        put(buffer, field::FRAGMENT, [0; 2]);
        put(buffer, field::TTL, [self.ttl]);
        put(buffer, field::PROTOCOL, [self.protocol]);
        put(buffer, field::CHECKSUM, [0; 2]);
        put(buffer, field::SOURCE, self.source);
        put(buffer, field::DESTINATION, self.destination);
        let header = buffer.get(..HEADER_LEN).unwrap_or_default();
        let checksum = Sum::default().octets(header).finish();
        put(buffer, field::CHECKSUM, checksum.to_be_bytes());
    }
}
