//! The programs in the kernel and their maps, as the daemon handles them: load, fill, attach, read.
//!
//! Nothing here decides. Without the right to load BPF, [`RecordTable::in_memory`] stands in for
//! the records and the rest is not used.

mod address;
mod attach;
mod choice;
mod detach;
mod device;
mod inherited;
mod load;
mod mapping;
mod maps;
mod notices;
mod program;
mod services;
mod table;
mod tap;
mod tc;
mod undisturbed;
mod xdp;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use aya_log::EbpfLogger;
use ha_common::Reason;
use ha_common::abi::{Gate, MAX_ROUTERS, RouterKey, ServiceKey, ServiceState};
use log::Log;

use crate::net::netlink::Netlink;
use crate::net::{interface, neighbours};
use crate::vrrp::RouterId;

pub use address::VirtualAddress;
pub use attach::{AttachError, AttachMode, Attachment, Wanted};
pub use choice::Mode;
pub use detach::detach;
pub use inherited::InheritError;
pub use load::{LoadError, LoadOptions, Loaded, Loader};
pub use maps::MapError;
pub use notices::NoticeRing;
pub use program::{Hook, Program};
pub use services::{ServiceId, ServiceTable};
pub use table::RecordTable;
pub use tap::{Tap, TapError};

/// Reads what the program logs with `--debug-xdp`, and hands it to the daemon's log.
pub type DebugLog = EbpfLogger<&'static dyn Log>;

/// The loaded programs, their maps, and the interfaces that they are attached to.
///
/// Dropping it leaves the programs attached: they outlive every process of the daemon, held by the
/// interface itself. [`Self::detach_all`] is the clean end.
pub struct Datapath {
    /// None while only interfaces hold them.
    programs: Option<program::Programs>,
    maps: maps::Maps,
    services: services::Services,
    records: RecordTable,
    notices: Option<NoticeRing>,
    debug_log: Option<DebugLog>,
    netlink: Netlink,
    /// The maps of a previous process, until programs are loaded for them.
    shelf: Option<inherited::Shelf>,
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

    /// Takes over what a previous process has left on `interfaces`: its programs and their maps go
    /// on, and only [`Self::loader`] makes new programs. `None` unless all of `interfaces` are
    /// guarded by programs of this ABI that share their maps. It then works in the network
    /// namespace of the calling thread.
    ///
    /// # Errors
    /// A right is missing, or what is there cannot be used.
    pub fn inherit(
        interfaces: impl IntoIterator<Item = u32>,
    ) -> Result<Option<Self>, InheritError> {
        let mut netlink = Netlink::open()?;
        let sites = interfaces
            .into_iter()
            .map(|ifindex| inherited::Site::find(&mut netlink, ifindex))
            .collect::<Result<Option<Vec<_>>, _>>()?;
        let Some((sites, first)) = sites
            .as_ref()
            .and_then(|sites| Some((sites, sites.first()?)))
        else {
            return Ok(None);
        };
        if !sites.iter().all(|site| site.is_joined_with(first)) {
            return Ok(None);
        }
        let mut inherited = inherited::Inherited::open(first)?;
        let shelf = inherited.shelf()?;
        let attachments = sites.iter().map(|site| site.attachment.clone());
        let mut datapath = load::bare(&mut inherited)?;
        datapath.shelf = Some(shelf);
        datapath.attachments = attachments.map(|one| (one.ifindex, one)).collect();
        Ok(Some(datapath))
    }

    /// Makes programs for a data path that was inherited without any; `None` if it has them, or
    /// after the first call.
    pub fn loader(&mut self) -> Option<Loader> {
        self.shelf.take().map(Loader)
    }

    /// From now on `programs` are attached. Those that a previous process has put on interfaces
    /// stay until [`Self::attach`] replaces them.
    pub fn complete(&mut self, Loaded(programs): Loaded) {
        self.programs = Some(programs);
    }

    /// The program for `hook`, in the kernel; `None` while only interfaces hold it.
    #[must_use]
    pub fn program(&self, hook: Hook) -> Option<&Program> {
        self.programs.as_ref().map(|programs| programs.at(hook))
    }

