//! The few changes to interfaces that `ip` cannot make, or only slowly.

use std::io;
use std::os::fd::AsRawFd;

use anyhow::{Context, Result};
use rustix::net::netdevice::name_to_index;
use socket2::{Domain, Socket, Type};

use super::Netns;

/// `ethtool -K ... tx`, with the values of linux/ethtool.h.
const ETHTOOL_STXCSUM: u32 = 0x17;
const SIOCETHTOOL: libc::Ioctl = 0x8946;
/// `brctl addif`, with the value of linux/sockios.h.
const SIOCBRADDIF: libc::Ioctl = 0x89a2;

/// A socket in a network namespace, for requests about its interfaces.
#[derive(Debug)]
pub(super) struct Devices(Socket);

#[repr(C)]
struct EthtoolValue {
    command: u32,
    data: u32,
}

impl Devices {
    /// Those of `netns`.
    pub(super) fn of(netns: &Netns) -> Result<Self> {
        let socket = netns.enter(|| Socket::new(Domain::IPV4, Type::DGRAM, None))??;
        Ok(Self(socket))
    }

    /// Index of an interface.
    pub(super) fn index(&self, name: &str) -> Result<u32> {
        name_to_index(&self.0, name).with_context(|| format!("no interface {name}"))
    }

    /// Makes the kernel compute checksums of frames sent on `name`: the other end of a veth pair
    /// that answers by XDP_TX would send on what was never filled in.
    pub(super) fn disable_transmit_checksum_offload(&self, name: &str) -> Result<()> {
        let mut value = EthtoolValue {
            command: ETHTOOL_STXCSUM,
            data: 0,
        };
        let mut request = request_for(name)?;
        request.ifr_ifru.ifru_data = (&raw mut value).cast();
        self.request(SIOCETHTOOL, &mut request)
            .with_context(|| format!("cannot turn checksum offload off on {name}"))
    }

    /// Plugs interface `port` into `bridge`.
    pub(super) fn plug(&self, bridge: &str, port: u32) -> Result<()> {
        let mut request = request_for(bridge)?;
        request.ifr_ifru.ifru_ifindex = i32::try_from(port)?;
        self.request(SIOCBRADDIF, &mut request)
            .with_context(|| format!("cannot plug port {port} into {bridge}"))
    }

    fn request(&self, operation: libc::Ioctl, request: &mut libc::ifreq) -> io::Result<()> {
        // SAFETY: the kernel reads and writes `request`, and what it points to for the operations
        // above, during the call only; both live in our caller.
        let result = unsafe { libc::ioctl(self.0.as_raw_fd(), operation, &raw mut *request) };
        if result < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}

fn request_for(name: &str) -> Result<libc::ifreq> {
    // SAFETY: all-zero is a valid value of this C structure of integers and unions of them.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    let space = request.ifr_name.len();
    anyhow::ensure!(name.len() < space, "{name}: too long for an interface");
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *to = from.cast_signed();
    }
    Ok(request)
}
