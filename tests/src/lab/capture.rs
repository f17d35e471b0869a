//! Frames as they pass on the bridge.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::advert_filter::adverts;
use super::background::Background;
use super::{Mac, Netns, PacketSocket};

/// IP protocol number of VRRP.
const VRRP: u8 = 112;
/// How long a thread may take to notice that it is to end.
const PATIENCE: Duration = Duration::from_millis(50);

/// One frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// When the interface received it.
    pub at: Instant,
    /// All of it, from its Ethernet header on.
    pub bytes: Vec<u8>,
}

impl Frame {
    /// Whether it is a VRRP advert in IPv4, without VLAN tags.
    #[must_use]
    pub fn is_advert(&self) -> bool {
        self.bytes.get(12..14) == Some(&[0x08, 0x00]) && self.bytes.get(23) == Some(&VRRP)
    }

    /// Whether it is ARP, without VLAN tags.
    #[must_use]
    pub fn is_arp(&self) -> bool {
        self.bytes.get(12..14) == Some(&[0x08, 0x06])
    }

    /// Whether it is ARP or IPv4 that names `address` as its sender.
    #[must_use]
    pub fn speaks_as(&self, address: Ipv4Addr) -> bool {
        let sender = match self.bytes.get(12..14) {
            Some([0x08, 0x06]) => self.bytes.get(28..32),
            Some([0x08, 0x00]) => self.bytes.get(26..30),
            _ => None,
        };
        sender == Some(&address.octets())
    }

    /// Its source.
    #[must_use]
    pub fn source(&self) -> Option<Mac> {
        Mac::read(self.bytes.get(6..)?)
    }

    /// Priority of an advert.
    #[must_use]
    pub fn priority(&self) -> Option<u8> {
        self.ip_payload()?.get(2).copied()
    }

    /// What follows the IPv4 header.
    #[must_use]
    pub fn ip_payload(&self) -> Option<&[u8]> {
        let words = usize::from(self.bytes.get(14)? & 0x0f);
        self.bytes.get(14 + 4 * words..)
    }
}

/// Collects the frames that an interface receives and `keep` wants, on a thread.
#[derive(Debug)]
pub struct Capture {
    frames: Arc<Mutex<Vec<Frame>>>,
    lost: Arc<AtomicU64>,
    _thread: Background,
}

impl Capture {
    /// Starts on `interface` of `netns`.
    ///
    /// # Errors
    /// Without the interface.
    pub fn start(
        netns: &Netns,
        interface: &str,
        keep: impl Fn(&Frame) -> bool + Send + 'static,
    ) -> Result<Self> {
        Self::from(PacketSocket::open(netns, interface)?, keep)
    }

    /// Starts on `interface` of `netns`, for adverts alone: the kernel sorts out everything else, so
    /// that thousands of other frames leave room for them.
    ///
    /// # Errors
    /// Without the interface.
    pub fn of_adverts(netns: &Netns, interface: &str) -> Result<Self> {
        let socket = PacketSocket::open(netns, interface)?;
        socket.filter(&adverts())?;
        Self::from(socket, Frame::is_advert)
    }

    fn from(
        mut socket: PacketSocket,
        keep: impl Fn(&Frame) -> bool + Send + 'static,
    ) -> Result<Self> {
        let frames = Arc::<Mutex<Vec<Frame>>>::default();
        let collected = Arc::clone(&frames);
        let lost = Arc::<AtomicU64>::default();
        let counted = Arc::clone(&lost);
        // Makes the kernel note arrivals from now on.
        let _ = socket.received_at();
        let thread = Background::start("capture", move |stop| {
            while !stop.is_requested() {
                let bytes = socket.receive(PATIENCE)?.map(<[u8]>::to_vec);
                counted.fetch_add(socket.take_lost()?, Relaxed);
                let Some(bytes) = bytes else { continue };
                let at = socket.arrival();
                lock(&collected).extend(Some(Frame { at, bytes }).filter(&keep));
            }
            Ok(())
        })?;
        Ok(Self {
            frames,
            lost,
            _thread: thread,
        })
    }

    /// What was seen so far.
    #[must_use]
    pub fn frames(&self) -> Vec<Frame> {
        lock(&self.frames).clone()
    }

    /// How many frames so far there was no room for, wanted or not.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// What was seen before `end`, which is forgotten.
    #[must_use]
    pub fn take_before(&self, end: Instant) -> Vec<Frame> {
        let mut frames = lock(&self.frames);
        let count = frames.partition_point(|frame| frame.at < end);
        frames.drain(..count).collect()
    }

    /// The last frame so far.
    #[must_use]
    pub fn last(&self) -> Option<Frame> {
        lock(&self.frames).last().cloned()
    }
}

fn lock(frames: &Mutex<Vec<Frame>>) -> MutexGuard<'_, Vec<Frame>> {
    frames.lock().unwrap_or_else(PoisonError::into_inner)
}
