//! Services on the virtual addresses, and whether the programs let packets through to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aya::maps::MapError as AyaError;
use ha_common::abi::{MAX_SERVICES, ServiceKey, ServiceRecord, ServiceState, map};

use super::LoadError;
use super::mapping::Mapping;
use super::maps::{MapError, Source, Table, in_map, take_array};

/// A service that the programs know of; only the data path that gave it can tell which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(u32);

/// How each service stands: shared with the programs in the kernel, which see a change with their
/// next packet.
#[derive(Clone, Debug)]
pub struct ServiceTable(Arc<Mapping<ServiceRecord>>);

impl ServiceTable {
    /// How `service` stands.
    #[must_use]
    pub fn state(&self, service: ServiceId) -> ServiceState {
        self.record(service).state()
    }

    /// Sets how `service` stands: one store, no system call.
    pub fn set(&self, service: ServiceId, state: ServiceState) {
        self.record(service).set(state);
    }

    fn record(&self, service: ServiceId) -> &ServiceRecord {
        &self.0.values()[service.0 as usize]
    }
}

/// Which service has which slot.
pub(super) struct Services {
    slots: Table<ServiceKey, u32>,
    known: BTreeMap<ServiceKey, ServiceId>,
    free: BTreeSet<u32>,
    states: ServiceTable,
}

impl Services {
    /// Takes the maps out of `source`, with the services that a previous process has left there.
    pub(super) fn take(source: &mut impl Source) -> Result<Self, LoadError> {
        let states = take_array(source, map::SERVICE_STATES)?;
        let states = Mapping::new(states.fd(), MAX_SERVICES as usize)?;
        let slots = Table::take(source, map::SERVICES)?;
        let left = slots.entries()?.into_iter();
        let known: BTreeMap<_, _> = left
            .filter(|(_, slot)| *slot < MAX_SERVICES)
            .map(|(key, slot)| (key, ServiceId(slot)))
            .collect();
        let mut free: BTreeSet<_> = (0..MAX_SERVICES).collect();
        for ServiceId(slot) in known.values() {
            free.remove(slot);
        }
        Ok(Self {
            slots,
            known,
            free,
            states: ServiceTable(Arc::new(states)),
        })
    }

    pub(super) fn states(&self) -> ServiceTable {
        self.states.clone()
    }

    pub(super) fn known(&self) -> impl Iterator<Item = (ServiceKey, ServiceId)> {
        self.known.iter().map(|(key, service)| (*key, *service))
    }

    pub(super) fn find(&self, key: ServiceKey) -> Option<ServiceId> {
        self.known.get(&key).copied()
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.known.len() as u64
    }

    /// The state is there before the service is, so that no packet meets another one's.
    pub(super) fn add(
        &mut self,
        key: ServiceKey,
        state: ServiceState,
    ) -> Result<ServiceId, MapError> {
        if let Some(service) = self.known.get(&key) {
            self.states.set(*service, state);
            return Ok(*service);
        }
        let slot = *self.free.first().ok_or_else(full)?;
        let service = ServiceId(slot);
        self.states.set(service, state);
        self.slots.insert(key, slot)?;
        self.free.remove(&slot);
        self.known.insert(key, service);
        Ok(service)
    }

    pub(super) fn remove(&mut self, key: ServiceKey) -> Result<(), MapError> {
        self.slots.remove(key)?;
        if let Some(ServiceId(slot)) = self.known.remove(&key) {
            self.free.insert(slot);
        }
        Ok(())
    }
}

fn full() -> MapError {
    in_map(map::SERVICES)(AyaError::OutOfBounds {
        index: MAX_SERVICES,
        max_entries: MAX_SERVICES,
    })
}
