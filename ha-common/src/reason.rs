//! Why a packet got its verdict: one list for the program, its counters, `vipctl` and the docs.

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $verdict:ident;)+) => {
        /// Why the data path did what it did with a packet. The discriminant is the index of the
        /// per-CPU counter.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u32)]
        pub enum Reason {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Reason {
            /// Every reason, in the order of the counters.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Name in `vipctl status`, metrics and docs.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What happens to such a packet.
            #[must_use]
            pub const fn verdict(self) -> Verdict {
                match self { $(Self::$variant => Verdict::$verdict,)+ }
            }

            /// One sentence for people.
            #[must_use]
            pub const fn describe(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

/// What the data path does with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Goes on to the kernel untouched.
    Pass,
    /// Ends here.
    Drop,
    /// Rewritten in place and sent back out of the interface it came in by.
    Transmit,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 3] = [Self::Pass, Self::Drop, Self::Transmit];

    /// Word for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Drop => "drop",
            Self::Transmit => "answer",
        }
    }
}

reasons! {
    /// Nothing on this host is owned through this program yet.
    Idle = "idle", Pass;
    /// Not a protocol or address that the data path takes part in, or for another host.
    Foreign = "foreign", Pass;
    /// Too short or malformed to be understood; the kernel judges it.
    Unparsable = "unparsable", Pass;
    /// An advert for a VRID that no router of ours has on this interface, or to another group.
    AdvertForeign = "advert_foreign", Pass;
    /// An advert of our own, looped back or reflected.
    AdvertOwn = "advert_own", Pass;
    /// An advert that the election takes as a sign of life of the Active router.
    AdvertAlive = "advert_alive", Pass;
    /// A valid advert of too low a priority to keep this router quiet.
    AdvertLower = "advert_lower", Pass;
    /// Priority 0: the Active router leaves.
    AdvertLeaving = "advert_leaving", Pass;
    /// An advert that ended our own ownership in this very packet.
    AdvertFenced = "advert_fenced", Pass;
    /// TTL or hop limit is not 255, so the advert may have crossed a router (RFC 9568 section 7.1); of a
    /// unicast advert, not what `min_ttl` and `max_ttl` of its peer allow.
    AdvertTtl = "advert_ttl", Pass;
    /// A multicast advert whose frame was not sent to the MAC of its group: 01:00:5e:00:00:12 for
    /// 224.0.0.18, 33:33:00:00:00:12 for ff02::12.
    AdvertMac = "advert_mac", Pass;
    /// Another VRRP version than this router is configured for.
    AdvertVersion = "advert_version", Pass;
    /// VRRP type is not ADVERTISEMENT.
    AdvertType = "advert_type", Pass;
    /// Length does not fit the number of addresses.
    AdvertLength = "advert_length", Pass;
    /// Checksum is wrong.
    AdvertChecksum = "advert_checksum", Pass;
    /// Authentication type or data is not what is configured.
    AdvertAuth = "advert_auth", Pass;
    /// Version 2 advert with another Advertisement Interval (RFC 3768 section 7.1).
    AdvertInterval = "advert_interval", Pass;
    /// Unicast advert from a host that is not in the configured list of peers.
    AdvertSource = "advert_source", Pass;
    /// A valid advert to an address owner that ignores them (`owner_ignore_adverts`).
    AdvertIgnored = "advert_ignored", Pass;
    /// A bad advert for a router of ours, of which there are more than `absorb_above` a second; one
    /// in a second passes for each router. The router's statistics say what was bad.
    AdvertFloodBad = "advert_flood_bad", Drop;
    /// A valid advert beyond what its router may send, while there are more than `absorb_above` a
    /// second of these. It was stamped, unless they are ignored; one in a second passes for each router.
    AdvertFloodRepeated = "advert_flood_repeated", Drop;
    /// An ARP question for an address that we own: answered from here.
    ArpAnswered = "arp_answered", Transmit;
    /// An ARP question for an address of ours that we do not own now.
    ArpNotOwned = "arp_not_owned", Drop;
    /// An ARP question for an address that we own, on an interface whose own hardware address the
    /// program was not told: the kernel answers.
    ArpUnready = "arp_unready", Pass;
    /// A probe (RFC 5227) for an address of ours: the kernel says whether it is in use here.
    ArpProbe = "arp_probe", Pass;
    /// An announcement (sender = target) of an address of ours, or an ARP reply.
    ArpAnnouncement = "arp_announcement", Pass;
    /// Someone else announces an address that we own.
    ArpConflict = "arp_conflict", Pass;
    /// ARP for an address that is not ours.
    ArpForeign = "arp_foreign", Pass;
    /// A Neighbor Solicitation for an address that we own: answered from here.
    NdAnswered = "nd_answered", Transmit;
    /// A Neighbor Solicitation for an address of ours that we do not own now.
    NdNotOwned = "nd_not_owned", Drop;
    /// A Neighbor Solicitation for an address that we own which the kernel answers: its only option is
    /// not a hardware address, or the program was not told that of the interface.
    NdUnready = "nd_unready", Pass;
    /// Another host asks whether it may use an address of ours (RFC 4862 section 5.4): the kernel
    /// says whether it is in use here.
    NdProbe = "nd_probe", Pass;
    /// A Neighbor Advertisement of an address of ours, or a solicitation as it.
    NdAnnouncement = "nd_announcement", Pass;
    /// Someone else advertises an address that we own.
    NdConflict = "nd_conflict", Pass;
    /// IP to an address that we own.
    VipOwned = "vip_owned", Pass;
    /// IP to an address that we own, of an instance that does not accept (RFC 9568 section 6.1,
    /// Accept_Mode): `no_accept`, or `strict_mode`. Neighbor Solicitations and Advertisements get in.
    VipNotAccepted = "vip_not_accepted", Drop;
    /// IP to an address of ours that we do not own now: one that we put on an interface, or any
    /// with `backup_traffic drop`.
    VipNotOwned = "vip_not_owned", Drop;
    /// IP to an address of ours that we do not own now, and leave to the operator: we did not put
    /// it on an interface, or `backup_traffic pass` says so.
    VipOperator = "vip_operator", Pass;
    /// IP to a service without a healthy server, on an address that we own: `policy drop`.
    ServiceClosed = "service_closed", Drop;
    /// TCP to a service without a healthy server: reset, by `policy reject`.
    ServiceReset = "service_reset", Transmit;
    /// UDP to a service without a healthy server: "port unreachable", by `policy reject`.
    ServiceUnreachable = "service_unreachable", Transmit;
    /// IP to a service without a healthy server that `policy reject` would refuse, but its sender
    /// must not be told, or too many were: a reset, a fragment, SCTP, to or from more than one host.
    ServiceUnanswered = "service_unanswered", Drop;
    /// IP to a service without a healthy server: `policy pass`.
    ServicePassed = "service_passed", Pass;
    /// Something that would have been answered, dropped or stamped, but the daemon has not shown
    /// for two lifetimes of an address that it lives.
    Orphaned = "orphaned", Pass;
    /// Leaves this host as it is: no address of ours speaks that we do not own.
    OutPassed = "out_passed", Pass;
    /// ARP that would leave this host and speak for an address of ours that we do not own now.
    OutArpNotOwned = "out_arp_not_owned", Drop;
    /// Neighbor Discovery that would leave this host and speak for an address of ours that we do not
    /// own now: as its sender, or as the target of an advertisement.
    OutNdNotOwned = "out_nd_not_owned", Drop;
    /// IP that would leave this host from an address of ours that we do not own now, where
    /// `vip_not_owned` drops what comes in.
    OutVipNotOwned = "out_vip_not_owned", Drop;
}

