//! What a host knows of an interface without asking netlink: answered at once, without the lock
//! that netlink's answers wait for.
#![expect(
    unsafe_code,
    reason = "two ioctls without a safe wrapper among the crates in use"
)]

use std::ffi::{CStr, c_char};
use std::os::fd::AsFd;
use std::{fs, io};

use rustix::ioctl::{Opcode, Updater, ioctl};
use rustix::net::netdevice::index_to_name_inlined;

const GET_FLAGS: Opcode = libc::SIOCGIFFLAGS as Opcode;
const ETHTOOL: Opcode = libc::SIOCETHTOOL as Opcode;
const ETHTOOL_GET_DRIVER_INFO: u32 = 3;
const ETHTOOL_GET_FLAGS: u32 = 0x25;
/// `ETH_FLAG_RXVLAN`.
const RECEIVE_VLAN_OFFLOAD: u32 = 1 << 8;

/// Whether `ifindex` is up and has carrier (`IFF_UP` and `IFF_RUNNING`).
///
/// A packet sent without carrier is dropped by the kernel, and the sender is told that all is
/// well: whoever must know that a packet left asks here first. `socket` is any socket of the
/// network namespace. A cable that is pulled shows within a second, as in netlink.
///
/// # Errors
/// There is no such interface.
pub fn is_running(socket: impl AsFd, ifindex: u32) -> io::Result<bool> {
    const RUNNING: libc::c_int = libc::IFF_UP | libc::IFF_RUNNING;
    let mut request = request(&socket, ifindex)?;
    // SAFETY: SIOCGIFFLAGS reads and writes an `ifreq`.
    unsafe { ioctl(&socket, Updater::<GET_FLAGS, _>::new(&mut request)) }?;
    // SAFETY: the kernel has just filled in the flags, and any bits make a valid `c_short`.
    let flags = libc::c_int::from(unsafe { request.ifr_ifru.ifru_flags });
    Ok(flags & RUNNING == RUNNING)
}

/// Whether the host of the calling thread forwards IPv6 packets that come in by `ifindex`.
pub fn forwards_ipv6(socket: impl AsFd, ifindex: u32) -> bool {
    let forwards = |ifindex| -> io::Result<bool> {
        let name = index_to_name_inlined(&socket, ifindex)?;
        let path = format!("/proc/sys/net/ipv6/conf/{}/forwarding", name.as_str());
        Ok(fs::read(path)?.first() == Some(&b'1'))
    };
    forwards(ifindex).unwrap_or(false)
}

/// Name of the driver of `ifindex`, such as `ixgbe` or `veth`; `None` if it has none.
///
/// # Errors
/// There is no such interface.
pub fn driver(socket: impl AsFd, ifindex: u32) -> io::Result<Option<String>> {
    let mut info = DriverInfo::default();
    // SAFETY: the command is answered with a `struct ethtool_drvinfo`.
    let answered = unsafe { ask_ethtool(socket, ifindex, &mut info) }?;
    Ok(answered.then(|| text(&info.driver)).flatten())
}

/// Whether `ifindex` takes VLAN tags off the frames that arrive (`ethtool -k`: rx-vlan-offload).
/// The kernel is told of them beside the frame, and XDP in the driver is not.
///
/// # Errors
/// There is no such interface.
pub fn takes_tags_off(socket: impl AsFd, ifindex: u32) -> io::Result<bool> {
    let mut flags = Flags {
        command: ETHTOOL_GET_FLAGS,
        flags: 0,
    };
    // SAFETY: the command is answered with a `struct ethtool_value`.
    let answered = unsafe { ask_ethtool(socket, ifindex, &mut flags) }?;
    Ok(answered && flags.flags & RECEIVE_VLAN_OFFLOAD != 0)
}

/// Has the kernel answer in `question`; `false` if the interface does not know the command.
///
/// # Safety
/// `question` is the structure of the ethtool command that its first word names.
unsafe fn ask_ethtool<T>(socket: impl AsFd, ifindex: u32, question: &mut T) -> io::Result<bool> {
    let mut request = request(&socket, ifindex)?;
    request.ifr_ifru.ifru_data = (&raw mut *question).cast();
    // SAFETY: SIOCETHTOOL reads an `ifreq` whose data points to a structure of the command named
    // in its first word; `question` outlives the call.
    match unsafe { ioctl(&socket, Updater::<ETHTOOL, _>::new(&mut request)) } {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::OPNOTSUPP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// `struct ethtool_value`.
#[repr(C)]
struct Flags {
    command: u32,
    flags: u32,
}

/// `struct ethtool_drvinfo`.
#[repr(C)]
struct DriverInfo {
    command: u32,
    driver: [u8; 32],
    rest: [u8; 160],
}

const _: () = assert!(size_of::<DriverInfo>() == 196);

impl Default for DriverInfo {
    fn default() -> Self {
        Self {
            command: ETHTOOL_GET_DRIVER_INFO,
            driver: [0; 32],
            rest: [0; 160],
        }
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    let name = CStr::from_bytes_until_nul(bytes).ok()?.to_str().ok()?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn request(socket: impl AsFd, ifindex: u32) -> io::Result<libc::ifreq> {
    let name = index_to_name_inlined(socket, ifindex)?;
    // SAFETY: all zeros is a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    // The last octet stays zero.
    let room = request.ifr_name.len() - 1;
    for (to, from) in request.ifr_name[..room].iter_mut().zip(name.as_bytes()) {
        *to = *from as c_char;
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    #[test]
    fn an_interface_that_does_not_exist_is_an_error() {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("socket");
        assert!(is_running(&socket, u32::MAX >> 1).is_err());
        assert!(driver(&socket, u32::MAX >> 1).is_err());
        assert!(takes_tags_off(&socket, u32::MAX >> 1).is_err());
    }

    #[test]
    fn loopback_has_no_driver_and_leaves_tags_alone() {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("socket");
        let ifindex = rustix::net::netdevice::name_to_index(&socket, "lo").expect("lo");
        assert_eq!(driver(&socket, ifindex).expect("driver"), None);
        assert!(!takes_tags_off(&socket, ifindex).expect("flags"));
        assert!(is_running(&socket, ifindex).expect("flags"));
    }
}
