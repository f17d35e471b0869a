//! The records of all routers: shared with the programs in the kernel, or in this process's memory
//! only.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;

use ha_common::Nanos;
use ha_common::abi::{Gate, MAX_ROUTERS, RouterRecord};

use super::mapping::Mapping;
use crate::vrrp::{Record, RouterId, View};

/// One [`RouterRecord`] for each router that a host can take part in, and the [`Gate`] that says
/// how they are to be read.
#[derive(Clone, Debug)]
pub struct RecordTable(Arc<Storage>);

#[derive(Debug)]
enum Storage {
    Shared {
        records: Mapping<RouterRecord>,
        gate: Mapping<Gate>,
    },
    Own {
        records: Box<[RouterRecord]>,
        gate: Box<Gate>,
    },
}

impl RecordTable {
    /// Records that nobody else reads, for a daemon without a data path.
    #[must_use]
    pub fn in_memory() -> Self {
        let records = (0..MAX_ROUTERS).map(|_| RouterRecord::default());
        Self(Arc::new(Storage::Own {
            records: records.collect(),
            gate: Box::default(),
        }))
    }

    /// The records and the gate of the programs that these maps belong to.
    pub(super) fn shared(records: impl AsFd, gate: impl AsFd) -> io::Result<Self> {
        Ok(Self(Arc::new(Storage::Shared {
            records: Mapping::new(records, MAX_ROUTERS as usize)?,
            gate: Mapping::new(gate, 1)?,
        })))
    }

    /// The record of `router`.
    ///
    /// # Panics
    /// If `router` is not below [`MAX_ROUTERS`]: whoever hands out ids keeps to it.
    #[must_use]
    pub fn record(&self, router: RouterId) -> &RouterRecord {
        let records = match &*self.0 {
            Storage::Shared { records, .. } => records.values(),
            Storage::Own { records, .. } => records,
        };
        &records[router.0 as usize]
    }

    /// What holds for all routers.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        match &*self.0 {
            Storage::Shared { gate, .. } => &gate.values()[0],
            Storage::Own { gate, .. } => gate,
        }
    }

    /// Whether `router` owns its addresses at `now`.
    #[must_use]
    pub fn owns(&self, router: RouterId, now: Nanos) -> bool {
        self.record(router).owned(now, self.gate().policy().lease)
    }
}

impl View for RecordTable {
    fn record(&self, router: RouterId) -> Record {
        let record = self.record(router);
        Record {
            owned_until: record.owned_until(),
            owned_since: record.owned_since(),
            fenced_at: record.fenced_at(),
            last_sent: record.last_sent(),
            last_advert: record.last_advert(),
            last_speaker: record.speaker().source,
            last_lower: record.last_lower(),
            last_resignation: record.last_resignation(),
            lease: self.gate().policy().lease,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_holder_writes_another_views() {
        let table = RecordTable::in_memory();
        let other = table.clone();
        let last = RouterId(MAX_ROUTERS - 1);
        table.record(last).set_owned_since(Nanos::new(5));
        table.record(last).set_owned_until(Nanos::new(9));
        assert!(View::record(&other, last).owned(Nanos::new(8)));
        assert!(other.owns(last, Nanos::new(8)) && !other.owns(last, Nanos::new(9)));
        assert_eq!(View::record(&other, RouterId(0)), Record::default());
    }
}
