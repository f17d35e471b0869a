//! VRRP: version 2 (RFC 3768) and version 3 (RFC 9568). Version 2 is of IPv4; over IPv6 keepalived speaks
//! it all the same, as a draft once had it (draft-ietf-vrrp-ipv6-spec): without authentication data, and
//! with a pseudo-header.

use core::net::IpAddr;
use core::time::Duration;

use super::checksum::{PseudoHeader, Sum};
use super::ipv4::PROTOCOL_VRRP;
use super::{ParseError, at_least, octet, octets, put, word};
use crate::id::{Family, Priority, Vrid};

/// TTL or hop limit of adverts to a group, proof that no router has forwarded them (RFC 9568 sections
/// 5.1.1.3 and 5.1.2.3).
pub const HOPS: u8 = 255;
/// Octets before the addresses, in both versions.
pub const HEADER_LEN: usize = 8;
/// Octets of an IPv4 address.
const IPV4_LEN: usize = Family::Ipv4.address_len();
/// Octets of authentication data behind the addresses of every version 2 advert over IPv4.
pub const AUTH_LEN: usize = 8;
/// Addresses that one advert can carry.
pub const MAX_ADDRESSES: usize = 255;
/// Octets of the longest advert over IPv4.
pub const MAX_LEN: usize = HEADER_LEN + MAX_ADDRESSES * IPV4_LEN + AUTH_LEN;

/// The only packet type there is.
const TYPE_ADVERTISEMENT: u8 = 1;

const NANOS_PER_SECOND: u64 = 1_000_000_000;
const NANOS_PER_CENTISECOND: u64 = 10_000_000;

mod field {
    pub(super) const VERSION_TYPE: usize = 0;
    pub(super) const VRID: usize = 1;
    pub(super) const PRIORITY: usize = 2;
    pub(super) const COUNT: usize = 3;
    /// Version 2: authentication type, then seconds. Version 3: 12 bits of centiseconds.
    pub(super) const INTERVAL: usize = 4;
    pub(super) const CHECKSUM: usize = 6;
    pub(super) const ADDRESSES: usize = 8;

    pub(super) const SECONDS_MASK: u16 = 0x00ff;
    pub(super) const CENTISECONDS_MASK: u16 = 0x0fff;
}

/// Version 2's authentication (RFC 2338 section 5.3.6; RFC 3768 keeps the room for it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// 0 none, 1 plain text, 2 authentication header.
    pub kind: u8,
    /// The password, padded with zeros.
    pub data: [u8; AUTH_LEN],
}

impl Authentication {
    /// Authentication type of [`Self::NONE`].
    pub const KIND_NONE: u8 = 0;
    /// Authentication type of [`Self::plain_text`].
    pub const KIND_PLAIN_TEXT: u8 = 1;

    /// Eight zeros.
    pub const NONE: Self = Self {
        kind: Self::KIND_NONE,
        data: [0; AUTH_LEN],
    };

    /// A password of eight octets, shorter ones padded with zeros.
    #[must_use]
    pub const fn plain_text(data: [u8; AUTH_LEN]) -> Self {
        Self {
            kind: Self::KIND_PLAIN_TEXT,
            data,
        }
    }
}

/// What the two versions do not share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// RFC 3768: intervals of whole seconds, checksum without pseudo-header.
    V2(Authentication),
    /// RFC 9568: intervals of centiseconds.
    V3,
}

/// View of the eight octets before the addresses.
#[derive(Clone, Copy, Debug)]
pub struct Header<T>(T);

impl<T: AsRef<[u8]>> Header<T> {
    /// # Errors
    /// [`ParseError::Truncated`] below [`HEADER_LEN`].
    #[inline(always)]
    pub fn new_checked(buffer: T) -> Result<Self, ParseError> {
        at_least(buffer, HEADER_LEN).map(Self)
    }

    /// Version on the wire: 2, 3, or what is not known.
    #[inline(always)]
    pub fn version(&self) -> u8 {
        octet(self.0.as_ref(), field::VERSION_TYPE) >> 4
    }

    /// Whether the packet is an ADVERTISEMENT, the only type that is defined.
    #[inline(always)]
    pub fn is_advertisement(&self) -> bool {
        octet(self.0.as_ref(), field::VERSION_TYPE) & 0x0f == TYPE_ADVERTISEMENT
    }

    /// VRID on the wire.
    #[inline(always)]
    pub fn vrid(&self) -> u8 {
        octet(self.0.as_ref(), field::VRID)
    }

    /// Priority of the sender.
    #[inline(always)]
    pub fn priority(&self) -> u8 {
        octet(self.0.as_ref(), field::PRIORITY)
    }

    /// How many addresses follow.
    #[inline(always)]
    pub fn count(&self) -> usize {
        usize::from(octet(self.0.as_ref(), field::COUNT))
    }

    /// Authentication type of a version 2 advert.
    #[inline(always)]
    pub fn auth_kind(&self) -> u8 {
        octet(self.0.as_ref(), field::INTERVAL)
    }

