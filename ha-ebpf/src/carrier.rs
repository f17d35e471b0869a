//! What an advert is carried by: an IP header of either family, as the judge of adverts sees it.

use core::net::IpAddr;

use ha_common::Family;
use ha_common::abi::{CAST_MULTICAST, CAST_UNICAST, Election, RouterRecord, Speaker};
use ha_common::wire::checksum::{PseudoHeader, Sum};
use ha_common::wire::{ipv4, ipv6, vrrp};

use crate::ethernet::Mac;
use crate::packet::Packet;

/// Octets that are summed at a time, over IPv4.
const WORD: usize = 4;
/// Octets that are summed at a time, over IPv6.
const TWO_WORDS: usize = 8;
/// Octets of the longest advert over IPv6.
const LONGEST_IPV6: usize = vrrp::HEADER_LEN + vrrp::MAX_ADDRESSES * Family::Ipv6.address_len();

type Ipv4Header<'a> = ipv4::Header<&'a [u8; ipv4::HEADER_LEN]>;
type Ipv6Header<'a> = ipv6::Header<&'a [u8; ipv6::HEADER_LEN]>;

/// An IP header in front of an advert.
pub(crate) trait Carrier: Copy {
    /// Its family.
    const FAMILY: Family;

    /// Who has sent the advert.
    fn source(&self) -> IpAddr;

    /// Whom it is sent to, as keys have it.
    fn cast(&self) -> u8;

    /// Whether adverts to its destination are for the router with this record, if for one of its key.
    fn is_heard_by(&self, record: &RouterRecord) -> bool;

    /// Where its destination is on Ethernet, if that is a group.
    fn group_mac(&self) -> Mac;

    /// TTL, or hop limit.
    fn hops(&self) -> u8;

    /// Octets of the header.
    fn len(&self) -> usize;

    /// Octets behind the header.
    fn payload_len(&self) -> usize;

    /// How the source compares with the Primary IP Address of our router.
    fn rank(&self, election: &Election, record: &RouterRecord) -> Rank;

    /// What of the header the checksum of an advert of `version` covers, which has `len` octets.
    fn sum(&self, version: u8, len: usize) -> Sum;

    /// Adds the advert at `at`, which has `len` octets: as many as it says itself.
    fn add(packet: &impl Packet, at: usize, len: usize, sum: Sum) -> Option<Sum>;

    /// The source in the room that records have for one.
    #[inline(always)]
    fn tag(&self) -> [u8; 4] {
        Speaker::tag(self.source())
    }
}

/// How another address compares with ours.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rank {
    Lower,
    Same,
    Higher,
}

impl Rank {
    #[inline(always)]
    const fn of(theirs: u64, ours: u64) -> Self {
        if theirs > ours {
            Self::Higher
        } else if theirs == ours {
            Self::Same
        } else {
            Self::Lower
        }
    }
}

impl Carrier for Ipv4Header<'_> {
    const FAMILY: Family = Family::Ipv4;

    #[inline(always)]
    fn source(&self) -> IpAddr {
        self.source().into()
    }

    #[inline(always)]
    fn cast(&self) -> u8 {
        cast(self.destination())
    }

    #[inline(always)]
    fn is_heard_by(&self, record: &RouterRecord) -> bool {
        hears(record, self.destination())
    }

    #[inline(always)]
    fn group_mac(&self) -> Mac {
        Mac::of_ipv4_group(self.destination())
    }

    #[inline(always)]
    fn hops(&self) -> u8 {
        self.ttl()
    }

    #[inline(always)]
    fn len(&self) -> usize {
        self.header_len()
    }

    #[inline(always)]
    fn payload_len(&self) -> usize {
        self.payload_len()
    }

    #[inline(always)]
    fn rank(&self, election: &Election, _: &RouterRecord) -> Rank {
        let [theirs, ours] = [self.source(), election.primary_ip].map(u32::from_be_bytes);
        Rank::of(theirs.into(), ours.into())
    }

    #[inline(always)]
    fn sum(&self, version: u8, len: usize) -> Sum {
        let pseudo = match version {
            2 => PseudoHeader::Omitted,
            _ => PseudoHeader::Included {
                source: self.source(),
                destination: self.destination(),
            },
        };
        Sum::pseudo(pseudo, ipv4::PROTOCOL_VRRP, len as u16)
    }

    #[inline(always)]
    fn add(packet: &impl Packet, at: usize, len: usize, sum: Sum) -> Option<Sum> {
        let mut sum = sum;
        for index in 0..vrrp::MAX_LEN / WORD {
            if index * WORD >= len {
                break;
            }
            sum = sum.word(packet.copy(at + index * WORD)?);
        }
        Some(sum)
    }
}

