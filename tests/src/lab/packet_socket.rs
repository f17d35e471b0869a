//! Raw Ethernet frames of one interface.

use std::io::{self, IoSlice, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use nix::sys::socket::sockopt::RcvBufForce;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, sendmmsg, setsockopt};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::netdevice::name_to_index;
use rustix::time::Timespec;
use socket2::{Domain, Protocol, SockAddr, SockFilter, Socket, Type};

use super::Netns;

/// Longest frame that is received whole, in bytes.
const LONGEST: usize = 9216;
/// With the value of asm-generic/sockios.h.
const SIOCGSTAMPNS: libc::Ioctl = 0x8907;
/// With the value of linux/if_packet.h.
const PACKET_IGNORE_OUTGOING: libc::c_int = 23;

/// An AF_PACKET socket on one interface.
#[derive(Debug)]
pub struct PacketSocket {
    socket: Socket,
    buffer: Vec<u8>,
}

impl PacketSocket {
    /// Sees every frame that `interface` in `netns` receives. What it sends itself is not shown.
    ///
    /// # Errors
    /// Without the interface, or without root.
    pub fn open(netns: &Netns, interface: &str) -> Result<Self> {
        let socket = netns.enter(|| bound(interface))?;
        let socket =
            socket.with_context(|| format!("cannot open a packet socket on {interface}"))?;
        Ok(Self {
            socket,
            buffer: vec![0; LONGEST],
        })
    }

    /// Lets only frames through that a classic BPF program accepts.
    ///
    /// # Errors
    /// When the kernel does not take the program.
    pub fn filter(&self, program: &[SockFilter]) -> Result<()> {
        Ok(self.socket.attach_filter(program)?)
    }

    /// Hands what is sent to the driver at once, past the host's queues.
    ///
    /// # Errors
    /// As of the socket.
    pub fn bypass_queues(&self) -> io::Result<()> {
        turn_on(&self.socket, libc::PACKET_QDISC_BYPASS)
    }

