//! What happens once, before the first router may leave Initialize.

use std::thread::{self, JoinHandle};

use anyhow::{Context as _, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::sync::oneshot;

use super::adverts::AdvertThread;
use super::attachments::Attachments;
use super::execute::{Executor, Means};
use super::order::{self, Order, Orders, Report};
use super::plan::RouterPlan;
use super::{gate, realtime};
use crate::config::model::{Config, XdpMode};
use crate::datapath::{Datapath, DebugLog, LoadOptions, RecordTable};
use crate::net::address::{AddressWorker, Operation};
use crate::net::announce::Announcer;
use crate::net::clock;
use crate::net::socket::AdvertSocket;

/// A predecessor that was killed leaves its addresses behind.
pub(super) async fn remove_stale_addresses(addresses: &AddressWorker, plans: &[RouterPlan]) {
    let carried = plans.iter().flat_map(|plan| &plan.addresses);
    let changes = carried
        .map(|address| address.change(Operation::Remove))
        .collect();
    let (done, wait) = oneshot::channel();
    addresses.submit(changes, move |_| {
        // The one who waits does so until the answer.
        let _ = done.send(());
    });
    let _ = wait.await;
}

/// Loads the XDP program, if it is wanted and permitted.
pub(super) fn load_datapath(mode: XdpMode, debug_xdp: bool) -> Result<Option<Datapath>> {
    if mode == XdpMode::Off {
        log::info!("XDP is off: working as keepalived does");
        return Ok(None);
    }
    match Datapath::load(LoadOptions { debug_xdp }) {
        Ok(mut datapath) => {
            if let Some(debug_log) = datapath.debug_log() {
                follow(debug_log).context("cannot follow what the XDP program logs")?;
            }
            Ok(Some(datapath))
        }
        Err(error) => {
            log::warn!("no XDP, working as keepalived does: {error:#}");
            Ok(None)
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
pub(super) fn start_adverts(
    config: &Config,
    datapath: Option<&mut Datapath>,
    attachments: &Attachments,
    addresses: AddressWorker,
) -> Result<Adverts> {
    let (orders, order_queue) = order::queue()?;
    let (report_sender, reports) = mpsc::unbounded_channel();
    let mut socket = AdvertSocket::open().context("cannot open the socket for adverts")?;
    let (records, notices) = match datapath {
        Some(datapath) => {
            if let Err(error) = socket.filter_by(datapath.socket_filter()) {
                log::warn!("every advert will wake vipd: the socket's filter: {error}");
            }
            (datapath.records(), datapath.notices())
        }
        None => (RecordTable::in_memory(), None),
    };
    gate::apply(records.gate(), &config.xdp);
    records.gate().beat(clock::now());
    let executor = Executor::new(Means {
        socket,
        records: records.clone(),
        announcer: Announcer::spawn().context("cannot start the thread for gratuitous ARP")?,
        garp_interval: config.global.garp_interval,
        addresses,
        orders: orders.clone(),
        reports: report_sender.clone(),
        guarded: attachments.any(),
    });
    orders.send(Order::Judged(attachments.guarded()));
    let thread = AdvertThread::new(executor, order_queue, notices, report_sender)?;
    Ok(Adverts {
        thread: realtime::spawn(thread, config.global.rt_priority)?,
        orders,
        reports,
        records,
    })
}
