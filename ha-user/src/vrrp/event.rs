//! What can happen to a Virtual Router.

use std::net::IpAddr;
use std::time::Duration;

use ha_common::Priority;

use super::parameters::Parameters;

/// A valid ADVERTISEMENT of another router on the same VRID, interface and cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advert {
    /// Source address of the packet.
    pub source: IpAddr,
    /// Priority of the sender.
    pub priority: Priority,
    /// The sender's Advertisement_Interval.
    pub interval: Duration,
}

/// What tracked objects (links, scripts, checks) say of a Virtual Router, summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Some object without weight has failed, or the interface is down or has no address: the
    /// router must not take part.
    pub faulted: bool,
    /// Some object without weight has no result yet: the router stays in Initialize, which is not
    /// a fault.
    pub pending: bool,
    /// Some object with a weight has no result yet: `weight` may be about to change.
    pub unsettled: bool,
    /// It is too early for a takeover (keepalived's `vrrp_startup_delay`): the router is Backup at most,
    /// unless it was Active before this process.
    pub waits: bool,
    /// Sum of the weights to add to the configured Priority.
    pub weight: i32,
}

impl Standing {
    /// Whether every tracked object has a result.
    pub(super) const fn is_complete(&self) -> bool {
        !self.pending && !self.unsettled
    }
}

/// How a router's previous process on this host has spoken, as the data path's record has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inheritance {
    /// Its effective Priority.
    pub priority: Priority,
    /// Its Advertisement_Interval.
    pub interval: Duration,
}

/// Inputs of the engine for one router. Time passing is [`super::Engine::handle_timeout`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The router begins to take part (RFC 9568 section 6.4.1).
    Startup,
    /// As [`Event::Startup`], but the record in the data path is a previous process's: if that
    /// still owns the addresses, the router carries on as Active, and nothing changes for others.
    Adopt(Inheritance),
    /// An advert has passed validation.
    AdvertReceived(Advert),
    /// Tracked objects have changed.
    StandingChanged(Standing),
    /// The data path says that an advert has ended our ownership.
    Fenced,
    /// Someone else has announced an address that we own.
    AddressConflict,
    /// The configuration has changed; VRID and interface are still the same.
    Reconfigured(Box<Parameters>),
    /// The router stops taking part for good.
    Shutdown,
}
