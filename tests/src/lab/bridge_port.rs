//! States of a bridge's ports.

use std::io::{self, Read as _};

use anyhow::{Context, Result, ensure};
use socket2::{Domain, Socket, Type};

use super::Netns;

/// A port's end of what it carries, with the values of linux/if_bridge.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing passes, in either direction.
    Disabled = 0,
    /// Everything passes.
    Forwarding = 3,
}

/// Names of linux/netlink.h, linux/rtnetlink.h and linux/if_link.h.
const IFLA_PROTINFO: u16 = 12;
const IFLA_BRPORT_STATE: u16 = 1;
/// Of the message, its two headers, and an attribute inside another one.
const LENGTH: u32 = 16 + 16 + 4 + 8;

/// A socket in a network namespace, for requests about ports of its bridges.
///
/// A state is changed at once and holds up nobody. To take a port off its bridge, the kernel waits
/// for every processor, and keeps the lock that addresses are changed under meanwhile.
#[derive(Debug)]
pub(super) struct Ports(Socket);

impl Ports {
    /// Those of `netns`.
    pub(super) fn of(netns: &Netns) -> Result<Self> {
        let socket =
            netns.enter(|| Socket::new(Domain::from(libc::AF_NETLINK), Type::RAW, None))?;
        Ok(Self(socket.context("no netlink")?))
    }

    /// Changes the state of the port with index `ifindex`.
    pub(super) fn set(&self, ifindex: u32, state: State) -> Result<()> {
        self.request(ifindex, state)
            .with_context(|| format!("cannot make port {ifindex} {state:?}"))
    }

    fn request(&self, ifindex: u32, state: State) -> Result<()> {
        let sent = self.0.send(&message(ifindex, state))?;
        ensure!(sent == LENGTH as usize, "netlink took {sent} octets");
        let mut answer = [0; 64];
        let length = (&self.0).read(&mut answer)?;
        let error = answer.get(16..20).filter(|_| length >= 20);
        let error = error.and_then(|octets| octets.try_into().ok());
        match i32::from_ne_bytes(error.context("a short answer")?) {
            0 => Ok(()),
            error => Err(io::Error::from_raw_os_error(-error).into()),
        }
    }
}

/// RTM_SETLINK, to be acknowledged.
fn message(ifindex: u32, state: State) -> Vec<u8> {
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u16;
    let nested = IFLA_PROTINFO | libc::NLA_F_NESTED as u16;
    [
        &LENGTH.to_ne_bytes()[..],
        &libc::RTM_SETLINK.to_ne_bytes(),
        &flags.to_ne_bytes(),
        &[0; 8],
        &[libc::AF_BRIDGE as u8, 0, 0, 0],
        &ifindex.to_ne_bytes(),
        &[0; 8],
        &12_u16.to_ne_bytes(),
        &nested.to_ne_bytes(),
        &5_u16.to_ne_bytes(),
        &IFLA_BRPORT_STATE.to_ne_bytes(),
        &[state as u8, 0, 0, 0],
    ]
    .concat()
}
