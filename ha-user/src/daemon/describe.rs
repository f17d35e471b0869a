//! What the data path must know of a router, but does not change with the election.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ha_common::abi::{Election, RouterRecord, Speaker, flag};

use super::plan::RouterPlan;
use crate::net::advert::{Cast, Framing};
use crate::vrrp::Version;

/// Writes into a record what does not change with the election.
pub(super) fn describe(record: &RouterRecord, plan: &RouterPlan) {
    let framing = &plan.framing;
    let version = wire_version(framing.version);
    let flags = [
        (
            framing.auth.is_some() && framing.version == Version::V2,
            flag::PLAIN_TEXT_AUTH,
        ),
        (framing.check_unicast_source, flag::CHECK_SOURCE),
        (framing.checksum_as_v2, flag::CHECKSUM_AS_V2),
        (!plan.accepts, flag::NO_ACCEPT),
        (framing.ignores_adverts, flag::IGNORE_ADVERTS),
    ];
    let flags = flags
        .iter()
        .filter(|(on, _)| *on)
        .fold(0, |sum, (_, bit)| sum | bit);
    let election = record.election();
    let primary_ip = match framing.source {
        IpAddr::V4(source) => source.octets(),
        IpAddr::V6(source) => {
            record.set_primary_ipv6(source.octets());
            election.primary_ip
        }
    };
    record.set_election(Election {
        version,
        flags,
        primary_ip,
        ..election
    });
    record.set_auth(framing.auth.unwrap_or_default());
    record.set_group(group(framing));
    record.set_interval(u64::try_from(framing.interval.as_nanos()).unwrap_or(u64::MAX));
}

/// Whether a router that is described in `record` sends adverts that those who hear the router of
/// `plan` believe, too.
pub(super) fn speaks_alike(record: &RouterRecord, plan: &RouterPlan) -> bool {
    let framing = &plan.framing;
    let interval = Duration::from_nanos(record.interval());
    record.election().version == wire_version(framing.version)
        && record.auth() == framing.auth.unwrap_or_default()
        && is_of_group(record, group(framing))
        && !interval.is_zero()
}

/// The group that adverts go to, or nobody's.
fn group(framing: &Framing) -> IpAddr {
    match (&framing.cast, framing.source) {
        (Cast::Multicast(group), _) => *group,
        (Cast::Unicast(_), IpAddr::V4(_)) => Ipv4Addr::UNSPECIFIED.into(),
        (Cast::Unicast(_), IpAddr::V6(_)) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

fn is_of_group(record: &RouterRecord, group: IpAddr) -> bool {
    record.group(group.into()) == Speaker::tag(group)
}

const fn wire_version(version: Version) -> u8 {
    match version {
        Version::V2 => 2,
        Version::V3 => 3,
    }
}
