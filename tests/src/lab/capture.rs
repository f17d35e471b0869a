//! Frames as they pass on the bridge.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

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
        let mut socket = PacketSocket::open(netns, interface)?;
        let frames = Arc::<Mutex<Vec<Frame>>>::default();
        let collected = Arc::clone(&frames);
        // Makes the kernel note arrivals from now on.
        let _ = socket.received_at();
        let thread = Background::start("capture", move |stop| {
            while !stop.is_requested() {
                let Some(bytes) = socket.receive(PATIENCE)?.map(<[u8]>::to_vec) else {
                    continue;
                };
                let at = socket.arrival();
                lock(&collected).extend(Some(Frame { at, bytes }).filter(&keep));
            }
            Ok(())
        })?;
        Ok(Self {
            frames,
            _thread: thread,
        })
    }

    /// What was seen so far.
    #[must_use]
    pub fn frames(&self) -> Vec<Frame> {
        lock(&self.frames).clone()
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
