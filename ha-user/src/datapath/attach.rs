//! Puts the programs on an interface: one that judges what comes in, at the hook that suits the
//! interface, and one that judges what goes out.

use aya::programs::ProgramError;

use super::choice::{Choice, Mode, choose};
use super::detach::detach;
use super::device::Device;
use super::maps::MapError;
use super::program::{Hook, Programs};
use super::tc::{self, TcHook};
use super::xdp::{self, Attached, Layer};
use crate::net::interface;
use crate::net::netlink::{Netlink, Refusal};

/// Which mode is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AttachMode {
    /// Native where replies are known to arrive and others are not slowed down, else tc.
    #[default]
    Auto,
    /// Native or not at all.
    Native,
    /// Generic or not at all.
    Generic,
    /// At the tc hook or not at all.
    Tc,
}

/// What is wanted of an interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Which mode.
    pub mode: AttachMode,
    /// VLANs lie on the interface: for which one a packet is must be seen.
    pub carries_vlans: bool,
}

impl From<AttachMode> for Wanted {
    fn from(mode: AttachMode) -> Self {
        Self {
            mode,
            carries_vlans: false,
        }
    }
}

/// The programs on an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Interface.
    pub ifindex: u32,
    /// How what comes in is judged.
    pub mode: Mode,
    /// Why in that mode, for people.
    pub why: String,
    /// Why what goes out is not judged, for people; `None` if it is.
    pub open_egress: Option<String>,
    /// The clsact qdisc was made for the programs.
    made_clsact: bool,
    /// A previous process has put the programs there.
    pub(super) inherited: bool,
}

impl Attachment {
    /// What a previous process has left on `ifindex`.
    pub(super) fn inherited(ifindex: u32, mode: Mode, made_clsact: bool) -> Self {
        Self {
            ifindex,
            mode,
            why: "as the process before had it".to_owned(),
            open_egress: None,
            made_clsact,
            inherited: true,
        }
    }
}

/// Why the programs are not on an interface, or still are.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// Another XDP program is there. It is left alone.
    #[error(
        "{interface} runs the XDP program \"{name}\" (id {id}), which is not vipd's; it stays. \
         `mode tc` in xdp {{ }} works beside it, `ip link set dev {interface} xdp off` would \
         remove it"
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
    #[error("{interface}: the kernel refuses {mode}: {refusal}")]
    Refused {
        /// Interface.
        interface: String,
        /// Mode that was wanted.
        mode: Mode,
        /// What the kernel said.
        refusal: Refusal,
    },
    /// The programs are still being loaded.
    #[error("the programs are not loaded yet")]
    NotLoaded,
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

/// Attaches `programs` to `device`. What an earlier vipd left there is replaced, without a packet
/// in between that no program sees if the mode stays the same.
pub(super) fn attach(
    netlink: &mut Netlink,
    programs: &Programs,
    device: &Device,
    wanted: Wanted,
) -> Result<Attachment, AttachError> {
    let mut site = Site {
        netlink,
        programs,
        device,
        made_clsact: false,
    };
    let (mode, why) = site.attach_ingress(wanted)?;
    let open_egress = site.attach_tc(Hook::Egress).err();
    Ok(Attachment {
        ifindex: device.ifindex,
        mode,
        why,
        open_egress: open_egress.map(|refusal| refusal.to_string()),
        made_clsact: site.made_clsact,
        inherited: false,
    })
}

/// Takes what a previous process has put there off the interface of `attachment`.
pub(super) fn detach_inherited(
    netlink: &mut Netlink,
    attachment: &Attachment,
) -> Result<(), AttachError> {
    let detached = detach(attachment.ifindex).and_then(|_| {
        remove_clsact(netlink, attachment).map_err(|refusal| AttachError::Interface {
            ifindex: attachment.ifindex,
            refusal,
        })
    });
    match detached {
        Err(AttachError::Interface { refusal, .. }) if refusal.errno == libc::ENODEV => Ok(()),
        detached => detached,
    }
}

