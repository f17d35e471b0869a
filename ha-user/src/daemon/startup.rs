//! What happens once, before the first router may leave Initialize.

use std::io;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::sync::oneshot;

use super::adverts::AdvertThread;
use super::errand::Errand;
use super::execute::{Executor, Means};
use super::link::{Link, Word};
use super::order::{Orders, Report};
use super::plan::{self, RouterPlan};
use super::queue;
use super::realtime;
use crate::config::model::{Config, XdpMode};
use crate::datapath::{Datapath, DebugLog, LoadError, LoadOptions, Loaded, RecordTable};
use crate::net::address::{AddressChange, AddressWorker, Operation};
use crate::net::announce::Announcer;
use crate::net::link::Links;
use crate::net::peers::PeerKeeper;
use crate::net::socket::AdvertSocket;
use crate::net::urgency;

/// Waits until the operator's command before everything else has run; `false` if it never will have.
pub(super) async fn has_begun(config: &Config, supervisor: &mut Link) -> bool {
    let Some(errand) = Errand::startup(config) else {
        return true;
    };
    supervisor.say(&Word::StartUp(errand)).await;
    loop {
        match supervisor.next().await {
            Some(Word::Begin) => return true,
            Some(_) => {}
            None => return false,
        }
    }
}

/// A predecessor that was killed leaves its addresses behind.
///
/// # Errors
/// The process may not have another thread or file descriptor.
pub(super) fn remove_stale_addresses(plans: &[RouterPlan]) -> io::Result<()> {
    let carried = plans.iter().flat_map(|plan| &plan.addresses);
    let changes = carried.map(|address| address.change(Operation::Remove));
    remove_addresses(changes.collect())
}

/// Takes addresses off, and waits for the kernel.
///
/// # Errors
/// The process may not have another thread or file descriptor.
pub(super) fn remove_addresses(changes: Vec<AddressChange>) -> io::Result<()> {
    if !changes.is_empty() {
        AddressWorker::spawn(Duration::ZERO)?.submit(changes, |_| ());
    }
    Ok(())
}

/// Takes over what a previous process has left in the kernel, else loads the XDP program, if it is
/// wanted and permitted.
pub(super) fn open_datapath(
    mode: XdpMode,
    debug_xdp: bool,
    plans: &[RouterPlan],
    links: &Links,
) -> Result<Option<Datapath>> {
    if mode == XdpMode::Off {
        log::info!("XDP is off: working as keepalived does");
        return Ok(None);
    }
    // What others have loaded says nothing.
    let interfaces = plan::interfaces(plans, links);
    let interfaces = interfaces.iter().filter(|_| !debug_xdp);
    match Datapath::inherit(interfaces.map(|link| link.ifindex)) {
        Ok(Some(datapath)) => return Ok(Some(datapath)),
        Ok(None) => {}
        Err(error) => log::info!("nothing is inherited from a process before: {error}"),
    }
    // The verifier takes its time, and nobody waits for it.
    urgency::relax();
    load_datapath(debug_xdp)
}

fn load_datapath(debug_xdp: bool) -> Result<Option<Datapath>> {
    match Datapath::load(LoadOptions { debug_xdp }) {
        Ok(mut datapath) => {
            if let Some(debug_log) = datapath.debug_log() {
                follow(debug_log).context("cannot follow what the XDP program logs")?;
            }
            Ok(Some(datapath))
        }
        // For the whole life of this process: the next one does better.
        Err(error @ LoadError::Disturbed) => Err(error.into()),
        Err(error) => {
            log::warn!("no XDP, working as keepalived does: {error:#}");
            Ok(None)
        }
    }
}

/// Loads programs for a data path that was inherited without, on a thread of its own.
pub(super) fn load_programs(datapath: Option<&mut Datapath>) -> Option<oneshot::Receiver<Loaded>> {
    let loader = datapath.and_then(Datapath::loader)?;
    let (done, wait) = oneshot::channel();
    let load = move || match loader.load() {
        // The main loop may have gone first.
        Ok(programs) => drop(done.send(programs)),
        Err(error) => log::warn!("the programs of the process before stay: {error:#}"),
    };
    let thread = thread::Builder::new().name("load".to_owned());
    match thread.spawn(load) {
        Ok(_) => Some(wait),
        Err(error) => {
            log::warn!("the programs of the process before stay: {error}");
            None
        }
    }
}

/// Hands what the XDP program says with `--debug-xdp` to the log, on a thread that ends with the
/// process.
fn follow(mut debug_log: DebugLog) -> Result<()> {
    let follow = move || {
        loop {
            let wait = poll(&mut [PollFd::new(&debug_log, PollFlags::IN)], None);
            if !matches!(wait, Ok(_) | Err(Errno::INTR)) {
                return;
            }
            debug_log.flush();
        }
    };
    thread::Builder::new()
        .name("xdp-log".to_owned())
        .spawn(follow)?;
    Ok(())
}

/// The advert thread, and the two ways to and from it.
pub(super) struct Adverts {
    pub(super) thread: JoinHandle<Result<()>>,
    pub(super) orders: Orders,
    pub(super) reports: UnboundedReceiver<Report>,
    /// What that thread and the data path share.
    pub(super) records: RecordTable,
}

/// Starts the advert thread, without routers yet.
///
/// # Errors
/// If a socket or a thread is not to be had.
pub(super) fn start_adverts(config: &Config, datapath: Option<&mut Datapath>) -> Result<Adverts> {
    let (orders, order_queue) = queue::queue()?;
    let (report_sender, reports) = mpsc::unbounded_channel();
    let socket = AdvertSocket::open().context("cannot open the socket for adverts")?;
    let (records, notices, filter) = match datapath {
        Some(datapath) => (
            datapath.records(),
            datapath.notices(),
            datapath.socket_filter(),
        ),
        None => (RecordTable::in_memory(), None, None),
    };
    let addresses = AddressWorker::spawn(config.xdp.address_lifetime)
        .context("cannot start the address thread")?;
    let mut executor = Executor::new(Means {
        socket,
        records: records.clone(),
        announcer: Announcer::spawn().context("cannot start the thread for gratuitous ARP")?,
        addresses,
        peers: PeerKeeper::spawn().context("cannot start the thread for unicast peers")?,
        orders: orders.clone(),
        reports: report_sender.clone(),
    });
    if let Some(filter) = filter {
        executor.filter_by(filter);
    }
    let thread = AdvertThread::new(executor, order_queue, notices, report_sender)?;
    Ok(Adverts {
        thread: realtime::spawn(thread, config.global.rt_priority)?,
        orders,
        reports,
        records,
    })
}
