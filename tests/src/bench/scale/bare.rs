//! The least that as many adverts can cost: a loop that sends them in one system call.

use std::os::fd::AsRawFd as _;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::time::{ClockId, Timespec, clock_gettime};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::trial::{INTERVAL, Load, Place, ROUTERS};
use crate::lab::Netns;

/// How long it is measured.
pub(super) const TAKES: Duration = Duration::from_secs(5);

/// Octets of an advert with one address, from its IP header on.
const LENGTH: usize = 32;

/// Part of a processor that the loop takes, on a cable as the daemons have it.
pub(super) fn cost(load: Load) -> Result<f64> {
    let place = Place::new()?;
    let [lb1, _] = &place.directors;
    let socket = open(lb1.netns())?;
    let _load = load.apply()?;
    let measured = thread::scope(|scope| scope.spawn(|| send_for(&socket, TAKES)).join());
    measured.map_err(|_| anyhow::anyhow!("the loop panicked"))?
}

fn open(netns: &Netns) -> Result<Socket> {
    let socket =
        netns.enter(|| Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(112))))??;
    socket.set_header_included_v4(true)?;
    socket.set_multicast_loop_v4(false)?;
    socket.set_multicast_if_v4(&std::net::Ipv4Addr::new(192, 0, 2, 11))?;
    socket.connect(&SockAddr::from(std::net::SocketAddrV4::new(
        std::net::Ipv4Addr::new(224, 0, 0, 18),
        0,
    )))?;
    Ok(socket)
}

/// Sends for `period`, and returns what part of it this thread was on a processor.
fn send_for(socket: &Socket, period: Duration) -> Result<f64> {
    let mut frames: Vec<[u8; LENGTH]> = (1..=ROUTERS).map(frame).collect();
    let mut slices: Vec<_> = frames
        .iter_mut()
        .map(|frame| libc::iovec {
            iov_base: frame.as_mut_ptr().cast(),
            iov_len: LENGTH,
        })
        .collect();
    let mut messages: Vec<_> = slices.iter_mut().map(message).collect();
    let (begun, used_before) = (Instant::now(), used());
    let mut next = begun;
    while begun.elapsed() < period {
        send(socket, &mut messages)?;
        next += INTERVAL;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    let used = used().saturating_sub(used_before);
    Ok(used.as_secs_f64() / begun.elapsed().as_secs_f64())
}

fn message(slice: &mut libc::iovec) -> libc::mmsghdr {
    // SAFETY: all zeros is a valid header without address and control data.
    let mut message: libc::mmsghdr = unsafe { std::mem::zeroed() };
    message.msg_hdr.msg_iov = slice;
    message.msg_hdr.msg_iovlen = 1;
    message
}

fn send(socket: &Socket, messages: &mut [libc::mmsghdr]) -> Result<()> {
    let count = libc::c_uint::try_from(messages.len())?;
    // SAFETY: the messages point to slices, and those to frames, that outlive the call.
    let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), messages.as_mut_ptr(), count, 0) };
    let sent = u32::try_from(sent).map_err(|_| std::io::Error::last_os_error());
    let sent = sent.context("the bare loop cannot send")?;
    ensure!(sent == count, "{sent} of {count} left");
    Ok(())
}

/// An advert of version 3 of a router with no priority that anybody would listen to.
fn frame(vrid: u8) -> [u8; LENGTH] {
    let mut frame = [0; LENGTH];
    frame[..12].copy_from_slice(&[0x45, 0xc0, 0, 32, 0, 1, 0, 0, 255, 112, 0, 0]);
    frame[12..20].copy_from_slice(&[192, 0, 2, 11, 224, 0, 0, 18]);
    frame[20..28].copy_from_slice(&[0x31, vrid, 100, 1, 0, 1, 0, 0]);
    frame[28..32].copy_from_slice(&[198, 51, 100, vrid]);
    frame
}

/// Time that this thread has had on a processor.
fn used() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ThreadCPUTime);
    let nanoseconds = u32::try_from(tv_nsec).unwrap_or_default();
    Duration::new(u64::try_from(tv_sec).unwrap_or_default(), nanoseconds)
}
