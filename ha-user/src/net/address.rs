//! Puts addresses on interfaces and takes them off, on a thread that may wait for the kernel's
//! lock so that no other has to.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::address::{AddressAttribute, AddressMessage, AddressScope};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::netlink::{Netlink, Refusal};

/// Messages that one system call carries: a few kilobytes each way.
const BATCH: usize = 64;

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
    pub address: Ipv4Addr,
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
    done: Callback,
}

/// The thread that changes addresses, in the order in which it is asked to.
#[derive(Debug)]
pub struct AddressWorker {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl AddressWorker {
    /// Starts the thread in the network namespace of the calling one.
    ///
    /// # Errors
    /// The process may not have another thread or file descriptor.
    pub fn spawn() -> io::Result<Self> {
        let netlink = Netlink::open()?;
        let (jobs, inbox) = channel();
        let thread = std::thread::Builder::new()
            .name("addresses".into())
            .spawn(move || work(netlink, &inbox))?;
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
        let done = Box::new(done);
        if let Some(jobs) = &self.jobs {
            // The thread ends only when this sender is gone.
            let _ = jobs.send(Job { changes, done });
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

fn work(mut netlink: Netlink, inbox: &Receiver<Job>) {
    for Job { changes, done } in inbox {
        let mut outcomes = Vec::with_capacity(changes.len());
        for batch in changes.chunks(BATCH) {
            outcomes.extend(apply(&mut netlink, batch));
        }
        done(outcomes);
    }
}

fn apply(netlink: &mut Netlink, batch: &[AddressChange]) -> Vec<Outcome> {
    let results = netlink
        .execute(batch.iter().map(request))
        .unwrap_or_else(|error| vec![Err(error.into()); batch.len()]);
    batch
        .iter()
        .zip(results)
        .map(|(change, result)| Outcome {
            change: change.clone(),
            result: forgive(change.operation, result),
        })
        .collect()
}

fn request(change: &AddressChange) -> (RouteNetlinkMessage, u16) {
    let mut message = AddressMessage::default();
    message.header.family = AddressFamily::Inet;
    message.header.prefix_len = change.prefix_len;
    message.header.index = change.ifindex;
    let address = IpAddr::V4(change.address);
    message.attributes = vec![
        AddressAttribute::Local(address),
        AddressAttribute::Address(address),
    ];
    match change.operation {
        Operation::Remove => (RouteNetlinkMessage::DelAddress(message), 0),
        Operation::Add => {
            describe(change, &mut message);
            let flags = NLM_F_CREATE | NLM_F_EXCL;
            (RouteNetlinkMessage::NewAddress(message), flags)
        }
    }
}

/// What only a new address has.
fn describe(change: &AddressChange, message: &mut AddressMessage) {
    message.header.scope = AddressScope::from(change.scope);
    let label = change.label.clone().map(AddressAttribute::Label);
    let broadcast = change.broadcast.map(AddressAttribute::Broadcast);
    message
        .attributes
        .extend(label.into_iter().chain(broadcast));
}

/// An address that is there already, or gone already, is as it should be.
fn forgive(operation: Operation, result: Result<(), Refusal>) -> Result<(), Refusal> {
    match (operation, result) {
        (Operation::Add, Err(refusal)) if refusal.errno == libc::EEXIST => Ok(()),
        (Operation::Remove, Err(refusal)) if refusal.errno == libc::EADDRNOTAVAIL => Ok(()),
        (_, result) => result,
    }
}
