//! From a router's wishes to a packet, and from a packet to what the election may believe.

use std::net::Ipv4Addr;
use std::num::NonZeroU16;
use std::time::Duration;

use bytes::BytesMut;
use ha_common::abi::{CAST_MULTICAST, CAST_UNICAST, RouterKey};
use ha_common::wire::checksum::PseudoHeader;
use ha_common::wire::vrrp::{self as wire, Authentication};
use ha_common::wire::{ParseError, ipv4};
use ha_common::{Priority, Reason, Vrid};

use crate::vrrp::{Advert, Version};

/// The group that adverts are sent to, 224.0.0.18 (RFC 9568 section 5.1.1.2).
pub const GROUP: Ipv4Addr = Ipv4Addr::from_octets(ipv4::VRRP_GROUP);

/// Where adverts of a router go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cast {
    /// To [`GROUP`].
    Multicast,
    /// To each of these peers.
    Unicast(Vec<Ipv4Addr>),
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
        let cast = match self.cast {
            Cast::Multicast => CAST_MULTICAST,
            Cast::Unicast(_) => CAST_UNICAST,
        };
        RouterKey::ipv4(ifindex, self.vrid.get(), cast)
    }

    /// Where each advert must be sent to.
    pub fn destinations(&self) -> &[Ipv4Addr] {
        match &self.cast {
            Cast::Multicast => &[GROUP],
            Cast::Unicast(peers) => peers,
        }
    }

    /// Writes a complete IPv4 packet with an advert into `packet`, replacing what was there.
    pub fn encode(
        &self,
        priority: Priority,
        destination: Ipv4Addr,
        ident: NonZeroU16,
        packet: &mut BytesMut,
    ) {
        let addresses: Vec<_> = self.addresses.iter().map(Ipv4Addr::octets).collect();
        let advert = wire::Repr {
            version: self.wire_version(),
            vrid: self.vrid,
            priority,
            interval: self.interval,
            addresses: &addresses,
        };
        let (source, destination) = (self.source.octets(), destination.octets());
        let header = ipv4::Repr::vrrp(source, destination, ident.get(), advert.buffer_len());
        packet.clear();
        packet.resize(header.buffer_len() + advert.buffer_len(), 0);
        let (front, message) = packet.split_at_mut(header.buffer_len());
        header.emit(front);
        advert.emit(message, self.pseudo_header(source, destination));
    }

    /// Judges a packet from its IP header on, in keepalived's order, so that the same reason is
    /// counted for a packet with several faults. A packet that some program before us has judged
    /// is judged again.
    ///
    /// # Errors
    /// Why the election must not see it.
    pub fn validate(&self, packet: &[u8]) -> Result<Advert, Reason> {
        let packet = ipv4::Packet::new_checked(packet).map_err(|_| Reason::Unparsable)?;
        let ip = packet.header();
        let multicast = Ipv4Addr::from(ip.destination()).is_multicast();
        if multicast != (self.cast == Cast::Multicast) {
            return Err(Reason::AdvertForeign);
        }
        let source = Ipv4Addr::from(ip.source());
        if source == self.source {
            return Err(Reason::AdvertOwn);
        }
        let message = wire::Packet::new_checked(packet.payload()).map_err(reason)?;
        self.check_header(&message, multicast.then(|| ip.ttl()))?;
        let advert = wire::Repr::parse(&message).map_err(reason)?;
        self.check_checksum(&message, &ip)?;
        self.check_source(source)?;
        Ok(Advert {
            source,
            priority: advert.priority,
            interval: advert.interval,
        })
    }

    /// Checks what depends on the configuration and lies in the fixed part. `ttl` where it
    /// matters.
    fn check_header(&self, message: &wire::Packet<'_>, ttl: Option<u8>) -> Result<(), Reason> {
        let header = message.header();
        if header.vrid() != self.vrid.get() {
            return Err(Reason::AdvertForeign);
        }
        if ttl.is_some_and(|ttl| ttl != ipv4::VRRP_TTL) {
            return Err(Reason::AdvertTtl);
        }
        match message.authentication() {
            Some(_) if self.version != Version::V2 => Err(Reason::AdvertVersion),
            None if self.version != Version::V3 => Err(Reason::AdvertVersion),
            Some(received) if !self.authentic(received) => Err(Reason::AdvertAuth),
            Some(_) if header.interval() != self.interval => Err(Reason::AdvertInterval),
            // Would let Active_Down_Interval shrink to nothing.
            None if header.interval().is_zero() => Err(Reason::AdvertInterval),
            _ => Ok(()),
        }
    }

    fn check_checksum(
        &self,
        message: &wire::Packet<'_>,
        ip: &ipv4::Header<&[u8]>,
    ) -> Result<(), Reason> {
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
    fn authentic(&self, received: Authentication) -> bool {
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
        ParseError::Truncated | ParseError::Length | ParseError::AddressSpace => {
            Reason::AdvertLength
        }
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
    let cast = if Ipv4Addr::from(packet.header().destination()).is_multicast() {
        CAST_MULTICAST
    } else {
        CAST_UNICAST
    };
    Some(RouterKey::ipv4(ifindex, header.vrid(), cast))
}

/// Counts the packets that a host sends, for the identification in their headers, which the
/// kernel would overwrite if it were 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identification(NonZeroU16);

impl Default for Identification {
    fn default() -> Self {
        Self(NonZeroU16::MIN)
    }
}

impl Identification {
    /// The number of the next packet.
    pub fn take(&mut self) -> NonZeroU16 {
        let taken = self.0;
        self.0 = taken.checked_add(1).unwrap_or(NonZeroU16::MIN);
        taken
    }
}
