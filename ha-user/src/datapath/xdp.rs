//! The XDP hook of an interface.
//!
//! The interface itself holds the program (netlink's `IFLA_XDP`): it lives on without any process
//! of ours, in whatever mount namespace that ran, and ends with the interface.

use std::os::fd::{AsFd as _, AsRawFd as _};

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkMessage, LinkXdp};

use super::attach::AttachError;
use super::choice::Mode;
use super::device::Device;
use super::program::{Hook, Program};
use crate::net::netlink::{Netlink, Refusal};

/// `XDP_FLAGS_*`: attach only where nothing is attached.
const IF_NONE: u32 = 1 << 0;
/// In the generic hook.
const GENERIC: u32 = 1 << 1;
/// In the driver.
const NATIVE: u32 = 1 << 2;
/// Put in the place of the program given as expected, and of no other.
const REPLACE: u32 = 1 << 4;
/// Instead of a program's file descriptor: none.
const NO_PROGRAM: i32 = -1;

/// The two places of the XDP hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    Driver,
    Generic,
}

impl Layer {
    /// The mode that attaches there.
    pub(super) const fn mode(self) -> Mode {
        match self {
            Self::Driver => Mode::Native,
            Self::Generic => Mode::Generic,
        }
    }
}

/// A vipd's program that is attached.
#[derive(Debug)]
pub(super) struct Attached {
    pub(super) layer: Layer,
    pub(super) program: Program,
}

/// The vipd's program on `device`, if there is one.
///
/// # Errors
/// Another program is there, or one that this process may not look at.
pub(super) fn find_ours(device: &Device) -> Result<Option<Attached>, AttachError> {
    let programs = [
        (Layer::Driver, device.native),
        (Layer::Generic, device.generic),
        (Layer::Driver, device.offloaded),
    ];
    let mut attached = programs
        .into_iter()
        .filter_map(|(layer, id)| Some((layer, id?)));
    let Some((layer, id)) = attached.next() else {
        return Ok(None);
    };
    let interface = device.name.clone();
    match Program::find(id) {
        // It went away after netlink had named it.
        Ok(None) => Ok(None),
        Ok(Some(program)) if program.is_ours(Hook::Xdp) => Ok(Some(Attached { layer, program })),
        Ok(Some(program)) => Err(AttachError::Foreign {
            interface,
            name: program.name().to_owned(),
            id,
        }),
        Err(source) => Err(AttachError::Unidentified {
            interface,
            id,
            source,
        }),
    }
}

/// Puts `program` in the place of `old`, without a packet in between that no program sees if the
/// layer stays the same.
pub(super) fn attach(
    netlink: &mut Netlink,
    device: &Device,
    layer: Layer,
    program: &Program,
    old: Option<&Attached>,
) -> Result<(), Refusal> {
    match old {
        Some(old) if old.layer == layer => {
            set(netlink, device, layer, Some(program), Some(&old.program))
        }
        Some(old) => {
            // The kernel runs one layer at a time.
            detach(netlink, device, old)?;
            set(netlink, device, layer, Some(program), None)
        }
        None => set(netlink, device, layer, Some(program), None),
    }
}

/// Takes a vipd's program off.
pub(super) fn detach(
    netlink: &mut Netlink,
    device: &Device,
    attached: &Attached,
) -> Result<(), Refusal> {
    let Attached { layer, program } = attached;
    set(netlink, device, *layer, None, Some(program))
}

/// Takes `program` off, unless another one has taken its place.
pub(super) fn detach_program(
    netlink: &mut Netlink,
    device: &Device,
    layer: Layer,
    program: &Program,
) -> Result<(), Refusal> {
    let attached = match layer {
        Layer::Driver => device.native,
        Layer::Generic => device.generic,
    };
    if attached == Some(program.id()) {
        set(netlink, device, layer, None, Some(program))?;
    }
    Ok(())
}

/// Puts `program`, or none, in the place of `old`, or of none.
fn set(
    netlink: &mut Netlink,
    device: &Device,
    layer: Layer,
    program: Option<&Program>,
    old: Option<&Program>,
) -> Result<(), Refusal> {
    let fd = program.map_or(NO_PROGRAM, |program| program.as_fd().as_raw_fd());
    let mut flags = match layer {
        Layer::Driver => NATIVE,
        Layer::Generic => GENERIC,
    };
    let mut attributes = vec![LinkXdp::Fd(fd)];
    match old {
        Some(old) => {
            flags |= REPLACE;
            let expected = old.as_fd().as_raw_fd().cast_unsigned();
            attributes.push(LinkXdp::ExpectedFd(expected));
        }
        None => flags |= IF_NONE,
    }
    attributes.push(LinkXdp::Flags(flags));
    let mut request = LinkMessage::default();
    request.header.index = device.ifindex;
    request.attributes = vec![LinkAttribute::Xdp(attributes)];
    netlink.tell(RouteNetlinkMessage::SetLink(request), 0)
}
