//! From a router's wishes to a packet, and from a packet to what the election may believe.

mod detail;
mod frames;

use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::BytesMut;
use ha_common::abi::{CAST_MULTICAST, CAST_UNICAST, Familiar, RouterKey};
use ha_common::wire::checksum::PseudoHeader;
use ha_common::wire::vrrp::{self as wire, Authentication};
use ha_common::wire::{ParseError, ipv4};
use ha_common::{Priority, Reason, Vrid};

pub use self::detail::Detail;
pub use self::frames::Frames;
use crate::vrrp::{Advert, Version};

type Ip<'a> = ipv4::Header<&'a [u8]>;
type Header<'a> = wire::Header<&'a [u8]>;

/// The group that adverts are sent to, 224.0.0.18 (RFC 9568 section 5.1.1.2).
pub const GROUP: Ipv4Addr = Ipv4Addr::from_octets(ipv4::VRRP_GROUP);

/// Identification of a packet that the kernel is to number (`raw(7)`).
const UNNUMBERED: u16 = 0;

/// Where adverts of a router go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cast {
    /// To [`GROUP`].
    Multicast,
    /// To each of these peers.
    Unicast(Vec<Ipv4Addr>),
}

impl Cast {
    /// As the data path's keys have it.
    const fn code(&self) -> u8 {
        match self {
            Self::Multicast => CAST_MULTICAST,
            Self::Unicast(_) => CAST_UNICAST,
        }
    }
}

/// How adverts of one router look on the wire, sent and expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framing {
    /// Virtual Router Identifier.
    pub vrid: Vrid,
    /// Protocol version.
    pub version: Version,
    /// Source of our adverts.
    pub source: Ipv4Addr,
    /// Password of version 2, padded with zeros; `None` for none.
    pub auth: Option<[u8; 8]>,
    /// Addresses named in our adverts.
    pub addresses: Vec<Ipv4Addr>,
    /// Advertisement_Interval.
    pub interval: Duration,
    /// Where adverts go.
    pub cast: Cast,
    /// The checksum of version 3 leaves the pseudo-header out, as RFC 9568 has it, and received
    /// ones are not judged; otherwise as RFC 5798 was read.
    pub checksum_as_v2: bool,
    /// Adverts count only if a peer of [`Cast::Unicast`] sent them.
    pub check_unicast_source: bool,
}

impl Framing {
    /// How the data path knows the router on `ifindex`.
    #[must_use]
    pub const fn key(&self, ifindex: u32) -> RouterKey {
        RouterKey::ipv4(ifindex, self.vrid.get(), self.cast.code())
    }

    /// Where each advert must be sent to.
    pub fn destinations(&self) -> &[Ipv4Addr] {
        match &self.cast {
            Cast::Multicast => &[GROUP],
            Cast::Unicast(peers) => peers,
        }
    }

    /// Writes a complete IPv4 packet with an advert into `packet`, replacing what was there. The
    /// kernel puts a number into its header when it is sent.
    pub fn encode(&self, priority: Priority, destination: Ipv4Addr, packet: &mut BytesMut) {
        let addresses: Vec<_> = self.addresses.iter().map(Ipv4Addr::octets).collect();
        let advert = wire::Repr {
            version: self.wire_version(),
            vrid: self.vrid,
            priority,
            interval: self.interval,
            addresses: &addresses,
        };
        packet.clear();
        packet.resize(ipv4::HEADER_LEN + advert.buffer_len(), 0);
        let (source, destination) = (self.source.octets(), destination.octets());
        ipv4::Repr::vrrp(source, destination, UNNUMBERED, advert.buffer_len()).emit(packet);
        let pseudo = self.pseudo_header(source, destination);
        advert.emit(&mut packet[ipv4::HEADER_LEN..], pseudo);
    }

    /// Judges a packet from its IP header on: the same checks in the same order as the XDP
    /// program's, which is keepalived's, so that a packet with several faults counts as the same
    /// one everywhere. What XDP has let through is judged again.
    ///
    /// # Errors
    /// Why the election must not see it.
    pub fn validate(&self, packet: &[u8]) -> Result<Advert, Reason> {
        let packet = ipv4::Packet::new_checked(packet).map_err(reason)?;
        let (ip, message) = (packet.header(), packet.payload());
        let header = wire::Header::new_checked(message).map_err(reason)?;
        if header.vrid() != self.vrid.get() || cast(&ip) != self.cast.code() {
            return Err(Reason::AdvertForeign);
        }
        let source = Ipv4Addr::from(ip.source());
        if source == self.source {
            return Err(Reason::AdvertOwn);
        }
        self.check_header(&ip, &header, message.len())?;
        let message = wire::Packet::new_checked(message).map_err(reason)?;
        self.check_authentication(&message)?;
        let advert = wire::Repr::parse(&message).map_err(reason)?;
        self.check_checksum(&ip, &message)?;
        self.check_source(source)?;
        Ok(Advert {
            source,
            priority: advert.priority,
            interval: advert.interval,
        })
    }

