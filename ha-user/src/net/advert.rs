//! From a router's wishes to a packet, and from a packet to what the election may believe.

mod detail;
mod frames;
mod packet;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::BytesMut;
use ha_common::abi::{CAST_MULTICAST, CAST_UNICAST, Familiar, RouterKey, Speaker};
use ha_common::wire::ParseError;
use ha_common::wire::checksum::PseudoHeader;
use ha_common::wire::vrrp::{self as wire, Addresses, Authentication};
use ha_common::{Family, Priority, Reason, Vrid};

pub use self::detail::Detail;
pub use self::frames::Frames;
use self::packet::Packet;
pub use self::packet::group;
use crate::vrrp::{Advert, Version};

type Header<'a> = wire::Header<&'a [u8]>;

/// TTLs of peers of which nothing is said.
const ANY_TTL: RangeInclusive<u8> = 0..=u8::MAX;

/// Where adverts of a router go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cast {
    /// To this group.
    Multicast(IpAddr),
    /// To each of these peers.
    Unicast(Vec<IpAddr>),
}

impl Cast {
    /// As the data path's keys have it.
    const fn code(&self) -> u8 {
        match self {
            Self::Multicast(_) => CAST_MULTICAST,
            Self::Unicast(_) => CAST_UNICAST,
        }
    }

    /// Whether adverts go to a group.
    #[must_use]
    pub const fn is_multicast(&self) -> bool {
        matches!(self, Self::Multicast(_))
    }