/// Takes `programs` off the interface of `attachment`, unless others have taken their places or
/// the interface is gone.
pub(super) fn detach_programs(
    netlink: &mut Netlink,
    programs: &Programs,
    attachment: &Attachment,
) -> Result<(), AttachError> {
    let device = match read(netlink, attachment.ifindex) {
        Ok(device) => device,
        Err(AttachError::Interface { refusal, .. }) if refusal.errno == libc::ENODEV => {
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let off = match attachment.mode.layer() {
        Some(layer) => xdp::detach_program(netlink, &device, layer, programs.at(Hook::Xdp)),
        None => detach_tc(netlink, programs, attachment, Hook::Ingress),
    };
    off.and_then(|()| detach_tc(netlink, programs, attachment, Hook::Egress))
        .and_then(|()| remove_clsact(netlink, attachment))
        .map_err(|refusal| AttachError::Refused {
            interface: device.name,
            mode: attachment.mode,
            refusal,
        })
}

fn detach_tc(
    netlink: &mut Netlink,
    programs: &Programs,
    attachment: &Attachment,
    hook: Hook,
) -> Result<(), Refusal> {
    let ifindex = attachment.ifindex;
    let hook_of_interface = TcHook { ifindex, hook };
    hook_of_interface
        .detach_program(netlink, programs.at(hook))
        .map(drop)
}

fn remove_clsact(netlink: &mut Netlink, attachment: &Attachment) -> Result<(), Refusal> {
    if attachment.made_clsact {
        tc::remove_empty_clsact(netlink, attachment.ifindex)?;
    }
    Ok(())
}

pub(super) fn read(netlink: &mut Netlink, ifindex: u32) -> Result<Device, AttachError> {
    Device::read(netlink, ifindex).map_err(|refusal| AttachError::Interface { ifindex, refusal })
}

/// An interface on which programs are being put.
struct Site<'a> {
    netlink: &'a mut Netlink,
    programs: &'a Programs,
    device: &'a Device,
    made_clsact: bool,
}

impl Site<'_> {
    /// Tries what is wanted; for [`AttachMode::Auto`] what suits best, then what works everywhere.
    fn attach_ingress(&mut self, wanted: Wanted) -> Result<(Mode, String), AttachError> {
        let (old, choice) = match xdp::find_ours(self.device) {
            Ok(old) => (old, self.choice(wanted)),
            // Beside it there is room at the tc hook.
            Err(foreign) if wanted.mode == AttachMode::Auto => {
                (None, Choice::new(Mode::Tc, foreign.to_string()))
            }
            Err(_) if wanted.mode == AttachMode::Tc => (None, self.choice(wanted)),
            Err(foreign) => return Err(foreign),
        };
        let Err(refused) = self.attach_in(choice.mode, old.as_ref()) else {
            return Ok((choice.mode, choice.why));
        };
        let others = [Mode::Tc, Mode::Generic];
        let others = others.into_iter().filter(|mode| *mode != choice.mode);
        for mode in others.filter(|_| wanted.mode == AttachMode::Auto) {
            if self.attach_in(mode, old.as_ref()).is_ok() {
                return Ok((mode, refused.to_string()));
            }
        }
        Err(refused)
    }

    fn attach_in(&mut self, mode: Mode, old: Option<&Attached>) -> Result<(), AttachError> {
        let attached = match mode.layer() {
            Some(layer) => self.attach_xdp(layer, old),
            None => self.attach_tc_instead(old),
        };
        attached.map_err(|refusal| AttachError::Refused {
            interface: self.device.name.clone(),
            mode,
            refusal,
        })
    }

    fn attach_xdp(&mut self, layer: Layer, old: Option<&Attached>) -> Result<(), Refusal> {
        let program = self.programs.at(Hook::Xdp);
        xdp::attach(self.netlink, self.device, layer, program, old)?;
        self.tc(Hook::Ingress).detach(self.netlink).map(drop)
    }

    fn attach_tc_instead(&mut self, old: Option<&Attached>) -> Result<(), Refusal> {
        self.attach_tc(Hook::Ingress)?;
        old.map_or(Ok(()), |old| xdp::detach(self.netlink, self.device, old))
    }

    fn attach_tc(&mut self, hook: Hook) -> Result<(), Refusal> {
        let program = self.programs.at(hook);
        let hook = self.tc(hook);
        self.made_clsact = hook.attach(self.netlink, program, self.made_clsact)?;
        Ok(())
    }

    fn tc(&self, hook: Hook) -> TcHook {
        TcHook {
            ifindex: self.device.ifindex,
            hook,
        }
    }

    fn choice(&self, wanted: Wanted) -> Choice {
        match wanted.mode {
            AttachMode::Native => self.configured(Mode::Native, wanted),
            AttachMode::Generic => self.configured(Mode::Generic, wanted),
            AttachMode::Tc => self.configured(Mode::Tc, wanted),
            AttachMode::Auto => {
                // Without an answer there is no driver that is known good.
                let driver = interface::driver(&*self.netlink, self.device.ifindex);
                choose(driver.ok().flatten().as_deref(), self.hides_vlans(wanted))
            }
        }
    }

    fn configured(&self, mode: Mode, wanted: Wanted) -> Choice {
        let why = if mode != Mode::Tc && self.hides_vlans(wanted) {
            "as configured; but packets for the VLANs on the interface are taken for its own here, \
             unless `ethtool -K DEV rxvlan off` leaves their tags on"
        } else {
            "as configured"
        };
        Choice::new(mode, why.to_owned())
    }

    /// Whether XDP would not see for which VLAN a packet is.
    fn hides_vlans(&self, wanted: Wanted) -> bool {
        let hides = || interface::takes_tags_off(&*self.netlink, self.device.ifindex);
        wanted.carries_vlans && hides().unwrap_or(true)
    }
}
