//! Puts the program on an interface and takes it off.
//!
//! The interface itself holds the program (netlink's `IFLA_XDP`): it lives on without any process
//! of ours, in whatever mount namespace that ran, and ends with the interface.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use aya::programs::ProgramError;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkMessage, LinkXdp};

use super::choice::{Choice, Mode, OtherEnd, VETH, choose};
use super::device::Device;
use super::maps::MapError;
use super::program::Program;
use crate::net::interface;
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

/// Which mode is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AttachMode {
    /// Native where replies are known to arrive, else generic.
    #[default]
    Auto,
    /// Native or not at all.
    Native,
    /// Generic or not at all.
    Generic,
}

/// The program on an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Interface.
    pub ifindex: u32,
    /// Mode it is attached in.
    pub mode: Mode,
    /// Why in that one, for people.
    pub why: String,
}

/// Why the program is not on an interface, or still is.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// Another program is there. It is left alone.
    #[error(
        "{interface} runs the XDP program \"{name}\" (id {id}), which is not vipd's; it stays, and \
         vipd works without XDP there. `ip link set dev {interface} xdp off` would remove it"
    )]
    Foreign {
        /// Interface.
        interface: String,
        /// Name of the program.
        name: String,
        /// Id of the program.
        id: u32,
    },
    /// A program is there, and the process may not ask whose it is.
    #[error(
        "{interface} runs the XDP program with id {id}; to see whether it is vipd's own, vipd \
         needs CAP_SYS_ADMIN ({source})"
    )]
    Unidentified {
        /// Interface.
        interface: String,
        /// Id of the program.
        id: u32,
        /// What the kernel said.
        source: ProgramError,
    },
    /// The kernel does not do it.
    #[error("{interface}: the kernel refuses {mode} XDP: {refusal}")]
    Refused {
        /// Interface.
        interface: String,
        /// Mode that was wanted.
        mode: Mode,
        /// What the kernel said.
        refusal: Refusal,
    },
    /// The program cannot be told of the interface.
    #[error(transparent)]
    Map(#[from] MapError),
    /// There is no such interface.
    #[error("interface {ifindex} cannot be looked at: {refusal}")]
    Interface {
        /// Interface.
        ifindex: u32,
        /// What the kernel said.
        refusal: Refusal,
    },
}

/// Attaches `program` to `device`. What an earlier vipd left there is replaced, without a packet
/// in between that no program sees if the mode stays the same.
pub(super) fn attach(
    netlink: &mut Netlink,
    program: &Program,
    device: &Device,
    wanted: AttachMode,
) -> Result<Attachment, AttachError> {
    let ifindex = device.ifindex;
    let predecessor = predecessor(device)?;
    let choice = choice(netlink, device, wanted);
    if let Some((mode, old)) = &predecessor
        && *mode != choice.mode
    {
        // The kernel runs one mode at a time.
        set(netlink, device, *mode, None, Some(old))?;
    }
    let old = predecessor
        .filter(|(mode, _)| *mode == choice.mode)
        .map(|(_, old)| old);
    match set(netlink, device, choice.mode, Some(program), old.as_ref()) {
        Ok(()) => Ok(choice.attachment(ifindex)),
        Err(AttachError::Refused { refusal, .. }) if choice.has_alternative(wanted) => {
            set(netlink, device, Mode::Generic, Some(program), None)?;
            let why = format!("{} refuses native XDP: {refusal}", device.name);
            let mode = Mode::Generic;
            Ok(Attachment { ifindex, mode, why })
        }
        Err(error) => Err(error),
    }
}