    /// Whether adverts that were sent to `destination` are heard.
    fn hears(&self, destination: IpAddr) -> bool {
        match self {
            Self::Multicast(group) => *group == destination,
            Self::Unicast(_) => !destination.is_multicast(),
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
    pub source: IpAddr,
    /// Password of version 2, padded with zeros; `None` for none.
    pub auth: Option<[u8; 8]>,
    /// Addresses named in our adverts.
    pub addresses: Vec<IpAddr>,
    /// Advertisement_Interval.
    pub interval: Duration,
    /// Where adverts go.
    pub cast: Cast,
    /// The checksum of version 3 leaves the pseudo-header out, as RFC 9568 has it, and received
    /// ones are not judged; otherwise as RFC 5798 was read.
    pub checksum_as_v2: bool,
    /// Adverts count only if a peer of [`Cast::Unicast`] sent them.
    pub check_unicast_source: bool,
    /// TTL, or hop limit, that adverts of a peer must arrive with where sources are checked; any, if it
    /// is not named.
    pub peer_ttls: BTreeMap<IpAddr, RangeInclusive<u8>>,
    /// Adverts are validated, and then not believed: the router is an address owner, and keeps what it
    /// has.
    pub ignores_adverts: bool,
    /// TTL, or hop limit, of adverts to peers; `None` for what each family has without being told.
    pub unicast_ttl: Option<u8>,
}

impl Framing {
    /// How the data path knows the router on `ifindex`.
    #[must_use]
    pub fn key(&self, ifindex: u32) -> RouterKey {
        RouterKey::new(self.family(), ifindex, self.vrid.get(), self.cast.code())
    }

    /// What its adverts are carried by.
    #[must_use]
    pub fn family(&self) -> Family {
        self.source.into()
    }

    /// Where each advert must be sent to.
    #[must_use]
    pub fn destinations(&self) -> Vec<IpAddr> {
        match &self.cast {
            Cast::Multicast(group) => vec![*group],
            Cast::Unicast(peers) => peers.clone(),
        }
    }

    /// Writes a complete packet with an advert into `packet`, replacing what was there. The kernel
    /// puts a number into an IPv4 header when it is sent.
    pub fn encode(&self, priority: Priority, destination: IpAddr, packet: &mut BytesMut) {
        let (ipv4, ipv6) = self.octets();
        let advert = wire::Repr {
            version: self.wire_version(),
            vrid: self.vrid,
            priority,
            interval: self.interval,
            addresses: match self.family() {
                Family::Ipv4 => Addresses::Ipv4(&ipv4),
                Family::Ipv6 => Addresses::Ipv6(&ipv6),
            },
        };
        let hops = self.unicast_ttl.filter(|_| !self.cast.is_multicast());
        let message = packet::begin(packet, self.source, destination, hops, advert.buffer_len());
        advert.emit(message, self.pseudo_header(self.source, destination));
    }

    /// The addresses, by family.
    fn octets(&self) -> (Vec<[u8; 4]>, Vec<[u8; 16]>) {
        let (mut ipv4, mut ipv6) = (Vec::new(), Vec::new());
        for address in &self.addresses {
            match address {
                IpAddr::V4(address) => ipv4.push(address.octets()),
                IpAddr::V6(address) => ipv6.push(address.octets()),
            }
        }
        (ipv4, ipv6)
    }

    /// Judges a packet from its IP header on: the same checks in the same order as the XDP
    /// program's, which is keepalived's, so that a packet with several faults counts as the same
    /// one everywhere. What XDP has let through is judged again.
    ///
    /// # Errors
    /// Why the election must not see it.
    pub fn validate(&self, packet: &[u8]) -> Result<Advert, Reason> {
        let packet = Packet::parse(packet).map_err(reason)?;
        let header = wire::Header::new_checked(packet.payload).map_err(reason)?;
        if key(0, &packet, &header) != self.key(0) || !self.cast.hears(packet.destination) {
            return Err(Reason::AdvertForeign);
        }
        if packet.source == self.source {
            return Err(Reason::AdvertOwn);
        }
        self.check_header(&packet, &header)?;
        let message = wire::Packet::new_checked(packet.payload, self.family()).map_err(reason)?;
        self.check_authentication(&message)?;
        let advert = wire::Repr::parse(&message).map_err(reason)?;
        self.check_checksum(&packet, &message)?;
        self.check_source(&packet)?;
        if self.ignores_adverts {
            return Err(Reason::AdvertIgnored);
        }
        Ok(Advert {
            source: packet.source,
            priority: advert.priority,
            interval: advert.interval,
        })
    }

    /// Length, path and version. An unknown version has no length, and fails as such.
    fn check_header(&self, packet: &Packet<'_>, header: &Header<'_>) -> Result<(), Reason> {
        let expected = header.expected_len(self.family());
        if expected.is_some_and(|len| len != packet.payload.len()) {
            return Err(Reason::AdvertLength);
        }
        if self.cast.is_multicast() && !packet.is_of_this_link() {
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

    fn check_checksum(
        &self,
        packet: &Packet<'_>,
        message: &wire::Packet<'_>,
    ) -> Result<(), Reason> {
        let is_ipv4 = self.family() == Family::Ipv4;
        if self.version == Version::V3 && self.checksum_as_v2 && is_ipv4 {
            return Ok(());
        }
        let pseudo = self.pseudo_header(packet.source, packet.destination);
        message.verify_checksum(pseudo).map_err(reason)
    }

    fn check_source(&self, packet: &Packet<'_>) -> Result<(), Reason> {
        if !self.check_unicast_source {
            return Ok(());
        }
        match self.peers().find(|(peer, _)| *peer == packet.source) {
            Some((_, ttl)) if !ttl.contains(&packet.hops) => Err(Reason::AdvertTtl),
            Some(_) => Ok(()),
            None => Err(Reason::AdvertSource),
        }
    }

    /// Who may speak, and with which TTL adverts arrive, where sources are checked.
    pub fn peers(&self) -> impl Iterator<Item = (IpAddr, &RangeInclusive<u8>)> {
        let peers: &[IpAddr] = match &self.cast {
            Cast::Unicast(peers) if self.check_unicast_source => peers,
            Cast::Unicast(_) | Cast::Multicast(_) => &[],
        };
        let ttl = |peer: &IpAddr| self.peer_ttls.get(peer).unwrap_or(&ANY_TTL);
        peers.iter().map(move |peer| (*peer, ttl(peer)))
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

    /// Over IPv6 there is no doubt about it, in any version.
    fn pseudo_header(&self, source: IpAddr, destination: IpAddr) -> PseudoHeader {
        let without = self.version == Version::V2 || self.checksum_as_v2;
        if self.family() == Family::Ipv4 && without {
            return PseudoHeader::Omitted;
        }
        packet::pseudo_header(source, destination)
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
    let packet = Packet::parse(packet).ok()?;
    let header = wire::Header::new_checked(packet.payload).ok()?;
    Some(key(ifindex, &packet, &header))
}

fn key(ifindex: u32, packet: &Packet<'_>, header: &Header<'_>) -> RouterKey {
    RouterKey::new(packet.family(), ifindex, header.vrid(), packet.cast())
}

/// What a packet says, as the data path compares it; `None` if it has no VRRP header.
#[must_use]
pub fn familiar(packet: &[u8]) -> Option<Familiar> {
    let packet = Packet::parse(packet).ok()?;
    Some(Familiar {
        source: Speaker::tag(packet.source),
        header: *packet.payload.first_chunk()?,
    })
}

#[cfg(test)]
mod tests;