    /// The program that tells which adverts must wake the daemon: a filter for the socket that they
    /// arrive at; `None` before it is loaded.
    #[must_use]
    pub fn socket_filter(&self) -> Option<&Program> {
        self.programs.as_ref().map(program::Programs::socket)
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

    /// Who adverts belong to: what a previous process has told, where this was inherited.
    ///
    /// # Errors
    /// The kernel refuses, for no reason that is known.
    pub fn routers(&self) -> Result<Vec<(RouterKey, RouterId)>, MapError> {
        let entries = self.maps.routers.entries()?.into_iter();
        let known = entries.filter(|(_, slot)| *slot < MAX_ROUTERS);
        Ok(known.map(|(key, slot)| (key, RouterId(slot))).collect())
    }

    /// Which addresses move with which router.
    ///
    /// # Errors
    /// The kernel refuses, for no reason that is known.
    pub fn addresses(&self) -> Result<Vec<(VirtualAddress, RouterId)>, MapError> {
        self.maps.known_addresses()
    }

    /// `address` moves with `router` from now on.
    ///
    /// # Errors
    /// The map is full.
    pub fn set_address(
        &mut self,
        address: VirtualAddress,
        router: RouterId,
    ) -> Result<(), MapError> {
        self.maps.set_address(address, router)
    }

    /// `address` is none of ours.
    ///
    /// # Errors
    /// The kernel refuses, for no reason that is known.
    pub fn remove_address(&mut self, address: VirtualAddress) -> Result<(), MapError> {
        self.maps.remove_address(address)
    }

    /// `peer` may speak to `router` by adverts that arrive with a TTL of `ttl`, if that one checks
    /// sources.
    ///
    /// # Errors
    /// The map is full.
    pub fn set_peer(
        &mut self,
        router: RouterId,
        peer: IpAddr,
        ttl: &RangeInclusive<u8>,
    ) -> Result<(), MapError> {
        self.maps.set_peer(router, peer, ttl)
    }

    /// `peer` may not speak to `router` any more.
    ///
    /// # Errors
    /// The kernel refuses, for no reason that is known.
    pub fn remove_peer(&mut self, router: RouterId, peer: IpAddr) -> Result<(), MapError> {
        self.maps.remove_peer(router, peer)
    }

    /// Who may speak to which router that checks sources.
    ///
    /// # Errors
    /// The kernel refuses, for no reason that is known.
    pub fn peers(&self) -> Result<Vec<(RouterId, IpAddr)>, MapError> {
        self.maps.known_peers()
    }

    /// How the services stand, for whoever judges their servers, on whatever thread.
    #[must_use]
    pub fn service_table(&self) -> ServiceTable {
        self.services.states()
    }

    /// From now on `state`, and what [`ServiceTable::set`] says later, decides about packets for
    /// `key`, wherever its address is owned.
    ///
    /// # Errors
    /// The map is full.
    pub fn add_service(
        &mut self,
        key: ServiceKey,
        state: ServiceState,
    ) -> Result<ServiceId, MapError> {
        let added = self.services.add(key, state);
        self.gate().set_services(self.services.count());
        added
    }

    /// Packets for `key` pass from now on, wherever its address is owned. Nobody may set the state
    /// of its [`ServiceId`] any more: another service may get it.
    ///
    /// # Errors
    /// The kernel refuses, for no reason that is known.
    pub fn remove_service(&mut self, key: ServiceKey) -> Result<(), MapError> {
        let removed = self.services.remove(key);
        self.gate().set_services(self.services.count());
        removed
    }

    /// The service of this key, if there is one.
    #[must_use]
    pub fn service(&self, key: ServiceKey) -> Option<ServiceId> {
        self.services.find(key)
    }

    /// The services: where this was inherited, those that a previous process has told, too.
    pub fn services(&self) -> impl Iterator<Item = (ServiceKey, ServiceId)> {
        self.services.known()
    }

    /// `ifindex` has the hardware address `mac` from now on, which answers for our addresses
    /// there, to IPv6's hosts as a router or not. [`Self::attach`] sees to what it has by then.
    ///
    /// # Errors
    /// The map is full.
    pub fn set_interface(
        &mut self,
        ifindex: u32,
        mac: [u8; 6],
        is_router: bool,
    ) -> Result<(), MapError> {
        self.maps.set_interface(ifindex, mac, is_router)
    }

    /// Whether hosts of IPv6 are to take `ifindex` for a router's.
    #[must_use]
    pub fn is_router(&self, ifindex: u32) -> bool {
        interface::forwards_ipv6(&self.netlink, ifindex)
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
    /// Another XDP program is there, the kernel refuses, or there are no programs yet.
    pub fn attach(
        &mut self,
        ifindex: u32,
        wanted: impl Into<Wanted>,
    ) -> Result<&Attachment, AttachError> {
        let device = attach::read(&mut self.netlink, ifindex)?;
        if let Some(mac) = device.mac {
            let is_router = self.is_router(ifindex);
            self.set_interface(ifindex, mac, is_router)?;
        }
        let programs = self.programs.as_ref().ok_or(AttachError::NotLoaded)?;
        let attachment = attach::attach(&mut self.netlink, programs, &device, wanted.into())?;
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
        self.detach_from(&attachment)
    }

    fn detach_from(&mut self, attachment: &Attachment) -> Result<(), AttachError> {
        // What the kernel still holds from addresses that we had would leave when nobody stops it.
        let forgotten = neighbours::forget_unanswered(&mut self.netlink, attachment.ifindex);
        if let Err(refusal) = forgotten {
            log::warn!("the kernel may still send from addresses that are gone: {refusal}");
        }
        match &self.programs {
            Some(programs) if !attachment.inherited => {
                attach::detach_programs(&mut self.netlink, programs, attachment)
            }
            _ => attach::detach_inherited(&mut self.netlink, attachment),
        }
    }

    /// Takes the program off every interface; goes on if one of them refuses, and returns the
    /// refusals.
    pub fn detach_all(&mut self) -> Vec<AttachError> {
        std::mem::take(&mut self.attachments)
            .into_values()
            .filter_map(|attachment| self.detach_from(&attachment).err())
            .collect()
    }
}
