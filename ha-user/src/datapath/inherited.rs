//! The programs and maps that a previous process left on the interfaces, where they go on judging
//! packets.
//!
//! Interface ▶ attached program ▶ its maps. Programs of another [`ABI_VERSION`] have another name:
//! their maps are never looked at.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::path::PathBuf;

use aya::maps::{Map, MapData, MapError as AyaError};
use aya::programs::ProgramError;
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};

use super::attach::{AttachError, Attachment, read};
use super::choice::Mode;
use super::device::Device;
use super::maps::Source;
use super::program::{Hook, Program};
use super::tc::TcHook;
use super::xdp::{self, Attached};
use crate::net::netlink::{Netlink, Refusal};

#[cfg(doc)]
use ha_common::abi::ABI_VERSION;

/// Maps that programs on an interface work with.
pub(super) struct Inherited {
    maps: BTreeMap<String, MapData>,
}

/// Why nothing was inherited, though there may be something.
#[derive(Debug, thiserror::Error)]
pub enum InheritError {
    /// The programs cannot be looked at.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The maps cannot be looked at.
    #[error(transparent)]
    Map(#[from] AyaError),
    /// The interface cannot be looked at.
    #[error(transparent)]
    Attach(#[from] AttachError),
    /// The filters cannot be looked at.
    #[error("the kernel does not tell its filters: {0}")]
    Filters(#[from] Refusal),
    /// The maps cannot be used, or handed on.
    #[error("cannot use its maps: {0}")]
    Io(#[from] std::io::Error),
    /// The maps are not those of this ABI.
    #[error(transparent)]
    Foreign(#[from] super::LoadError),
}

/// What is attached to one interface by a previous process of the same ABI.
pub(super) struct Site {
    pub(super) attachment: Attachment,
    maps: Vec<u32>,
}

impl Site {
    /// Looks at `ifindex`; `None` unless what comes in and what goes out is judged there.
    pub(super) fn find(netlink: &mut Netlink, ifindex: u32) -> Result<Option<Self>, InheritError> {
        let device = read(netlink, ifindex)?;
        let Some((mode, ingress)) = ingress(netlink, &device)? else {
            return Ok(None);
        };
        let egress = TcHook {
            ifindex,
            hook: Hook::Egress,
        };
        let Some(egress) = egress.left(netlink)? else {
            return Ok(None);
        };
        let maps = Program::maps(ingress)?;
        Ok(egress.is_current.then(|| Self {
            attachment: Attachment::inherited(ifindex, mode, egress.made_clsact),
            maps,
        }))
    }

    /// Whether both work with the same maps.
    pub(super) fn is_joined_with(&self, other: &Self) -> bool {
        self.maps == other.maps
    }
}

/// Mode and id of the program that judges what comes in to `device`.
fn ingress(netlink: &mut Netlink, device: &Device) -> Result<Option<(Mode, u32)>, InheritError> {
    let attached = match xdp::find_ours(device) {
        // Beside another one's there may be ours at the tc hook.
        Err(AttachError::Foreign { .. }) => None,
        attached => attached?,
    };
    if let Some(Attached { layer, program }) = attached {
        let current = program.name() == Hook::Xdp.program_name();
        return Ok(current.then(|| (layer.mode(), program.id())));
    }
    let hook = TcHook {
        ifindex: device.ifindex,
        hook: Hook::Ingress,
    };
    let ours = hook.left(netlink)?.filter(|ours| ours.is_current);
    Ok(ours.map(|ours| (Mode::Tc, ours.program)))
}

impl Inherited {
    /// Opens the maps of `site`.
    pub(super) fn open(site: &Site) -> Result<Self, InheritError> {
        let mut maps = BTreeMap::new();
        for id in &site.maps {
            let map = MapData::from_id(*id)?;
            let name = String::from_utf8_lossy(map.info()?.name()).into_owned();
            maps.insert(name, map);
        }
        Ok(Self { maps })
    }

    /// Has the next load of the object find these maps instead of making new ones.
    pub(super) fn shelf(&self) -> Result<Shelf, InheritError> {
        let mut shelf = Shelf::new()?;
        let ours = self.maps.iter().filter(|(name, _)| !name.starts_with('.'));
        for (name, map) in ours {
            map.pin(shelf.place(name)).map_err(std::io::Error::other)?;
            shelf.names.push(name.clone());
        }
        Ok(shelf)
    }
}

impl Source for Inherited {
    fn take_map(&mut self, name: &str) -> Option<Map> {
        Map::from_map_data(self.maps.remove(name)?).ok()
    }
}

/// A file system for maps that nobody else sees, and that goes with this.
#[derive(Debug)]
pub(super) struct Shelf {
    directory: File,
    names: Vec<String>,
}

impl Shelf {
    fn new() -> std::io::Result<Self> {
        let system = fsopen("bpf", FsOpenFlags::FSOPEN_CLOEXEC)?;
        fsconfig_create(&system)?;
        let flags = FsMountFlags::FSMOUNT_CLOEXEC;
        Ok(Self {
            directory: fsmount(&system, flags, MountAttrFlags::empty())?.into(),
            names: Vec::new(),
        })
    }

    /// Which maps lie here, and where.
    pub(super) fn places(&self) -> impl Iterator<Item = (&str, PathBuf)> {
        self.names.iter().map(|name| (&**name, self.place(name)))
    }

    fn place(&self, name: &str) -> PathBuf {
        format!("/proc/self/fd/{}/{name}", self.directory.as_raw_fd()).into()
    }
}
