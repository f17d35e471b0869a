//! What the engine wants done, in the order in which it must be done.

use std::net::IpAddr;

use ha_common::{Nanos, Priority};

use super::{RouterId, State};

/// Why a router changed its state: shown to people, decided nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The router was started.
    Startup,
    /// A previous process on this host was Active, and its ownership still holds: for others,
    /// nothing has changed.
    Adopted,
    /// It owns the addresses (Priority 255).
    AddressOwner,
    /// No advert for Active_Down_Interval.
    Silence,
    /// The Active router left with priority 0.
    PeerLeft,
    /// The Active router has a lower priority, and Preempt_Mode is on.
    Preempted,
    /// A router of higher priority, or equal priority and higher address, is Active.
    Yielded {
        /// Who.
        to: IpAddr,
        /// With what priority.
        priority: Priority,
    },
    /// The lease ran out before an advert could renew it.
    LeaseLost,
    /// An advert ended the ownership in the data path.
    Fenced,
    /// Another member of its group cannot be Active.
    GroupLeft,
    /// A tracked object failed.
    Faulted,
    /// No tracked object stands in the way any more.
    Recovered,
    /// The configuration no longer has this router, or the daemon stops.
    Shutdown,
}

/// One effect on the world. The shell carries the actions of each router out in the order given;
/// adverts of several routers leave together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send an ADVERTISEMENT.
    ///
    /// With `lease`, it is sent only while the record still says that we own, read again right
    /// before the send: a process that stood still in the middle of its actions must not speak for
    /// a lease that ended meanwhile, let alone renew it. A claim, which has neither `lease` nor
    /// priority 0, is sent only while the record has no sign of life from after `sent_at`: who has
    /// been replaced meanwhile must not seem to be Active. If the kernel took the advert with carrier
    /// up, note `sent_at`, and move the end of the lease to `lease` where given.
    Advertise {
        /// Whose.
        router: RouterId,
        /// 0 says farewell.
        priority: Priority,
        /// "Now" of the engine, taken before the send.
        sent_at: Nanos,
        /// New end of the lease.
        lease: Option<Nanos>,
    },
    /// A takeover: begin an ownership at `since` that lasts until `until`, in the data path, unless
    /// the record has a sign of life from after `since`. The advert that follows moves its end.
    BeginOwnership {
        /// Whose.
        router: RouterId,
        /// Fences from before do not count.
        since: Nanos,
        /// End of the moment in which the first advert must buy a longer lease.
        until: Nanos,
    },
    /// End the ownership in the data path at once.
    EndOwnership {
        /// Whose.
        router: RouterId,
    },
    /// What the data path must know to judge adverts has changed.
    SetElection {
        /// Whose.
        router: RouterId,
        /// Effective Priority.
        priority: Priority,
        /// Lowest Priority that is a sign of life.
        accept_min_priority: Priority,
    },
    /// Tell the neighbours who answers: `repeat` gratuitous ARPs for each address.
    Announce {
        /// Whose.
        router: RouterId,
        /// Bursts per address.
        repeat: u32,
    },
    /// Put the addresses on their interfaces.
    AddAddresses {
        /// Whose.
        router: RouterId,
    },
    /// Take the addresses off.
    RemoveAddresses {
        /// Whose.
        router: RouterId,
    },
    /// Another router was Active while we were: a network that was divided, or a router that errs.
    /// Said once, until adverts have ceased to show it for Active_Down_Interval.
    DualActive {
        /// Whose.
        router: RouterId,
        /// Who is Active, too.
        other: IpAddr,
        /// With what priority.
        priority: Priority,
    },
    /// A router below us has spoken while we were Active. Said at most once in an interval.
    HeardLower {
        /// Whose.
        router: RouterId,
        /// Who.
        other: IpAddr,
        /// With what priority.
        priority: Priority,
    },
    /// The state has changed: log it, run notify scripts, publish it.
    Transition {
        /// Whose.
        router: RouterId,
        /// State left.
        from: State,
        /// State entered.
        to: State,
        /// Effective Priority.
        priority: Priority,
        /// Why.
        reason: Reason,
    },
}

impl Action {
    /// Whose action this is.
    #[must_use]
    pub const fn router(&self) -> RouterId {
        match self {
            Self::Advertise { router, .. }
            | Self::BeginOwnership { router, .. }
            | Self::EndOwnership { router }
            | Self::SetElection { router, .. }
            | Self::Announce { router, .. }
            | Self::AddAddresses { router }
            | Self::RemoveAddresses { router }
            | Self::DualActive { router, .. }
            | Self::HeardLower { router, .. }
            | Self::Transition { router, .. } => *router,
        }
    }
}
