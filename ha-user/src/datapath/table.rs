//! The records of all routers: shared with the XDP program, or in this process's memory only.
#![expect(unsafe_code, reason = "memory that is shared with the XDP program")]

use std::io;
use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::sync::Arc;

use ha_common::abi::{MAX_ROUTERS, RouterRecord};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::vrrp::{Record, RouterId, View};

const LENGTH: usize = MAX_ROUTERS as usize * size_of::<RouterRecord>();

/// One [`RouterRecord`] for each router that a host can take part in.
#[derive(Clone, Debug)]
pub struct RecordTable(Arc<Storage>);

#[derive(Debug)]
enum Storage {
    Shared(Mapping),
    Own(Box<[RouterRecord]>),
}

impl RecordTable {
    /// Records that nobody else reads, for a daemon without a data path.
    #[must_use]
    pub fn in_memory() -> Self {
        let records = (0..MAX_ROUTERS).map(|_| RouterRecord::default());
        Self(Arc::new(Storage::Own(records.collect())))
    }

    /// The records of the program whose map of records is `map`.
    pub(super) fn shared(map: impl AsFd) -> io::Result<Self> {
        Ok(Self(Arc::new(Storage::Shared(Mapping::new(map)?))))
    }

    /// The record of `router`.
    ///
    /// # Panics
    /// If `router` is not below [`MAX_ROUTERS`]: whoever hands out ids keeps to it.
    #[must_use]
    pub fn record(&self, router: RouterId) -> &RouterRecord {
        &self.records()[router.0 as usize]
    }

    fn records(&self) -> &[RouterRecord] {
        match &*self.0 {
            Storage::Shared(mapping) => mapping.records(),
            Storage::Own(records) => records,
        }
    }
}

impl View for RecordTable {
    fn record(&self, router: RouterId) -> Record {
        let record = self.record(router);
        Record {
            owned_until: record.owned_until(),
            owned_since: record.owned_since(),
            fenced_at: record.fenced_at(),
            last_advert: record.last_advert(),
            last_lower: record.last_lower(),
        }
    }
}

/// The map of records, mapped into this process for as long as this lives.
#[derive(Debug)]
struct Mapping(NonNull<RouterRecord>);

// SAFETY: the memory belongs to no thread, and every word in it is atomic.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(map: impl AsFd) -> io::Result<Self> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, at an address of the kernel's choice.
        let start = unsafe {
            mmap(
                std::ptr::null_mut(),
                LENGTH,
                access,
                MapFlags::SHARED,
                map,
                0,
            )
        }?;
        NonNull::new(start.cast())
            .map(Self)
            .ok_or_else(|| io::Error::other("the kernel mapped the records at address 0"))
    }

    fn records(&self) -> &[RouterRecord] {
        // SAFETY: the kernel has mapped `LENGTH` octets, which is as long as the map of records
        // is (`MAX_ROUTERS` values of this type; a page is aligned to more than 64 octets). All
        // bits are valid in it, and other writers only write its atomic words.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr(), MAX_ROUTERS as usize) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: mapped by `new` with this length, and no reference outlives `self`.
        let _ = unsafe { munmap(self.0.as_ptr().cast(), LENGTH) };
    }
}

#[cfg(test)]
mod tests {
    use ha_common::Nanos;

    use super::*;

    #[test]
    fn what_one_holder_writes_another_views() {
        let table = RecordTable::in_memory();
        let other = table.clone();
        let last = RouterId(MAX_ROUTERS - 1);
        table.record(last).set_owned_since(Nanos::new(5));
        table.record(last).set_owned_until(Nanos::new(9));
        assert!(View::record(&other, last).owned(Nanos::new(8)));
        assert_eq!(View::record(&other, RouterId(0)), Record::default());
    }
}
