//! What the main loop tells the advert thread, and what it hears back.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use anyhow::{Context as _, Result};
use rustix::event::{EventfdFlags, eventfd};
use std::collections::BTreeSet;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use ha_common::{Nanos, Priority, Reason};
use tokio::sync::oneshot;

use super::lateness::Lateness;
use super::plan::RouterPlan;
use crate::vrrp::{Event, RouterId, State, Status};

/// What the advert thread is told.
#[derive(Debug)]
pub(super) enum Order {
    /// Take a router in; it does nothing before `Event::Startup`.
    Install(RouterId, Box<RouterPlan>),
    /// Take a router in whose record a previous process has left; it does nothing before
    /// `Event::Adopt`.
    Inherit(RouterId, Box<RouterPlan>),
    /// A router has a new plan: same identity, other parameters, adverts or addresses.
    Replace(RouterId, Box<RouterPlan>),
    /// Something happened to a router.
    Tell(RouterId, Event),
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
    },
    /// Another router was Active while this one was.
    DualActive {
        /// Whose.
        router: RouterId,
        /// Effective Priority.
        priority: Priority,
    },
    /// A router has left, its addresses are off the interfaces.
    Retired(RouterId),
    /// The thread has ended, or does nothing any more.
    Stopped,
}

/// Sends orders; the advert thread wakes up for each.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    sender: Sender<Order>,
    wake: Arc<OwnedFd>,
}

impl Orders {
    /// Sends `order`. A thread that has ended needs none.
    pub(super) fn send(&self, order: Order) {
        if self.sender.send(order).is_ok() {
            // Fails only when the counter is at its end, and then the thread is awake already.
            let _ = rustix::io::write(&*self.wake, &1u64.to_ne_bytes());
        }
    }
}

/// The advert thread's end.
#[derive(Debug)]
pub(super) struct OrderQueue {
    receiver: Receiver<Order>,
    wake: Arc<OwnedFd>,
}

impl OrderQueue {
    /// The next order, if there is one.
    pub(super) fn next(&mut self) -> Option<Order> {
        self.receiver.try_recv().ok()
    }

    /// Forgets that it was woken: called before the queue is emptied, so that nothing is missed.
    pub(super) fn rest(&mut self) {
        // Fails only if nobody has woken us.
        let _ = rustix::io::read(&*self.wake, &mut [0u8; 8]);
    }
}

impl AsFd for OrderQueue {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

/// A queue of orders that wakes a thread which waits in `poll`.
///
/// # Errors
/// If no eventfd can be made.
pub(super) fn queue() -> Result<(Orders, OrderQueue)> {
    let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
    let wake = Arc::new(eventfd(0, flags).context("cannot make an eventfd")?);
    let (sender, receiver) = channel();
    Ok((
        Orders {
            sender,
            wake: Arc::clone(&wake),
        },
        OrderQueue { receiver, wake },
    ))
}
