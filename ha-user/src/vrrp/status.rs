//! What a router is doing, for people.

use std::net::IpAddr;
use std::time::Duration;

use ha_common::{Nanos, Priority};

use super::State;

/// What a router is doing, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// State.
    pub state: State,
    /// When it was entered.
    pub since: Nanos,
    /// Effective Priority.
    pub priority: Priority,
    /// The Active router's interval as learnt (Active_Adver_Interval).
    pub active_adver_interval: Duration,
    /// Active_Down_Interval.
    pub active_down_interval: Duration,
    /// When time alone next changes something.
    pub deadline: Option<Nanos>,
    /// Source of the last advert that was accepted as the Active router's.
    pub active: Option<IpAddr>,
    /// Counters.
    pub statistics: Statistics,
}

/// Counters of the election; those of invalid adverts belong to the receiver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Valid adverts received.
    pub adverts_received: u64,
    /// Adverts sent.
    pub adverts_sent: u64,
    /// Times this router became Active.
    pub became_active: u64,
    /// Times this router stopped being Active.
    pub released_active: u64,
    /// Adverts of priority 0 received.
    pub priority_zero_received: u64,
    /// Adverts of priority 0 sent.
    pub priority_zero_sent: u64,
    /// Ownerships that ended because the lease ran out.
    pub leases_lost: u64,
    /// Ownerships that an advert ended in the data path.
    pub fenced: u64,
    /// Times that another router turned out to be Active while this one was.
    pub dual_active: u64,
}
