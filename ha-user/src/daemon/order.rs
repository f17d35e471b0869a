//! What the main loop tells the advert thread, and what it hears back.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::time::Duration;

use ha_common::{Nanos, Priority, Reason};
use tokio::sync::oneshot;

use super::adverts::Details;
use super::lateness::Lateness;
use super::plan::RouterPlan;
use super::queue;
use crate::vrrp::{Event, RouterId, Standing, State, Status};

/// Sends orders to the advert thread.
pub(super) type Orders = queue::Sender<Order>;

/// The advert thread's end.
pub(super) type OrderQueue = queue::Queue<Order>;

/// What the advert thread is told.
#[derive(Debug)]
pub(super) enum Order {
    /// Take a router in; it does nothing before `Event::Startup`.
    Install(RouterId, Box<RouterPlan>),
    /// Take a router in whose record a previous process has left; it does nothing before
    /// `Event::Adopt`, or `Event::Startup` where it has nothing to carry on with.
    Inherit(RouterId, Box<RouterPlan>),
    /// A router has a new plan: same identity, other parameters, adverts or addresses. The others
    /// have addresses that it has no more.
    Replace(RouterId, Box<RouterPlan>, BTreeSet<RouterId>),
    /// Something happened to a router.
    Tell(RouterId, Event),
    /// How routers stand from now on.
    Stand(Vec<(RouterId, Standing)>),
    /// Which routers are Active together or not at all, from now on.
    Group(Vec<Vec<RouterId>>),
    /// A router leaves the configuration. Answered by [`Report::Retired`].
    Retire(RouterId),
    /// The kernel has carried out a removal of addresses.
    AddressesGone {
        /// Whose.
        router: RouterId,
        /// Which removal: only the newest counts.
        generation: u64,
    },
    /// Interfaces on which the XDP program judges and stamps adverts before this thread does.
    Judged(BTreeSet<u32>),
    /// Programs were loaded for a data path that was inherited without: one tells which adverts need
    /// not wake this thread.
    FilterBy(OwnedFd),
    /// An address of a router has gone from its interface.
    AddressVanished(RouterId),
    /// The main loop lives.
    Heartbeat,
    /// Say that this thread goes round.
    Answer(oneshot::Sender<()>),
    /// How is everyone?
    Inquire(oneshot::Sender<ThreadReport>),
    /// Leave with every router. Answered by the end of the thread.
    Stop,
    /// Leave every router as it is, and do nothing any more. Answered by [`Report::Stopped`].
    Cease,
}

/// What the advert thread is doing.
#[derive(Clone, Debug)]
pub(super) struct ThreadReport {
    /// Every router.
    pub(super) routers: Vec<RouterReport>,
    /// How late it woke up.
    pub(super) lateness: Lateness,
}

/// What one router is doing.
#[derive(Clone, Debug)]
pub(super) struct RouterReport {
    /// Which.
    pub(super) router: RouterId,
    /// When the report was made.
    pub(super) now: Nanos,
    /// What the engine says.
    pub(super) status: Status,
    /// Last sign of life of another router.
    pub(super) last_advert: Nanos,
    /// End of the lease.
    pub(super) owned_until: Nanos,
    /// Whether the addresses are answered for.
    pub(super) owned: bool,
    /// Valid adverts of other routers.
    pub(super) adverts: u64,
    /// How irregularly the last speaker's adverts arrive.
    pub(super) jitter: Duration,
    /// How many of the last speaker's adverts did not arrive.
    pub(super) missed: u64,
    /// Bad adverts, by their fault.
    pub(super) refused: Vec<(Reason, u64)>,
    /// Priority of the last sign of life.
    pub(super) speaker_priority: u8,
    /// What only this process has seen of adverts.
    pub(super) details: Details,
}

/// What the advert thread tells.
#[derive(Debug)]
pub(super) enum Report {
    /// A router changed its state.
    Transition {
        /// Whose.
        router: RouterId,
        /// State entered.
        to: State,
        /// Effective Priority.
        priority: Priority,
        /// It was so in the process before.
        adopted: bool,
    },
    /// Another router was Active while this one was.
    DualActive {
        /// Whose.
        router: RouterId,
        /// Effective Priority.
        priority: Priority,
    },
    /// An Active router has heard one of lower priority.
    HeardLower {
        /// Who has.
        router: RouterId,
        /// Effective Priority.
        priority: Priority,
    },
    /// A router has left, its addresses are off the interfaces.
    Retired(RouterId),
    /// The thread has ended, or does nothing any more.
    Stopped,
}
