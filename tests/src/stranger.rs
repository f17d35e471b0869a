//! A router that nobody asked for: adverts of low priority, as fast as the machine can send them.

use std::collections::BTreeMap;
use std::io::IoSlice;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use bytes::BytesMut;
use ha_common::wire::ethernet;
use ha_common::{Family, Priority, Vrid};
use ha_user::net::advert::{Cast, Framing, group};
use ha_user::vrrp::Version;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, sendmmsg};

use crate::lab::{Netns, PacketSocket};
use crate::watched::{Pair, VIP, VRID};

/// What the stranger says: valid, and below everybody.
const PRIORITY: Priority = Priority::new(20);

/// Frames that one system call sends.
const BATCH: usize = 64;

/// A frame with a valid advert of the pair's stranger for its VRID.
///
/// # Errors
/// Without the stranger.
pub fn advert<const N: usize>(pair: &Pair<N>) -> Result<Vec<u8>> {
    let setup = pair.setup();
    let (source, mac) = pair.stranger()?;
    let framing = Framing {
        vrid: Vrid::new(VRID).context("a VRID")?,
        version: match setup.version {
            2 => Version::V2,
            _ => Version::V3,
        },
        source: source.into(),
        auth: None,
        addresses: vec![VIP.into()],
        interval: setup.interval(),
        cast: Cast::Multicast(group(Family::Ipv4)),
        checksum_as_v2: false,
        check_unicast_source: false,
        unicast_ttl: None,
        ignores_adverts: false,
        peer_ttls: BTreeMap::new(),
    };
    let mut packet = BytesMut::new();
    for group in framing.destinations() {
        framing.encode(PRIORITY, group, &mut packet);
    }
    let header = [
        &ethernet::VRRP_GROUP,
        &mac.0,
        &ethernet::TYPE_IPV4.to_be_bytes()[..],
    ];
    Ok([header.concat(), packet.to_vec()].concat())
}

/// Sends one frame over and over on a thread, until told to stop or out of time.
#[derive(Debug)]
pub struct Flood {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Rate>>,
}

/// What a flood achieved.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Frames sent.
    pub frames: u64,
    /// In this time.
    pub time: Duration,
}

impl Rate {
    /// Frames per second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        self.frames as f64 / self.time.as_secs_f64()
    }
}

impl Flood {
    /// Starts sending `frame` on `interface` of `netns`, for `limit` at most.
    ///
    /// # Errors
    /// Without the interface.
    pub fn start(netns: &Netns, interface: &str, frame: Vec<u8>, limit: Duration) -> Result<Self> {
        let socket = PacketSocket::open(netns, interface)?;
        // Nothing that arrives is of interest.
        socket.filter(&[socket2::SockFilter::new(
            (libc::BPF_RET | libc::BPF_K) as u16,
            0,
            0,
            0,
        )])?;
        socket.bypass_queues()?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("flood".to_owned());
        let thread = thread.spawn(move || flood(&socket, &frame, limit, &stopped))?;
        Ok(Self { stop, thread })
    }

    /// Stops sending.
    ///
    /// # Errors
    /// When it could not send.
    pub fn stop(self) -> Result<Rate> {
        self.stop.store(true, Relaxed);
        self.thread
            .join()
            .map_err(|_| anyhow!("the flood panicked"))?
    }
}

fn flood(socket: &PacketSocket, frame: &[u8], limit: Duration, stop: &AtomicBool) -> Result<Rate> {
    let started = Instant::now();
    let slices = vec![[IoSlice::new(frame)]; BATCH];
    let nobody: [Option<SockaddrIn>; BATCH] = [None; BATCH];
    let mut headers = MultiHeaders::preallocate(BATCH, None);
    let fd = socket.as_fd().as_raw_fd();
    let mut frames = 0;
    while !stop.load(Relaxed) && started.elapsed() < limit {
        let sent = sendmmsg(fd, &mut headers, &slices, nobody, [], MsgFlags::empty());
        match sent {
            Ok(results) => frames += results.count() as u64,
            // The queue is full: as fast as the machine can send.
            Err(nix::errno::Errno::EAGAIN | nix::errno::Errno::ENOBUFS) => thread::yield_now(),
            Err(error) => return Err(error).context("cannot send the flood"),
        }
    }
    Ok(Rate {
        frames,
        time: started.elapsed(),
    })
}
