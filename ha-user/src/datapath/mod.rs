//! The programs in the kernel and their maps, as the daemon handles them: load, fill, attach, read.
//!
//! Nothing here decides. Without the right to load BPF, [`RecordTable::in_memory`] stands in for
//! the records and the rest is not used.

mod attach;
mod choice;
mod detach;
mod device;
mod load;
mod mapping;
mod maps;
mod notices;
mod program;
mod table;
mod tap;
mod tc;
mod xdp;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use aya_log::EbpfLogger;
use ha_common::Reason;
use ha_common::abi::{Gate, RouterKey};
use log::Log;

use crate::net::netlink::Netlink;
use crate::vrrp::RouterId;

pub use attach::{AttachError, AttachMode, Attachment};
pub use choice::Mode;
pub use detach::detach;
pub use load::{LoadError, LoadOptions};
pub use maps::MapError;
pub use notices::NoticeRing;
pub use program::{Hook, Program};
pub use table::RecordTable;
pub use tap::{Tap, TapError};

/// Reads what the program logs with `--debug-xdp`, and hands it to the daemon's log.
pub type DebugLog = EbpfLogger<&'static dyn Log>;

/// The loaded programs, their maps, and the interfaces that they are attached to.
///
/// Dropping it leaves the programs attached: they outlive every process of the daemon, held by the
/// interface itself. [`Self::detach_all`] is the clean end.
pub struct Datapath {
    programs: program::Programs,
    maps: maps::Maps,
    records: RecordTable,
    notices: Option<NoticeRing>,
    debug_log: Option<DebugLog>,
    netlink: Netlink,
    attachments: BTreeMap<u32, Attachment>,
}

impl Datapath {
    /// Loads the program and creates its maps, attached to nothing yet. It then works in the
    /// network namespace of the calling thread.
    ///
    /// # Errors
    /// A right is missing, or the kernel cannot run the program.
    pub fn load(options: LoadOptions) -> Result<Self, LoadError> {
        load::load(options)
    }

    /// The program for `hook`, in the kernel.
    #[must_use]
    pub const fn program(&self, hook: Hook) -> &Program {
        self.programs.at(hook)
    }

    /// The program that tells which adverts must wake the daemon: a filter for the socket that they
    /// arrive at.
    #[must_use]
    pub const fn socket_filter(&self) -> &Program {
        self.programs.socket()
    }

    /// The records of all routers.
    #[must_use]
    pub fn records(&self) -> RecordTable {
        self.records.clone()
    }

    /// The program's notices; `None` after the first call.
    pub fn notices(&mut self) -> Option<NoticeRing> {
        self.notices.take()
    }

    /// The program's log; `None` after the first call, and without `debug_xdp`.
    pub fn debug_log(&mut self) -> Option<DebugLog> {
        self.debug_log.take()
    }

    /// Adverts of `key` belong to `router` from now on.
    ///
    /// # Errors
    /// The map is full.
    pub fn set_router(&mut self, key: RouterKey, router: RouterId) -> Result<(), MapError> {
        self.maps.routers.insert(key, router.0)
    }

    /// Adverts of `key` belong to nobody here.
    ///
    /// # Errors
    /// The kernel refuses, for no reason that is known.
    pub fn remove_router(&mut self, key: RouterKey) -> Result<(), MapError> {
        self.maps.routers.remove(key)
    }

    /// `address` moves with `router` from now on.
    ///
    /// # Errors
    /// The map is full.
    pub fn set_address(&mut self, address: Ipv4Addr, router: RouterId) -> Result<(), MapError> {
        self.maps.set_address(address, router)
    }

    /// `address` is none of ours.
    ///
    /// # Errors
    /// The kernel refuses, for no reason that is known.
    pub fn remove_address(&mut self, address: Ipv4Addr) -> Result<(), MapError> {
        self.maps.addresses.remove(address.octets())
    }

    /// `peer` may speak to `router`, if that one checks sources.
    ///
    /// # Errors
    /// The map is full.
    pub fn set_peer(&mut self, router: RouterId, peer: Ipv4Addr) -> Result<(), MapError> {
        self.maps.set_peer(router, peer)
    }

    /// `peer` may not speak to `router` any more.
    ///
    /// # Errors
    /// The kernel refuses, for no reason that is known.
    pub fn remove_peer(&mut self, router: RouterId, peer: Ipv4Addr) -> Result<(), MapError> {
        self.maps.remove_peer(router, peer)
    }

    /// `ifindex` has the hardware address `mac` from now on, which answers for our addresses
    /// there. [`Self::attach`] sees to the one that it has by then.
    ///
    /// # Errors
    /// The map is full.
    pub fn set_interface(&mut self, ifindex: u32, mac: [u8; 6]) -> Result<(), MapError> {
        self.maps.set_interface(ifindex, mac)
    }

    /// What holds for all routers and addresses.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        self.records.gate()
    }

    /// How many packets had each reason, over all processors.
    ///
    /// # Errors
    /// The kernel refuses, for no reason that is known.
    pub fn counters(&self) -> Result<Vec<(Reason, u64)>, MapError> {
        self.maps.counters()
    }

    /// Attaches the program to `ifindex`. Waits for the kernel: tens of milliseconds.
    ///
    /// # Errors
    /// Another XDP program is there, or the kernel refuses.
    pub fn attach(&mut self, ifindex: u32, mode: AttachMode) -> Result<&Attachment, AttachError> {
        let device = attach::read(&mut self.netlink, ifindex)?;
        if let Some(mac) = device.mac {
            self.set_interface(ifindex, mac)?;
        }
        let attachment = attach::attach(&mut self.netlink, &self.programs, &device, mode)?;
        Ok(self
            .attachments
            .entry(ifindex)
            .insert_entry(attachment)
            .into_mut())
    }

    /// Where the program is attached, by this object.
    pub fn attachments(&self) -> impl Iterator<Item = &Attachment> {
        self.attachments.values()
    }

    /// The interface is gone, and with it the program's place there.
    ///
    /// # Errors
    /// The kernel refuses, for no reason that is known.
    pub fn forget(&mut self, ifindex: u32) -> Result<(), MapError> {
        self.attachments.remove(&ifindex);
        self.maps.remove_interface(ifindex)
    }

    /// Takes the program off `ifindex`, unless another one has taken its place.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn detach(&mut self, ifindex: u32) -> Result<(), AttachError> {
        let Some(attachment) = self.attachments.remove(&ifindex) else {
            return Ok(());
        };
        attach::detach_programs(&mut self.netlink, &self.programs, &attachment)
    }

    /// Takes the program off every interface; goes on if one of them refuses, and returns the
    /// refusals.
    pub fn detach_all(&mut self) -> Vec<AttachError> {
        std::mem::take(&mut self.attachments)
            .into_values()
            .filter_map(|attachment| {
                attach::detach_programs(&mut self.netlink, &self.programs, &attachment).err()
            })
            .collect()
    }
}