    /// Length, path and version. An unknown version has no length, and fails as such.
    fn check_header(&self, ip: &Ip<'_>, header: &Header<'_>, length: usize) -> Result<(), Reason> {
        if header.expected_len().is_some_and(|len| len != length) {
            return Err(Reason::AdvertLength);
        }
        if self.cast == Cast::Multicast && ip.ttl() != ipv4::VRRP_TTL {
            return Err(Reason::AdvertTtl);
        }
        let version = match self.version {
            Version::V2 => 2,
            Version::V3 => 3,
        };
        if header.version() != version {
            return Err(Reason::AdvertVersion);
        }
        Ok(())
    }

    /// Version 2's authentication, and the interval that its routers must agree on. One of zero in
    /// version 3 would let Active_Down_Interval shrink to nothing.
    fn check_authentication(&self, message: &wire::Packet<'_>) -> Result<(), Reason> {
        let interval = message.header().interval();
        match message.authentication() {
            Some(received) if !self.is_authentic(received) => Err(Reason::AdvertAuth),
            Some(_) if interval != self.interval => Err(Reason::AdvertInterval),
            None if interval.is_zero() => Err(Reason::AdvertInterval),
            _ => Ok(()),
        }
    }

    fn check_checksum(&self, ip: &Ip<'_>, message: &wire::Packet<'_>) -> Result<(), Reason> {
        if self.version == Version::V3 && self.checksum_as_v2 {
            return Ok(());
        }
        let pseudo = self.pseudo_header(ip.source(), ip.destination());
        message.verify_checksum(pseudo).map_err(reason)
    }

    fn check_source(&self, source: Ipv4Addr) -> Result<(), Reason> {
        match &self.cast {
            Cast::Unicast(peers) if self.check_unicast_source && !peers.contains(&source) => {
                Err(Reason::AdvertSource)
            }
            _ => Ok(()),
        }
    }

    /// Compares every octet of a password whatever the first ones are, so that the time taken
    /// tells nobody how many are right.
    fn is_authentic(&self, received: Authentication) -> bool {
        let expected = self.authentication();
        let octets = expected.data.iter().zip(received.data);
        let difference = octets.fold(0, |sum, (ours, theirs)| sum | (ours ^ theirs));
        received.kind == expected.kind && (self.auth.is_none() || difference == 0)
    }

    fn authentication(&self) -> Authentication {
        self.auth
            .map_or(Authentication::NONE, Authentication::plain_text)
    }

    fn wire_version(&self) -> wire::Version {
        match self.version {
            Version::V2 => wire::Version::V2(self.authentication()),
            Version::V3 => wire::Version::V3,
        }
    }

    fn pseudo_header(&self, source: [u8; 4], destination: [u8; 4]) -> PseudoHeader {
        if self.version == Version::V2 || self.checksum_as_v2 {
            return PseudoHeader::Omitted;
        }
        PseudoHeader::Included {
            source,
            destination,
        }
    }
}

/// What the data path counts for the same fault.
const fn reason(error: ParseError) -> Reason {
    match error {
        ParseError::Version => Reason::AdvertVersion,
        ParseError::Type => Reason::AdvertType,
        ParseError::Checksum => Reason::AdvertChecksum,
        ParseError::Vrid => Reason::AdvertForeign,
        ParseError::Length => Reason::AdvertLength,
        ParseError::Truncated | ParseError::AddressSpace => Reason::Unparsable,
    }
}

/// The router that a packet is for, before anything about it is believed.
///
/// # Returns
/// `None` if the packet has no VRRP header that can be read.
#[must_use]
pub fn addressee(ifindex: u32, packet: &[u8]) -> Option<RouterKey> {
    let packet = ipv4::Packet::new_checked(packet).ok()?;
    let header = wire::Header::new_checked(packet.payload()).ok()?;
    let cast = cast(&packet.header());
    Some(RouterKey::ipv4(ifindex, header.vrid(), cast))
}

/// What a packet says, as the data path compares it; `None` if it has no VRRP header.
#[must_use]
pub fn familiar(packet: &[u8]) -> Option<Familiar> {
    let packet = ipv4::Packet::new_checked(packet).ok()?;
    Some(Familiar {
        source: packet.header().source(),
        header: *packet.payload().first_chunk()?,
    })
}

/// Whom a packet is sent to, as the data path's keys have it.
fn cast(ip: &Ip<'_>) -> u8 {
    if ip.destination() == ipv4::VRRP_GROUP {
        CAST_MULTICAST
    } else {
        CAST_UNICAST
    }
}

#[cfg(test)]
mod tests;