/// Takes `program` off the interface of `attachment`, unless another one has taken its place or
/// the interface is gone.
pub(super) fn detach_program(
    netlink: &mut Netlink,
    program: &Program,
    attachment: &Attachment,
) -> Result<(), AttachError> {
    let device = match read(netlink, attachment.ifindex) {
        Ok(device) => device,
        Err(AttachError::Interface { refusal, .. }) if refusal.errno == libc::ENODEV => {
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    if device.program(attachment.mode) == Some(program.id()) {
        set(netlink, &device, attachment.mode, None, Some(program))?;
    }
    Ok(())
}

/// Takes a vipd's program off `ifindex`, also that of a daemon that is dead. Returns whether there
/// was one.
///
/// # Errors
/// Another XDP program is there, or the kernel refuses.
pub fn detach(ifindex: u32) -> Result<bool, AttachError> {
    let netlink = &mut Netlink::open().map_err(|error| AttachError::Interface {
        ifindex,
        refusal: error.into(),
    })?;
    let device = read(netlink, ifindex)?;
    match predecessor(&device)? {
        None => Ok(false),
        Some((mode, old)) => set(netlink, &device, mode, None, Some(&old)).map(|()| true),
    }
}

pub(super) fn read(netlink: &mut Netlink, ifindex: u32) -> Result<Device, AttachError> {
    Device::read(netlink, ifindex).map_err(|refusal| AttachError::Interface { ifindex, refusal })
}

/// The vipd's program that is attached, and how.
fn predecessor(device: &Device) -> Result<Option<(Mode, Program)>, AttachError> {
    let modes = [
        (Mode::Native, device.native),
        (Mode::Generic, device.generic),
        (Mode::Native, device.offloaded),
    ];
    let attached = modes
        .into_iter()
        .find_map(|(mode, id)| id.map(|id| (mode, id)));
    let Some((mode, id)) = attached else {
        return Ok(None);
    };
    let interface = || device.name.clone();
    match Program::find(id) {
        // It went away after netlink had named it.
        Ok(None) => Ok(None),
        Ok(Some(program)) if program.is_ours() => Ok(Some((mode, program))),
        Ok(Some(program)) => Err(AttachError::Foreign {
            interface: interface(),
            name: program.name().to_owned(),
            id,
        }),
        Err(source) => Err(AttachError::Unidentified {
            interface: interface(),
            id,
            source,
        }),
    }
}

fn choice(netlink: &mut Netlink, device: &Device, wanted: AttachMode) -> Choice {
    let configured = |mode| Choice {
        mode,
        why: "as configured".to_owned(),
    };
    match wanted {
        AttachMode::Native => configured(Mode::Native),
        AttachMode::Generic => configured(Mode::Generic),
        AttachMode::Auto => {
            // Without an answer there is no driver that is known good.
            let driver = interface::driver(&*netlink, device.ifindex).ok().flatten();
            choose(driver.as_deref(), &other_end(netlink, device))
        }
    }
}

fn other_end(netlink: &mut Netlink, device: &Device) -> OtherEnd {
    if device.kind.as_deref() != Some(VETH) {
        return OtherEnd::RunsNone;
    }
    match device.read_other_end(netlink) {
        Ok(Some(Device {
            native: Some(_), ..
        })) => OtherEnd::RunsXdp,
        Ok(_) => OtherEnd::RunsNone,
        Err(refusal) => OtherEnd::Unknown(refusal.to_string()),
    }
}

impl Choice {
    fn attachment(self, ifindex: u32) -> Attachment {
        Attachment {
            ifindex,
            mode: self.mode,
            why: self.why,
        }
    }

    fn has_alternative(&self, wanted: AttachMode) -> bool {
        wanted == AttachMode::Auto && self.mode == Mode::Native
    }
}

/// Puts `program`, or none, in the place of `old`, or of none.
fn set(
    netlink: &mut Netlink,
    device: &Device,
    mode: Mode,
    program: Option<&Program>,
    old: Option<&Program>,
) -> Result<(), AttachError> {
    let fd = program.map_or(NO_PROGRAM, |program| program.as_fd().as_raw_fd());
    let mut flags = match mode {
        Mode::Native => NATIVE,
        Mode::Generic => GENERIC,
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
    tell(netlink, request).map_err(|refusal| AttachError::Refused {
        interface: device.name.clone(),
        mode,
        refusal,
    })
}

fn tell(netlink: &mut Netlink, request: LinkMessage) -> Result<(), Refusal> {
    let outcomes = netlink.execute([(RouteNetlinkMessage::SetLink(request), 0)])?;
    outcomes
        .into_iter()
        .next()
        .unwrap_or_else(|| Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()))
}