    /// Where the authentication data of a version 2 advert over IPv4 begins.
    #[inline(always)]
    pub fn auth_offset(&self) -> usize {
        field::ADDRESSES + self.count() * IPV4_LEN
    }

    /// Advertisement_Interval of the sender.
    #[inline(always)]
    pub fn interval(&self) -> Duration {
        Duration::from_nanos(self.interval_nanos())
    }

    /// Advertisement_Interval of the sender, in nanoseconds: what the XDP program counts in, which
    /// divides only at a price.
    #[inline(always)]
    pub fn interval_nanos(&self) -> u64 {
        let value = word(self.0.as_ref(), field::INTERVAL);
        match self.version() {
            2 => u64::from(value & field::SECONDS_MASK) * NANOS_PER_SECOND,
            _ => u64::from(value & field::CENTISECONDS_MASK) * NANOS_PER_CENTISECOND,
        }
    }

    /// Octets that an advert of this version with so many addresses of `family` has; `None` for an
    /// unknown version.
    #[inline(always)]
    pub fn expected_len(&self, family: Family) -> Option<usize> {
        let all_addresses = field::ADDRESSES + self.count() * family.address_len();
        match (self.version(), family) {
            (2, Family::Ipv4) => Some(all_addresses + AUTH_LEN),
            (2, Family::Ipv6) | (3, _) => Some(all_addresses),
            _ => None,
        }
    }
}

/// Virtual addresses, all of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses<'a> {
    /// Of IPv4.
    Ipv4(&'a [[u8; 4]]),
    /// Of IPv6.
    Ipv6(&'a [[u8; 16]]),
}

impl<'a> Addresses<'a> {
    /// Their family.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self {
            Self::Ipv4(_) => Family::Ipv4,
            Self::Ipv6(_) => Family::Ipv6,
        }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Ipv4(list) => list.len(),
            Self::Ipv6(list) => list.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All octets, one address after the other.
    #[must_use]
    pub const fn octets(&self) -> &'a [u8] {
        match self {
            Self::Ipv4(list) => list.as_flattened(),
            Self::Ipv6(list) => list.as_flattened(),
        }
    }

    /// The addresses.
    pub fn iter(self) -> impl Iterator<Item = IpAddr> + Clone + use<'a> {
        let ipv4 = match self {
            Self::Ipv4(list) => list,
            Self::Ipv6(_) => &[],
        };
        let ipv6 = match self {
            Self::Ipv4(_) => &[],
            Self::Ipv6(list) => list,
        };
        let ipv4 = ipv4.iter().copied().map(IpAddr::from);
        ipv4.chain(ipv6.iter().copied().map(IpAddr::from))
    }

    /// The first [`MAX_ADDRESSES`] of them.
    const fn listed(self) -> Self {
        match self {
            Self::Ipv4(list) => match list.split_at_checked(MAX_ADDRESSES) {
                Some((listed, _)) => Self::Ipv4(listed),
                None => self,
            },
            Self::Ipv6(list) => match list.split_at_checked(MAX_ADDRESSES) {
                Some((listed, _)) => Self::Ipv6(listed),
                None => self,
            },
        }
    }
}

/// View of a whole packet.
///
/// ```text
/// | version, type (1) | VRID (1) | priority (1) | count (1) |
/// | v2: auth type (1), seconds (1)  v3: centiseconds (2) | checksum (2) |
/// | addresses (4 or 16 each) ... | v2: authentication data (8) |
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    octets: &'a [u8],
    family: Family,
}

impl<'a> Packet<'a> {
    /// # Errors
    /// [`ParseError::Truncated`] below [`HEADER_LEN`], [`ParseError::Version`] if it is neither
    /// 2 nor 3, [`ParseError::Length`] if `buffer` is not exactly as long as the version and the
    /// number of addresses demand.
    pub fn new_checked(buffer: &'a [u8], family: Family) -> Result<Self, ParseError> {
        let expected = Header::new_checked(buffer)?.expected_len(family);
        if expected.ok_or(ParseError::Version)? != buffer.len() {
            return Err(ParseError::Length);
        }
        Ok(Self {
            octets: buffer,
            family,
        })
    }

    /// The fixed part.
    #[must_use]
    pub const fn header(&self) -> Header<&'a [u8]> {
        Header(self.octets)
    }

    /// The virtual addresses, of which there may be none.
    #[must_use]
    pub fn addresses(&self) -> Addresses<'a> {
        let len = self.header().count() * self.family.address_len();
        let octets = self.octets.get(field::ADDRESSES..field::ADDRESSES + len);
        let octets = octets.unwrap_or_default();
        match self.family {
            Family::Ipv4 => Addresses::Ipv4(octets.as_chunks().0),
            Family::Ipv6 => Addresses::Ipv6(octets.as_chunks().0),
        }
    }

    /// Authentication; `None` in version 3.
    #[must_use]
    pub fn authentication(&self) -> Option<Authentication> {
        (self.header().version() == 2).then(|| Authentication {
            kind: self.header().auth_kind(),
            data: match self.family {
                Family::Ipv4 => octets(self.octets, self.header().auth_offset()),
                Family::Ipv6 => Authentication::NONE.data,
            },
        })
    }

    /// # Errors
    /// [`ParseError::Checksum`] if it is wrong for `pseudo`. Version 2 over IPv4 never has a pseudo-header.
    pub fn verify_checksum(&self, pseudo: PseudoHeader) -> Result<(), ParseError> {
        match message_sum(self.octets, pseudo).finish() {
            0 => Ok(()),
            _ => Err(ParseError::Checksum),
        }
    }
}