impl Carrier for Ipv6Header<'_> {
    const FAMILY: Family = Family::Ipv6;

    #[inline(always)]
    fn source(&self) -> IpAddr {
        self.source().into()
    }

    #[inline(always)]
    fn cast(&self) -> u8 {
        cast_of(ipv6::is_group(self.destination()))
    }

    #[inline(always)]
    fn is_heard_by(&self, record: &RouterRecord) -> bool {
        let group = u32::from_ne_bytes(Speaker::tag(self.destination().into()));
        self.cast() == CAST_UNICAST || u32::from_ne_bytes(record.group(Family::Ipv6)) == group
    }

    #[inline(always)]
    fn group_mac(&self) -> Mac {
        let [.., a, b, c, d] = self.destination();
        Mac::of_ipv6_group([a, b, c, d])
    }

    #[inline(always)]
    fn hops(&self) -> u8 {
        self.hop_limit()
    }

    #[inline(always)]
    fn len(&self) -> usize {
        ipv6::HEADER_LEN
    }

    #[inline(always)]
    fn payload_len(&self) -> usize {
        self.payload_len()
    }

    #[inline(always)]
    fn rank(&self, _: &Election, record: &RouterRecord) -> Rank {
        let [theirs, ours] = [self.source(), record.primary_ipv6()].map(ipv6::halves);
        match Rank::of(theirs.0, ours.0) {
            Rank::Same => Rank::of(theirs.1, ours.1),
            other => other,
        }
    }

    /// There is no doubt about the pseudo-header here, in any version.
    #[inline(always)]
    fn sum(&self, _: u8, len: usize) -> Sum {
        let (source, destination) = (self.source(), self.destination());
        Sum::ipv6_pseudo(source, destination, ipv4::PROTOCOL_VRRP, len as u16)
    }

    /// By a helper: a verifier that walked through both ways to all octets would not come to an end,
    /// for behind a header of one length it keeps account of how far the packet has been seen.
    #[inline(always)]
    fn add(packet: &impl Packet, at: usize, len: usize, sum: Sum) -> Option<Sum> {
        let mut sum = sum;
        for index in 0..LONGEST_IPV6 / TWO_WORDS {
            if index * TWO_WORDS >= len {
                break;
            }
            let [a, b, c, d, e, f, g, h] = packet.load::<TWO_WORDS>(at + index * TWO_WORDS)?;
            sum = sum.word([a, b, c, d]).word([e, f, g, h]);
        }
        Some(sum)
    }
}

/// How an advert over IPv4 was sent, as keys have it.
#[inline(always)]
pub(crate) fn cast(destination: [u8; 4]) -> u8 {
    cast_of(ipv4::is_group(destination))
}

#[inline(always)]
const fn cast_of(is_group: bool) -> u8 {
    if is_group {
        CAST_MULTICAST
    } else {
        CAST_UNICAST
    }
}

/// Whether adverts to `destination` are for the router with this record, if for one of its key.
#[inline(always)]
pub(crate) fn hears(record: &RouterRecord, destination: [u8; 4]) -> bool {
    let [ours, theirs] = [record.group(Family::Ipv4), destination].map(u32::from_ne_bytes);
    cast(destination) == CAST_UNICAST || ours == theirs
}
