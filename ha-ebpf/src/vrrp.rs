//! Adverts: validation, stamps, and the fence that ends an ownership in the very packet.

use aya_log_ebpf::debug;
use ha_common::abi::{CAST_UNICAST, Election, Gate, NoticeKind, RouterKey, Speaker, flag};
use ha_common::wire::vrrp;
use ha_common::{Family, Nanos, Reason};

use crate::absorb;
use crate::carrier::{Carrier, Rank};
use crate::ethernet::{self, Payload};
use crate::maps::{self, Router};
use crate::packet::Packet;

type VrrpHeader<'a> = vrrp::Header<&'a [u8; vrrp::HEADER_LEN]>;

/// An advert for a router of ours.
struct Advert<'a, P, C> {
    packet: &'a P,
    ip: C,
    /// Where the VRRP header begins.
    at: usize,
    /// Octets of the advert, by the IP header.
    len: usize,
    header: VrrpHeader<'a>,
    router: Router,
    election: Election,
}

/// Judges a packet of VRRP's protocol. [`Reason::AdvertForeign`] if no router of ours is meant.
///
/// Routers on a VLAN are keyed by the VLAN's own interface, where the tag is gone: behind a tag
/// there is nothing for the interface below.
#[inline(always)]
pub(crate) fn judge(
    packet: &impl Packet,
    payload: Payload,
    gate: &Gate,
    ip: impl Carrier,
) -> Reason {
    if payload.is_tagged() || packet.lost_tag().is_some() {
        return Reason::AdvertForeign;
    }
    let at = payload.at + ip.len();
    let octets = packet.array::<{ vrrp::HEADER_LEN }>(at);
    let Some(Ok(header)) = octets.map(vrrp::Header::new_checked) else {
        return Reason::Unparsable;
    };
    let Some(router) = addressee(packet.ifindex(), header.vrid(), ip) else {
        return Reason::AdvertForeign;
    };
    let advert = Advert {
        packet,
        ip,
        at,
        len: ip.payload_len(),
        header,
        router,
        election: router.record.election(),
    };
    advert.judge(gate)
}

/// The router that an advert is for.
#[inline(always)]
fn addressee<C: Carrier>(ifindex: u32, vrid: u8, ip: C) -> Option<Router> {
    Router::by_key(RouterKey::new(C::FAMILY, ifindex, vrid, ip.cast()))
}

