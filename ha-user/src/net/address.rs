//! Puts addresses on interfaces and takes them off, on a thread that may wait for the kernel's
//! lock so that no other has to.

mod keeper;
mod request;

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use self::keeper::Keeper;
use super::netlink::{Netlink, Refusal};
use super::urgency::hasten;
use super::{Held, clock};

/// What is done with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Put it on the interface; it may be there already.
    Add,
    /// Take it off; it may be gone already.
    Remove,
}

/// A change of one address of one interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressChange {
    /// What is done.
    pub operation: Operation,
    /// To which interface.
    pub ifindex: u32,
    /// The address.
    pub address: IpAddr,
    /// Length of its mask. The same address with another mask is another address to the kernel,
    /// and is left alone.
    pub prefix_len: u8,
    /// Label, if not the interface's name; ignored on removal.
    pub label: Option<String>,
    /// Broadcast address; ignored on removal.
    pub broadcast: Option<Ipv4Addr>,
    /// Scope as the kernel numbers it, 0 is global; ignored on removal.
    pub scope: u8,
}

/// What an address is to the kernel: its interface, itself, and the length of its mask.
type Key = (u32, IpAddr, u8);

impl AddressChange {
    /// A change of an address of which no more is said.
    #[must_use]
    pub fn plain(
        operation: Operation,
        ifindex: u32,
        address: impl Into<IpAddr>,
        prefix_len: u8,
    ) -> Self {
        Self {
            operation,
            ifindex,
            address: address.into(),
            prefix_len,
            label: None,
            broadcast: None,
            scope: 0,
        }
    }

    fn key(&self) -> Key {
        (self.ifindex, self.address, self.prefix_len)
    }
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The change.
    pub change: AddressChange,
    /// Whether the interface is now as the change wants it.
    pub result: Result<(), Refusal>,
}

type Callback = Box<dyn FnOnce(Vec<Outcome>) + Send>;

struct Job {
    changes: Vec<AddressChange>,
    /// Whether what is added is still to be kept.
    held: Option<Held>,
    done: Callback,
}

/// The thread that changes addresses, in the order in which it is asked to.
///
/// Addresses that it holds for somebody have a lifetime, and are refreshed for as long as they
/// are held: after the death of everything that could take them off, they go by themselves.
#[derive(Debug)]
pub struct AddressWorker {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl AddressWorker {
    /// Starts the thread in the network namespace of the calling one. Addresses that it holds live
    /// for `lifetime`, or for ever if that is zero.
    ///
    /// # Errors
    /// The process may not have another thread or file descriptor.
    pub fn spawn(lifetime: Duration) -> io::Result<Self> {
        let keeper = Keeper::new(Netlink::open()?, lifetime);
        let (jobs, inbox) = channel();
        let thread = std::thread::Builder::new()
            .name("addresses".into())
            .spawn(move || work(keeper, &inbox))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Asks for `changes`, in this order, and returns at once. `done` is called on the worker's
    /// thread with what became of each.
    pub fn submit(
        &self,
        changes: Vec<AddressChange>,
        done: impl FnOnce(Vec<Outcome>) + Send + 'static,
    ) {
        self.send(changes, None, Box::new(done));
    }

    /// As [`Self::submit`], for addresses that are added: they live while `held` says so, and a
    /// lifetime longer.
    ///
    /// One that is there already stays as it is, unless it has a lifetime: then a predecessor has
    /// left it, and it is held as the others are.
    pub fn hold(
        &self,
        changes: Vec<AddressChange>,
        held: Held,
        done: impl FnOnce(Vec<Outcome>) + Send + 'static,
    ) {
        self.send(changes, Some(held), Box::new(done));
    }

    fn send(&self, changes: Vec<AddressChange>, held: Option<Held>, done: Callback) {
        if let Some(jobs) = &self.jobs {
            // The thread ends only when this sender is gone.
            let _ = jobs.send(Job {
                changes,
                held,
                done,
            });
        }
    }
}

impl Drop for AddressWorker {
    /// Waits until everything that was asked for is done.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(mut keeper: Keeper, inbox: &Receiver<Job>) {
    hasten();
    loop {
        let next = match keeper.next_refresh() {
            Some(at) => inbox.recv_timeout(at.saturating_since(clock::now())),
            None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match next {
            Ok(Job {
                changes,
                held,
                done,
            }) => done(keeper.carry_out(&changes, held.as_ref())),
            Err(RecvTimeoutError::Timeout) => keeper.refresh(clock::now()),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
