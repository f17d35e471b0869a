//! What the data path must know of a router, but does not change with the election.

use std::net::IpAddr;
use std::time::Duration;

use ha_common::abi::{Election, RouterRecord, Speaker, flag};

use super::plan::RouterPlan;
use crate::net::advert::Cast;
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
    let election = Election {
        version,
        flags,
        primary_ip: Speaker::tag(framing.source),
        ..record.election()
    };
    record.set_election(election);
    record.set_auth(framing.auth.unwrap_or_default());
    record.set_group(group(&framing.cast));
    record.set_interval(u64::try_from(framing.interval.as_nanos()).unwrap_or(u64::MAX));
}

/// Whether a router that is described in `record` sends adverts that those who hear the router of
/// `plan` believe, too.
pub(super) fn speaks_alike(record: &RouterRecord, plan: &RouterPlan) -> bool {
    let framing = &plan.framing;
    let interval = Duration::from_nanos(record.interval());
    record.election().version == wire_version(framing.version)
        && record.auth() == framing.auth.unwrap_or_default()
        && record.group() == group(&framing.cast)
        && !interval.is_zero()
}

/// The group that the data path is told of: it knows none of IPv6.
fn group(cast: &Cast) -> [u8; 4] {
    match cast {
        Cast::Multicast(IpAddr::V4(group)) => group.octets(),
        Cast::Multicast(IpAddr::V6(_)) | Cast::Unicast(_) => [0; 4],
    }
}

const fn wire_version(version: Version) -> u8 {
    match version {
        Version::V2 => 2,
        Version::V3 => 3,
    }
}
