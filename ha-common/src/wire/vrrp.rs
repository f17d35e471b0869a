//! VRRP for IPv4: version 2 (RFC 3768) and version 3 (RFC 9568).

use core::time::Duration;

use super::checksum::{PseudoHeader, Sum};
use super::ipv4::PROTOCOL_VRRP;
use super::{ParseError, at_least, octet, octets, put, word};
use crate::id::{Priority, Vrid};

/// Octets before the addresses, in both versions.
pub const HEADER_LEN: usize = 8;
/// Octets of an address.
pub const ADDRESS_LEN: usize = 4;
/// Octets of authentication data behind the addresses of every version 2 advert.
pub const AUTH_LEN: usize = 8;
/// Addresses that one advert can carry.
pub const MAX_ADDRESSES: usize = 255;
/// Octets of the longest advert.
pub const MAX_LEN: usize = HEADER_LEN + MAX_ADDRESSES * ADDRESS_LEN + AUTH_LEN;

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

    /// Where the authentication data of a version 2 advert begins.
    #[inline(always)]
    pub fn auth_offset(&self) -> usize {
        field::ADDRESSES + self.count() * ADDRESS_LEN
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

    /// Octets that an advert of this version with these addresses has; `None` for an unknown
    /// version.
    #[inline(always)]
    pub fn expected_len(&self) -> Option<usize> {
        match self.version() {
            2 => Some(self.auth_offset() + AUTH_LEN),
            3 => Some(self.auth_offset()),
            _ => None,
        }
    }
}

/// View of a whole packet.
///
/// ```text
/// | version, type (1) | VRID (1) | priority (1) | count (1) |
/// | v2: auth type (1), seconds (1)  v3: centiseconds (2) | checksum (2) |
/// | addresses (4 each) ... | v2: authentication data (8) |
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a>(&'a [u8]);

impl<'a> Packet<'a> {
    /// # Errors
    /// [`ParseError::Truncated`] below [`HEADER_LEN`], [`ParseError::Version`] if it is neither
    /// 2 nor 3, [`ParseError::Length`] if `buffer` is not exactly as long as the version and the
    /// number of addresses demand.
    pub fn new_checked(buffer: &'a [u8]) -> Result<Self, ParseError> {
        let expected = Header::new_checked(buffer)?.expected_len();
        if expected.ok_or(ParseError::Version)? != buffer.len() {
            return Err(ParseError::Length);
        }
        Ok(Self(buffer))
    }

    /// The fixed part.
    #[must_use]
    pub const fn header(&self) -> Header<&'a [u8]> {
        Header(self.0)
    }

    /// The virtual addresses, of which there may be none.
    #[must_use]
    pub fn addresses(&self) -> &'a [[u8; ADDRESS_LEN]] {
        let octets = self.0.get(field::ADDRESSES..self.header().auth_offset());
        octets.unwrap_or_default().as_chunks().0
    }

    /// Authentication; `None` in version 3.
    #[must_use]
    pub fn authentication(&self) -> Option<Authentication> {
        (self.header().version() == 2).then(|| Authentication {
            kind: self.header().auth_kind(),
            data: octets(self.0, self.header().auth_offset()),
        })
    }

    /// # Errors
    /// [`ParseError::Checksum`] if it is wrong for `pseudo`. Version 2 never has a pseudo-header.
    pub fn verify_checksum(&self, pseudo: PseudoHeader) -> Result<(), ParseError> {
        match message_sum(self.0, pseudo).finish() {
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
    pub addresses: &'a [[u8; ADDRESS_LEN]],
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
        let auth = match self.version {
            Version::V2(_) => AUTH_LEN,
            Version::V3 => 0,
        };
        HEADER_LEN + self.listed().len() * ADDRESS_LEN + auth
    }

    /// The addresses that an advert has room for.
    const fn listed(&self) -> &'a [[u8; ADDRESS_LEN]] {
        match self.addresses.split_at_checked(MAX_ADDRESSES) {
            Some((listed, _)) => listed,
            None => self.addresses,
        }
    }

    /// Writes the advert to the front of `buffer`, which has room for [`Self::buffer_len`].
    /// An interval that the version cannot express becomes the nearest one that it can.
    pub fn emit(&self, buffer: &mut [u8], pseudo: PseudoHeader) {
        let listed = self.listed();
        let count = u8::try_from(listed.len()).unwrap_or(u8::MAX);
        let (version, interval, pseudo) = match self.version {
            Version::V2(auth) => (
                2,
                [auth.kind, seconds(self.interval)],
                PseudoHeader::Omitted,
            ),
            Version::V3 => (3, centiseconds(self.interval).to_be_bytes(), pseudo),
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
        self.emit_tail(buffer, listed);
        let message = buffer.get(..self.buffer_len()).unwrap_or_default();
        let checksum = message_sum(message, pseudo).finish();
        put(buffer, field::CHECKSUM, checksum.to_be_bytes());
    }

    fn emit_tail(&self, buffer: &mut [u8], listed: &[[u8; ADDRESS_LEN]]) {
        for (index, address) in listed.iter().enumerate() {
            put(buffer, field::ADDRESSES + index * ADDRESS_LEN, *address);
        }
        if let Version::V2(auth) = self.version {
            let at = field::ADDRESSES + listed.len() * ADDRESS_LEN;
            put(buffer, at, auth.data);
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