fn message_sum(message: &[u8], pseudo: PseudoHeader) -> Sum {
    let len = u16::try_from(message.len()).unwrap_or(u16::MAX);
    Sum::pseudo(pseudo, PROTOCOL_VRRP, len).octets(message)
}

/// Meaning of an advert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repr<'a> {
    /// Version, and what only that version carries.
    pub version: Version,
    /// Which Virtual Router.
    pub vrid: Vrid,
    /// Priority of the sender.
    pub priority: Priority,
    /// Advertisement_Interval of the sender.
    pub interval: Duration,
    /// The virtual addresses, at most [`MAX_ADDRESSES`].
    pub addresses: Addresses<'a>,
}

impl<'a> Repr<'a> {
    /// The checksum is judged by [`Packet::verify_checksum`], because not every configuration
    /// wants it judged.
    ///
    /// # Errors
    /// [`ParseError::Type`] or [`ParseError::Vrid`].
    pub fn parse(packet: &Packet<'a>) -> Result<Self, ParseError> {
        let header = packet.header();
        if !header.is_advertisement() {
            return Err(ParseError::Type);
        }
        Ok(Self {
            version: packet.authentication().map_or(Version::V3, Version::V2),
            vrid: Vrid::new(header.vrid()).ok_or(ParseError::Vrid)?,
            priority: Priority::new(header.priority()),
            interval: header.interval(),
            addresses: packet.addresses(),
        })
    }

    /// Octets that [`Self::emit`] writes.
    #[must_use]
    pub const fn buffer_len(&self) -> usize {
        let auth = match (self.version, self.addresses.family()) {
            (Version::V2(_), Family::Ipv4) => AUTH_LEN,
            (Version::V2(_), Family::Ipv6) | (Version::V3, _) => 0,
        };
        HEADER_LEN + self.addresses.listed().octets().len() + auth
    }

    /// Writes the advert to the front of `buffer`, which has room for [`Self::buffer_len`].
    /// An interval that the version cannot express becomes the nearest one that it can.
    pub fn emit(&self, buffer: &mut [u8], pseudo: PseudoHeader) {
        let listed = self.addresses.listed();
        let count = u8::try_from(listed.len()).unwrap_or(u8::MAX);
        let (version, interval) = match self.version {
            Version::V2(auth) => (2, [auth.kind, seconds(self.interval)]),
            Version::V3 => (3, centiseconds(self.interval).to_be_bytes()),
        };
        let pseudo = match (self.version, listed.family()) {
            (Version::V2(_), Family::Ipv4) => PseudoHeader::Omitted,
            _ => pseudo,
        };
        put(
            buffer,
            field::VERSION_TYPE,
            [version << 4 | TYPE_ADVERTISEMENT],
        );
        put(buffer, field::VRID, [self.vrid.get()]);
        put(buffer, field::PRIORITY, [self.priority.get()]);
        put(buffer, field::COUNT, [count]);
        put(buffer, field::INTERVAL, interval);
        put(buffer, field::CHECKSUM, [0; 2]);
        self.emit_tail(buffer, listed.octets());
        let message = buffer.get(..self.buffer_len()).unwrap_or_default();
        let checksum = message_sum(message, pseudo).finish();
        put(buffer, field::CHECKSUM, checksum.to_be_bytes());
    }

    fn emit_tail(&self, buffer: &mut [u8], listed: &[u8]) {
        let end = field::ADDRESSES + listed.len();
        if let Some(room) = buffer.get_mut(field::ADDRESSES..end) {
            room.copy_from_slice(listed);
        }
        if let (Version::V2(auth), Family::Ipv4) = (self.version, self.addresses.family()) {
            put(buffer, end, auth.data);
        }
    }
}

/// Version 2's interval: 1-255 whole seconds, rounded to the nearest.
fn seconds(interval: Duration) -> u8 {
    let rounded = interval
        .saturating_add(Duration::from_millis(500))
        .as_secs();
    u8::try_from(rounded).unwrap_or(u8::MAX).max(1)
}

/// Version 3's interval: 1-4095 centiseconds, rounded to the nearest.
fn centiseconds(interval: Duration) -> u16 {
    let rounded = interval
        .saturating_add(Duration::from_millis(5))
        .as_millis()
        / 10;
    u16::try_from(rounded)
        .unwrap_or(u16::MAX)
        .clamp(1, field::CENTISECONDS_MASK)
}