    /// Frames since the last call for which there was no room, so that nobody has received them.
    ///
    /// # Errors
    /// As of the socket.
    pub fn take_lost(&self) -> io::Result<u64> {
        let mut statistics = [0u32; 2];
        let mut length = size_of_val(&statistics) as libc::socklen_t;
        // SAFETY: the kernel writes a `tpacket_stats`, which is two words, and its length; both
        // live through the call.
        let result = unsafe {
            libc::getsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                statistics.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        if result < 0 {
            return Err(io::Error::last_os_error());
        }
        let [_seen, lost] = statistics;
        Ok(lost.into())
    }

    /// Sends a frame that begins with its Ethernet header.
    ///
    /// # Errors
    /// As of the socket.
    pub fn send(&self, frame: &[u8]) -> io::Result<()> {
        self.socket.send(frame).map(|_| ())
    }

    /// Sends frames by one system call; all leave at the same time, as near as the kernel can.
    ///
    /// # Errors
    /// As of the socket, or when it took only some of them.
    pub fn send_all<F: AsRef<[u8]>>(&self, frames: &[F]) -> io::Result<()> {
        let slices = frames.iter().map(|frame| [IoSlice::new(frame.as_ref())]);
        let slices: Vec<_> = slices.collect();
        let mut headers = MultiHeaders::<SockaddrIn>::preallocate(frames.len(), None);
        let nobody = vec![None; frames.len()];
        let fd = self.socket.as_raw_fd();
        let sent = sendmmsg(fd, &mut headers, &slices, nobody, [], MsgFlags::empty())?.count();
        match sent == frames.len() {
            true => Ok(()),
            false => Err(io::Error::other(format!(
                "only {sent} of {} frames were sent",
                frames.len()
            ))),
        }
    }

    /// The next frame, waiting up to `limit` for it; `None` if none came.
    ///
    /// # Errors
    /// As of the socket.
    pub fn receive(&mut self, limit: Duration) -> io::Result<Option<&[u8]>> {
        if !self.readable(limit)? {
            return Ok(None);
        }
        match (&self.socket).read(&mut self.buffer) {
            Ok(length) => Ok(Some(&self.buffer[..length])),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Like [`Self::receive`], but keeps the processor, for the sake of the time it takes.
    ///
    /// # Errors
    /// As of the socket.
    pub fn receive_at_once(&mut self, limit: Duration) -> io::Result<Option<&[u8]>> {
        let start = Instant::now();
        loop {
            match (&self.socket).read(&mut self.buffer) {
                Ok(length) => return Ok(Some(&self.buffer[..length])),
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                Err(_) if start.elapsed() > limit => return Ok(None),
                Err(_) => std::hint::spin_loop(),
            }
        }
    }

    /// When the interface received the frame that was returned last, in nanoseconds of
    /// `CLOCK_REALTIME`. The first call turns time stamps on, and finds none.
    ///
    /// # Errors
    /// No frame with a stamp was returned yet.
    pub fn received_at(&self) -> io::Result<i64> {
        let mut stamp = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: the kernel writes one `timespec`, which lives through the call.
        let result = unsafe { libc::ioctl(self.socket.as_raw_fd(), SIOCGSTAMPNS, &raw mut stamp) };
        if result < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(stamp.tv_sec * 1_000_000_000 + stamp.tv_nsec)
    }

    /// When the frame that was returned last reached the interface; now, where the kernel has not
    /// noted it: see [`Self::received_at`].
    #[must_use]
    pub fn arrival(&self) -> Instant {
        let (now, wall) = (Instant::now(), SystemTime::now());
        let stamp = self
            .received_at()
            .ok()
            .and_then(|at| u64::try_from(at).ok());
        let stamp = stamp.map(|at| UNIX_EPOCH + Duration::from_nanos(at));
        let age = stamp.and_then(|at| wall.duration_since(at).ok());
        now - age.unwrap_or_default()
    }

    fn readable(&self, limit: Duration) -> io::Result<bool> {
        let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
        let mut polled = [PollFd::from_borrowed_fd(self.socket.as_fd(), PollFlags::IN)];
        match poll(&mut polled, Some(&limit)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for PacketSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn bound(interface: &str) -> io::Result<Socket> {
    const EVERYTHING: u16 = libc::ETH_P_ALL.cast_unsigned() as u16;
    // Protocol 0 until the socket is bound: not a frame of another interface gets in.
    let socket = Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(0)))?;
    socket.set_nonblocking(true)?;
    setsockopt(&socket, RcvBufForce, &(8 << 20))?;
    turn_on(&socket, PACKET_IGNORE_OUTGOING)?;
    let index = name_to_index(&socket, interface)?;
    socket.bind(&link_layer_address(index, EVERYTHING)?)?;
    Ok(socket)
}

fn link_layer_address(ifindex: u32, protocol: u16) -> io::Result<SockAddr> {
    let ifindex = i32::try_from(ifindex).map_err(io::Error::other)?;
    // SAFETY: the storage is zeroed, larger than `sockaddr_ll` and aligned for every kind of
    // address; family and length are those of what is written.
    let ((), address) = unsafe {
        SockAddr::try_init(|storage, length| {
            let address = storage.cast::<libc::sockaddr_ll>();
            (*address).sll_family = libc::AF_PACKET as libc::sa_family_t;
            (*address).sll_protocol = protocol.to_be();
            (*address).sll_ifindex = ifindex;
            *length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
            Ok(())
        })?
    };
    Ok(address)
}

/// Sets one of the switches of `SOL_PACKET`.
fn turn_on(socket: &Socket, option: libc::c_int) -> io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: the kernel reads one integer, which lives through the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            option,
            (&raw const on).cast(),
            size_of_val(&on) as libc::socklen_t,
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
