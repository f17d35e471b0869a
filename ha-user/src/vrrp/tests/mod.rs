//! Tests of the engine through its public face.

mod behaviour;
mod bench;
mod lan;
mod table;
mod timing;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use ha_common::{Priority, Vrid};

use super::{Announcements, FastHandover, Manners, Parameters, Version};

/// A host of 192.0.2.0/24.
const fn host(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))
}

/// A version 3 router of priority 100 that advertises every second.
fn parameters() -> Parameters {
    Parameters {
        vrid: Vrid::new(51).unwrap(),
        version: Version::V3,
        priority: Priority::DEFAULT,
        advertisement_interval: Duration::from_secs(1),
        preempt_mode: true,
        preempt_delay: Duration::ZERO,
        down_timer_adverts: 3,
        primary_ip: Some(host(10)),
        addresses: vec![host(100)],
        eager_start: false,
        fast_handover: FastHandover::BetweenTwo,
        announcements: Announcements::default(),
        manners: Manners::default(),
    }
}
