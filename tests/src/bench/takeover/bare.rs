//! The least that as many addresses can cost: one netlink message after the other, all of them in
//! one system call.

use std::io::Read as _;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rustix::net::netdevice::name_to_index;
use socket2::{Domain, Protocol, Socket, Type};

use super::trial::{INTERFACE, Place, vip};

/// About how long it takes, with its lab.
pub(super) const TAKES: Duration = Duration::from_secs(1);

/// Octets of one message: headers of netlink and of an address, and twice the address.
const LENGTH: usize = 16 + 8 + 2 * 8;
/// Enough for all messages at once.
const BUFFER: usize = 200 << 10;
/// Offset of the error number in an acknowledgement.
const ERROR: usize = 16;
/// `IFA_ADDRESS` and `IFA_LOCAL`.
const KINDS: [u16; 2] = [1, 2];

/// How long the kernel takes to put `count` addresses on the interface of a director.
pub(super) fn batch(count: u16) -> Result<Duration> {
    let place = Place::new()?;
    let [director, _] = &place.directors;
    let taken = director.netns().enter(|| add(count))??;
    let present = director.addresses()?.len();
    ensure!(present > count.into(), "only {present} addresses are there");
    Ok(taken)
}

fn add(count: u16) -> Result<Duration> {
    let netlink = Socket::new(
        Domain::from(libc::AF_NETLINK),
        Type::RAW,
        Some(Protocol::from(libc::NETLINK_ROUTE)),
    )?;
    netlink.set_send_buffer_size(BUFFER)?;
    let ifindex = name_to_index(&netlink, INTERFACE)?;
    let messages: Vec<u8> = (0..count)
        .flat_map(|index| message(ifindex, vip(index), index + 1 == count))
        .collect();
    let begun = Instant::now();
    netlink.send(&messages)?;
    let mut answer = [0; 1024];
    let length = (&netlink).read(&mut answer)?;
    let taken = begun.elapsed();
    let error = answer[..length].get(ERROR..ERROR + 4);
    ensure!(error == Some(&[0; 4]), "the kernel refuses an address");
    Ok(taken)
}

/// Adds an address that is not there; acknowledged if it is the last one.
fn message(ifindex: u32, address: Ipv4Addr, last: bool) -> [u8; LENGTH] {
    let acknowledged = if last { libc::NLM_F_ACK } else { 0 };
    let flags = libc::NLM_F_REQUEST | libc::NLM_F_CREATE | libc::NLM_F_EXCL | acknowledged;
    let mut message = [0; LENGTH];
    message[..4].copy_from_slice(&(LENGTH as u32).to_ne_bytes());
    message[4..6].copy_from_slice(&libc::RTM_NEWADDR.to_ne_bytes());
    message[6..8].copy_from_slice(&(flags as u16).to_ne_bytes());
    message[16..18].copy_from_slice(&[libc::AF_INET as u8, 32]);
    message[20..24].copy_from_slice(&ifindex.to_ne_bytes());
    for (attribute, kind) in message[24..].chunks_exact_mut(8).zip(KINDS) {
        attribute[..2].copy_from_slice(&8u16.to_ne_bytes());
        attribute[2..4].copy_from_slice(&kind.to_ne_bytes());
        attribute[4..].copy_from_slice(&address.octets());
    }
    message
}