impl Reason {
    /// How many reasons there are: the size of the counter map.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a list in the source, far below 2^32"
    )]
    pub const COUNT: u32 = Self::ALL.len() as u32;

    /// How many reasons there are to refuse an advert to a router of ours.
    pub const REFUSALS: usize = (Self::AdvertSource as u32 - Self::AdvertTtl as u32 + 1) as usize;

    /// Number of this reason among those to refuse an advert to a router of ours.
    #[must_use]
    #[inline]
    pub const fn refusal(self) -> Option<usize> {
        match (self as u32).checked_sub(Self::AdvertTtl as u32) {
            Some(number) if (number as usize) < Self::REFUSALS => Some(number as usize),
            _ => None,
        }
    }

    /// Index of the counter.
    #[must_use]
    pub const fn index(self) -> u32 {
        self as u32
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::collections::BTreeSet;
    use std::format;
    use std::vec::Vec;

    #[test]
    fn refusals_are_the_faults_of_an_advert() {
        let refusals: Vec<_> = Reason::ALL
            .iter()
            .filter(|reason| reason.refusal().is_some())
            .map(|reason| reason.name())
            .collect();
        let expected = "ttl mac version type length checksum auth interval source";
        let expected: Vec<_> = expected
            .split(' ')
            .map(|fault| format!("advert_{fault}"))
            .collect();
        assert_eq!(refusals, expected);
    }

    #[test]
    fn names_are_unique_and_indices_dense() {
        let names: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        assert_eq!(names.len(), Reason::ALL.len());
        for (index, reason) in Reason::ALL.iter().enumerate() {
            assert_eq!(reason.index() as usize, index);
            assert!(!reason.describe().is_empty());
        }
    }
}
