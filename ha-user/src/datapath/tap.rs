//! A look at the packets that attached programs judge, by another process than the daemon - which
//! may be frozen, or dead.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use aya::maps::{Map, MapData, MapError as AyaError, MapInfo, PerCpuArray, RingBuf};
use aya::programs::{ProgramError, loaded_programs};
use ha_common::Nanos;
use ha_common::abi::{CaptureTally, Captured, Gate, ReasonSet, Sighting, map};

use super::attach::{AttachError, read};
use super::mapping::Mapping;
use super::maps::Octets;
use super::program::{Hook, is_not_found};
use super::tc::TcHook;
use crate::net::netlink::{Netlink, Refusal};

/// The packets of one data path. They are shown while somebody [holds](Self::hold) it, and no
/// longer.
pub struct Tap {
    gate: Mapping<Gate>,
    captures: RingBuf<MapData>,
    tallies: PerCpuArray<MapData, Octets<CaptureTally>>,
    left_out_before: u64,
}

/// Why packets cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum TapError {
    /// The interface cannot be looked at.
    #[error(transparent)]
    Interface(#[from] AttachError),
    /// Filters cannot be read.
    #[error("interface {ifindex}: cannot read the filters: {refusal}")]
    Filters {
        /// Interface.
        ifindex: u32,
        /// What the kernel said.
        refusal: Refusal,
    },
    /// The process may not look at programs and maps, which takes `CAP_SYS_ADMIN`, or they went
    /// away meanwhile.
    #[error("cannot look into vipd's programs: {0}")]
    Kernel(#[source] Box<dyn Error + Send + Sync>),
}

impl Tap {
    /// The taps of all data paths of this version that judge packets on `interfaces`: one, unless
    /// a daemon has left something behind.
    ///
    /// # Errors
    /// An interface is gone, or the kernel refuses.
    pub fn open(interfaces: impl IntoIterator<Item = u32>) -> Result<Vec<Self>, TapError> {
        let mut netlink = Netlink::open()?;
        let mut programs = BTreeSet::new();
        for ifindex in interfaces {
            programs.extend(attached(&mut netlink, ifindex)?);
        }
        maps_of(&programs)?.iter().map(Self::of).collect()
    }

    fn of(maps: &MapIds) -> Result<Self, TapError> {
        let gate = MapData::from_id(maps.gate)?;
        let captures = Map::RingBuf(MapData::from_id(maps.captures)?);
        let tallies = Map::PerCpuArray(MapData::from_id(maps.tally)?);
        let mut tap = Self {
            gate: Mapping::new(gate.fd(), 1)?,
            captures: captures.try_into()?,
            tallies: tallies.try_into()?,
            left_out_before: 0,
        };
        tap.left_out_before = tap.left_out()?;
        Ok(tap)
    }

    /// Until when somebody else looks; [`Nanos::NEVER`] if nobody does. Two would take packets from
    /// each other.
    #[must_use]
    pub fn taken_until(&self) -> Nanos {
        self.gate().map_or(Nanos::NEVER, Gate::capture_until)
    }

    /// Shows the packets of `reasons` that are judged before `until`.
    pub fn hold(&self, reasons: ReasonSet, until: Nanos) {
        if let Some(gate) = self.gate() {
            gate.set_capture_reasons(reasons);
            gate.set_capture_until(until);
        }
    }

    /// Shows no more packets.
    pub fn release(&self) {
        if let Some(gate) = self.gate() {
            gate.set_capture_until(Nanos::NEVER);
        }
    }

    /// Hands the packets that were judged since the last call to `each`, in their order. Readable
    /// as long as there are some.
    pub fn take(&mut self, mut each: impl FnMut(Sighting, &[u8])) {
        while let Some(item) = self.captures.next() {
            if let Some((sighting, octets)) = Captured::read(&item) {
                each(sighting, octets);
            }
        }
    }

    /// Packets that should have been shown and were not, for there were too many, since this was
    /// opened.
    ///
    /// # Errors
    /// The kernel refuses, for no reason that is known.
    pub fn left_out(&self) -> Result<u64, TapError> {
        let tallies = self.tallies.get(&0, 0)?;
        let all: u64 = tallies.iter().map(|Octets(tally)| tally.left_out()).sum();
        Ok(all.saturating_sub(self.left_out_before))
    }

    fn gate(&self) -> Option<&Gate> {
        self.gate.values().first()
    }
}

impl AsFd for Tap {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.captures.as_fd()
    }
}

/// Ids of the vipd's programs on `ifindex`, or of any at its XDP hook.
fn attached(netlink: &mut Netlink, ifindex: u32) -> Result<Vec<u32>, TapError> {
    let device = read(netlink, ifindex)?;
    let mut programs = vec![device.native, device.generic];
    for hook in [Hook::Ingress, Hook::Egress] {
        let program = TcHook { ifindex, hook }.program(netlink);
        programs.push(program.map_err(|refusal| TapError::Filters { ifindex, refusal })?);
    }
    Ok(programs.into_iter().flatten().collect())
}

/// Ids of the maps of one data path.
struct MapIds {
    gate: u32,
    captures: u32,
    tally: u32,
}

/// The maps of those of `programs` that are of this version; maps that they share once.
fn maps_of(programs: &BTreeSet<u32>) -> Result<Vec<MapIds>, TapError> {
    let mut found = BTreeMap::new();
    for info in loaded_programs() {
        let info = match info {
            Err(error) if is_not_found(&error) => continue,
            info => info?,
        };
        let ours = |hook: Hook| info.name() == hook.program_name().as_bytes();
        if programs.contains(&info.id())
            && Hook::ALL.into_iter().any(ours)
            && let Some(maps) = MapIds::among(&info.map_ids()?.unwrap_or_default())?
        {
            found.insert(maps.gate, maps);
        }
    }
    Ok(found.into_values().collect())
}

impl MapIds {
    /// Finds them by their names among the maps of a program.
    fn among(ids: &[u32]) -> Result<Option<Self>, TapError> {
        let mut named = BTreeMap::new();
        for id in ids {
            named.insert(MapInfo::from_id(*id)?.name().to_vec(), *id);
        }
        let id = |name: &str| named.get(name.as_bytes()).copied();
        let ids = (id(map::GATE), id(map::CAPTURES), id(map::CAPTURE_TALLY));
        Ok(match ids {
            (Some(gate), Some(captures), Some(tally)) => Some(Self {
                gate,
                captures,
                tally,
            }),
            _ => None,
        })
    }
}

impl From<io::Error> for TapError {
    fn from(error: io::Error) -> Self {
        Self::Kernel(Box::new(error))
    }
}

impl From<AyaError> for TapError {
    fn from(error: AyaError) -> Self {
        Self::Kernel(Box::new(error))
    }
}

impl From<ProgramError> for TapError {
    fn from(error: ProgramError) -> Self {
        Self::Kernel(Box::new(error))
    }
}