impl<P: Packet, C: Carrier> Advert<'_, P, C> {
    #[inline(always)]
    fn judge(&self, gate: &Gate) -> Reason {
        let ifindex = self.packet.ifindex();
        match self.validate() {
            // It may be for another router, or none of our business.
            Err(Reason::AdvertForeign) => Reason::AdvertForeign,
            Err(reason) => absorb::bad(reason, &self.router, ifindex, gate),
            Ok(()) => self.take(maps::now(), gate),
        }
    }

    /// The checks in keepalived's order, which decides what a packet with two faults counts as.
    #[inline(always)]
    fn validate(&self) -> Result<(), Reason> {
        ensure(
            self.ip.is_heard_by(self.router.record),
            Reason::AdvertForeign,
        )?;
        ensure(self.rank() != Rank::Same, Reason::AdvertOwn)?;
        self.check_length()?;
        self.check_path()?;
        ensure(
            self.header.version() == self.election.version,
            Reason::AdvertVersion,
        )?;
        if self.election.version == 2 {
            self.check_auth()?;
        }
        self.check_interval()?;
        ensure(self.header.is_advertisement(), Reason::AdvertType)?;
        ensure(self.is_intact(), Reason::AdvertChecksum)?;
        self.check_source()
    }

    /// The IP payload is exactly the advert, and all of it is there. A version that is not known
    /// has no length, and fails as such a little later.
    #[inline(always)]
    fn check_length(&self) -> Result<(), Reason> {
        let fits = match self.header.expected_len(C::FAMILY) {
            Some(expected) => self.len == expected,
            None => true,
        };
        let complete = self.at + self.len <= self.packet.len();
        ensure(fits && complete, Reason::AdvertLength)
    }

    /// Multicast adverts have crossed no router and came in a frame for the group; unicast ones
    /// in a frame for this host.
    #[inline(always)]
    fn check_path(&self) -> Result<(), Reason> {
        if self.ip.cast() == CAST_UNICAST {
            return ensure(ethernet::is_for_us(self.packet), Reason::AdvertForeign);
        }
        ensure(self.ip.hops() == vrrp::HOPS, Reason::AdvertTtl)?;
        let to_group = ethernet::destination(self.packet) == Some(self.ip.group_mac());
        ensure(to_group, Reason::AdvertMac)
    }

    /// Over IPv6 there is no room for a password, so that whoever wants one takes none.
    #[inline(always)]
    fn check_auth(&self) -> Result<(), Reason> {
        if !self.has(flag::PLAIN_TEXT_AUTH) {
            let none = self.header.auth_kind() == vrrp::Authentication::KIND_NONE;
            return ensure(none, Reason::AdvertAuth);
        }
        let plain = self.header.auth_kind() == vrrp::Authentication::KIND_PLAIN_TEXT;
        ensure(plain && C::FAMILY == Family::Ipv4, Reason::AdvertAuth)?;
        let own = u64::from_ne_bytes(self.router.record.auth());
        let data = self.packet.copy(self.at + self.header.auth_offset());
        let same = data.map(u64::from_ne_bytes) == Some(own);
        ensure(same, Reason::AdvertAuth)
    }

    /// Version 2 routers must agree on the interval (RFC 3768 section 7.1). One of zero in version
    /// 3 would let Active_Down_Interval shrink to nothing.
    #[inline(always)]
    fn check_interval(&self) -> Result<(), Reason> {
        let interval = self.header.interval_nanos();
        let fits = match self.election.version {
            2 => interval == self.router.record.interval(),
            _ => interval != 0,
        };
        ensure(fits, Reason::AdvertInterval)
    }

    #[inline(always)]
    fn is_intact(&self) -> bool {
        let version = self.election.version;
        if C::FAMILY == Family::Ipv4 && version == 3 && self.has(flag::CHECKSUM_AS_V2) {
            return true;
        }
        let sum = self.ip.sum(version, self.len);
        let sum = C::add(self.packet, self.at, self.len, sum);
        sum.is_some_and(|sum| sum.finish() == 0)
    }

    /// The sender is a peer, and as far away as peers are.
    #[inline(always)]
    fn check_source(&self) -> Result<(), Reason> {
        if !self.has(flag::CHECK_SOURCE) {
            return Ok(());
        }
        match self.router.peer(self.ip.source()) {
            Some(peer) => ensure(peer.admits(self.ip.hops()), Reason::AdvertTtl),
            None => Err(Reason::AdvertSource),
        }
    }

    #[inline(always)]
    const fn has(&self, flag: u8) -> bool {
        self.election.flags & flag != 0
    }

    /// How the sender compares with us.
    #[inline(always)]
    fn rank(&self) -> Rank {
        self.ip.rank(&self.election, self.router.record)
    }

    /// Obeys a valid advert, which may then end here.
    #[inline(always)]
    fn take(&self, now: Nanos, gate: &Gate) -> Reason {
        let reason = if self.has(flag::IGNORE_ADVERTS) {
            Reason::AdvertIgnored
        } else {
            self.obey(now)
        };
        if reason == Reason::AdvertFenced || !self.is_excessive(now) {
            return reason;
        }
        absorb::excessive(reason, &self.router, self.packet.ifindex(), gate, now)
    }

    /// Stamps an advert, and ends our ownership if it must.
    #[inline(always)]
    fn obey(&self, now: Nanos) -> Reason {
        let record = self.router.record;
        record.count_advert();
        let reason = self.stamp(now);
        if record.ownership().is_unbroken() && self.ends_ownership(now) {
            return self.fence(now);
        }
        reason
    }

    #[inline(always)]
    fn fence(&self, now: Nanos) -> Reason {
        self.router.record.fence(now);
        let source = self.ip.source();
        self.router.notify(NoticeKind::Fenced, now, source);
        debug!(
            self.packet.context(),
            "VRID {} fenced by {:i}, priority {}",
            self.header.vrid(),
            source,
            self.header.priority()
        );
        Reason::AdvertFenced
    }

    #[inline(always)]
    fn stamp(&self, now: Nanos) -> Reason {
        let speaker = Speaker {
            source: self.ip.tag(),
            priority: self.header.priority(),
        };
        if speaker.priority == 0 {
            self.router.record.stamp_resignation(now, speaker.source);
            return Reason::AdvertLeaving;
        }
        if speaker.priority >= self.election.accept_min_priority {
            let interval = self.header.interval_nanos();
            self.router.record.stamp_advert(now, speaker, interval);
            Reason::AdvertAlive
        } else {
            self.router.record.stamp_lower(now, speaker);
            Reason::AdvertLower
        }
    }

    /// Whether there are more adverts than the routers that send them may send: the one that the
    /// daemon follows keeps to the interval that it names, any others to ours.
    #[inline(always)]
    fn is_excessive(&self, now: Nanos) -> bool {
        let hearing = self.router.record.hearing();
        let familiar = hearing.familiar();
        let followed = familiar.is_some_and(|one| same_host(one.source, self.ip.tag()));
        let named = familiar.filter(|_| followed).and_then(|one| {
            vrrp::Header::new_checked(&one.header)
                .ok()
                .map(|header| header.interval_nanos())
        });
        let interval = named.unwrap_or(self.router.record.interval());
        hearing.is_excessive(now, followed, interval)
    }

    /// Whether another router speaks that we would have to yield to, or any that has not heard
    /// us for so long that it may have taken over.
    #[inline(always)]
    fn ends_ownership(&self, now: Nanos) -> bool {
        let (priority, own) = (self.header.priority(), self.election.priority);
        let beats = priority > own || priority == own && self.rank() == Rank::Higher;
        beats || priority != 0 && self.is_silent(now)
    }

    /// Whether our last advert, or the takeover before the first one, is older than one and a
    /// half intervals.
    #[inline(always)]
    fn is_silent(&self, now: Nanos) -> bool {
        let record = self.router.record;
        let interval = record.interval();
        let spoke = record.last_sent().max(record.owned_since());
        now.get().saturating_sub(spoke.get()) > interval + interval / 2
    }
}

/// One comparison instead of a loop over octets.
#[inline(always)]
const fn same_host(one: [u8; 4], other: [u8; 4]) -> bool {
    u32::from_ne_bytes(one) == u32::from_ne_bytes(other)
}

#[inline(always)]
const fn ensure(holds: bool, otherwise: Reason) -> Result<(), Reason> {
    if holds { Ok(()) } else { Err(otherwise) }
}
