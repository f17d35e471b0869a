//! The maps that the daemon writes and the XDP program reads, with the types of the ABI.
#![expect(unsafe_code, reason = "aya takes the ABI's types on our word")]

use std::net::IpAddr;
use std::ops::RangeInclusive;

use aya::maps::{Array, HashMap, Map, MapData, MapError as AyaError, PerCpuArray};
use aya::{Ebpf, Pod};
use ha_common::Reason;
use ha_common::abi::{
    AddressEntry, CaptureTally, InterfaceEntry, Ipv6Key, PeerEntry, PeerKey, RouterKey, ServiceKey,
    map,
};

use crate::vrrp::RouterId;

/// An access to a BPF map that the kernel refused.
#[derive(Debug, thiserror::Error)]
#[error("BPF map {map}: {source}")]
pub struct MapError {
    map: &'static str,
    source: AyaError,
}

/// The maps of one loaded program.
pub(super) struct Maps {
    counters: PerCpuArray<MapData, u64>,
    peers: Table<PeerKey, PeerEntry>,
    pub(super) routers: Table<RouterKey, u32>,
    pub(super) addresses: Table<[u8; 4], AddressEntry>,
    pub(super) ipv6_addresses: Table<Ipv6Key, AddressEntry>,
    interfaces: Array<MapData, Octets<InterfaceEntry>>,
}

/// Where maps come from: an object that was just loaded, or programs that run already.
pub(super) trait Source {
    /// Takes the map `name` out.
    fn take_map(&mut self, name: &str) -> Option<Map>;
}

impl Source for Ebpf {
    fn take_map(&mut self, name: &str) -> Option<Map> {
        Self::take_map(self, name)
    }
}

impl Maps {
    /// Takes the maps out of `source`.
    pub(super) fn take(source: &mut impl Source) -> Result<Self, MapError> {
        Ok(Self {
            counters: take(source, map::COUNTERS)?,
            peers: Table::take(source, map::PEERS)?,
            routers: Table::take(source, map::ROUTERS)?,
            addresses: Table::take(source, map::ADDRESSES)?,
            ipv6_addresses: Table::take(source, map::ADDRESSES_IPV6)?,
            interfaces: take(source, map::INTERFACES)?,
        })
    }

    pub(super) fn set_interface(
        &mut self,
        ifindex: u32,
        mac: [u8; 6],
        is_router: bool,
    ) -> Result<(), MapError> {
        self.write_interface(ifindex, InterfaceEntry::new(ifindex, mac, is_router))
    }

    pub(super) fn remove_interface(&mut self, ifindex: u32) -> Result<(), MapError> {
        let entry = self.interfaces.get(&InterfaceEntry::slot(ifindex), 0);
        let Octets(entry) = entry.map_err(in_map(map::INTERFACES))?;
        if entry.mac_of(ifindex).is_none() {
            return Ok(());
        }
        self.write_interface(ifindex, InterfaceEntry::default())
    }

    fn write_interface(&mut self, ifindex: u32, entry: InterfaceEntry) -> Result<(), MapError> {
        let slot = InterfaceEntry::slot(ifindex);
        let written = self.interfaces.set(slot, Octets(entry), 0);
        written.map_err(in_map(map::INTERFACES))
    }

    pub(super) fn set_peer(
        &mut self,
        router: RouterId,
        peer: IpAddr,
        ttl: &RangeInclusive<u8>,
    ) -> Result<(), MapError> {
        let key = PeerKey::new(router.0, peer);
        self.peers.insert(key, PeerEntry::new(ttl))
    }

    pub(super) fn remove_peer(&mut self, router: RouterId, peer: IpAddr) -> Result<(), MapError> {
        self.peers.remove(PeerKey::new(router.0, peer))
    }

    pub(super) fn known_peers(&self) -> Result<Vec<(RouterId, IpAddr)>, MapError> {
        let entries = self.peers.entries()?.into_iter();
        let known = entries.map(|(key, _)| (RouterId(key.slot()), key.source()));
        Ok(known.collect())
    }

    pub(super) fn counters(&self) -> Result<Vec<(Reason, u64)>, MapError> {
        Reason::ALL
            .iter()
            .map(|reason| {
                let values = self.counters.get(&reason.index(), 0);
                let values = values.map_err(in_map(map::COUNTERS))?;
                Ok((*reason, values.iter().sum()))
            })
            .collect()
    }
}

/// Takes the array `name`, which is used through memory only, out of `source`.
pub(super) fn take_array(
    source: &mut impl Source,
    name: &'static str,
) -> Result<MapData, MapError> {
    match source.take_map(name) {
        Some(Map::Array(data)) => Ok(data),
        _ => Err(missing(name)),
    }
    .map_err(in_map(name))
}

/// A hash map with keys and values of the ABI.
pub(super) struct Table<K: Plain, V: Plain> {
    name: &'static str,
    map: HashMap<MapData, Octets<K>, Octets<V>>,
}

impl<K: Plain, V: Plain> Table<K, V> {
    pub(super) fn take(source: &mut impl Source, name: &'static str) -> Result<Self, MapError> {
        let map = take(source, name)?;
        Ok(Self { name, map })
    }

    /// Everything in it.
    pub(super) fn entries(&self) -> Result<Vec<(K, V)>, MapError> {
        let entries = self.map.iter();
        let plain = entries.map(|entry| entry.map(|(Octets(key), Octets(value))| (key, value)));
        plain.collect::<Result<_, _>>().map_err(in_map(self.name))
    }

    pub(super) fn insert(&mut self, key: K, value: V) -> Result<(), MapError> {
        self.map
            .insert(Octets(key), Octets(value), 0)
            .map_err(in_map(self.name))
    }

    /// Removes `key`, which may be gone already.
    pub(super) fn remove(&mut self, key: K) -> Result<(), MapError> {
        match self.map.remove(&Octets(key)) {
            Err(AyaError::SyscallError(error))
                if error.io_error.raw_os_error() == Some(libc::ENOENT) =>
            {
                Ok(())
            }
            result => result.map_err(in_map(self.name)),
        }
    }
}

/// Takes the map `name` out of `source`.
pub(super) fn take<M>(source: &mut impl Source, name: &'static str) -> Result<M, MapError>
where
    M: TryFrom<Map, Error = AyaError>,
{
    let map = source.take_map(name).ok_or_else(|| missing(name));
    map.and_then(M::try_from).map_err(in_map(name))
}

fn missing(name: &str) -> AyaError {
    AyaError::InvalidName {
        name: name.to_owned(),
    }
}

pub(super) fn in_map(map: &'static str) -> impl FnOnce(AyaError) -> MapError {
    move |source| MapError { map, source }
}

/// Types whose octets are their meaning, without padding.
pub(super) trait Plain: Copy + 'static {}
impl Plain for u8 {}
impl Plain for u32 {}
impl Plain for [u8; 4] {}
impl Plain for RouterKey {}
impl Plain for PeerKey {}
impl Plain for PeerEntry {}
impl Plain for ServiceKey {}
impl Plain for Ipv6Key {}
impl Plain for AddressEntry {}
impl Plain for InterfaceEntry {}
impl Plain for CaptureTally {}

/// Carries a type of ha-common, which knows nothing of aya, into a map.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct Octets<T>(pub(super) T);

// SAFETY: `Plain` types are integers and `repr(C)` structures of integers whose padding is a
// field; any octets are a valid value of them.
unsafe impl<T: Plain> Pod for Octets<T> {}
