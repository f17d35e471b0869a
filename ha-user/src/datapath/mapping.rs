//! BPF arrays of shared words, mapped into this process.
#![expect(
    unsafe_code,
    reason = "memory that is shared with programs in the kernel"
)]

use std::io;
use std::os::fd::AsFd;
use std::ptr::NonNull;

use ha_common::abi::{Gate, RouterRecord, ServiceRecord};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// Types that are nothing but words which are read and written whole, whoever else writes them;
/// any bits are valid in them, and a page is aligned for them.
///
/// # Safety
/// As above.
pub(super) unsafe trait Shared: Sync {}

// SAFETY: atomic words, aligned to 64 octets.
unsafe impl Shared for RouterRecord {}
// SAFETY: as above.
unsafe impl Shared for Gate {}
// SAFETY: an atomic word.
unsafe impl Shared for ServiceRecord {}

/// An array of `length` values, mapped for as long as this lives.
#[derive(Debug)]
pub(super) struct Mapping<T: Shared> {
    start: NonNull<T>,
    length: usize,
}

// SAFETY: the memory belongs to no thread, and every word in it is atomic.
unsafe impl<T: Shared> Send for Mapping<T> {}
// SAFETY: as above.
unsafe impl<T: Shared> Sync for Mapping<T> {}

impl<T: Shared> Mapping<T> {
    /// Maps `map`, an array of `length` values of this type.
    ///
    /// # Errors
    /// The kernel refuses, for want of memory or because the map is shorter.
    pub(super) fn new(map: impl AsFd, length: usize) -> io::Result<Self> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let octets = length * size_of::<T>();
        // SAFETY: a new mapping, at an address of the kernel's choice.
        let start = unsafe {
            mmap(
                std::ptr::null_mut(),
                octets,
                access,
                MapFlags::SHARED,
                map,
                0,
            )
        }?;
        let start = NonNull::new(start.cast())
            .ok_or_else(|| io::Error::other("the kernel mapped an array at address 0"))?;
        Ok(Self { start, length })
    }

    /// The values.
    pub(super) fn values(&self) -> &[T] {
        // SAFETY: the kernel has mapped `length` values, which `Shared` says are valid whatever
        // they hold and whoever writes them meanwhile.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl<T: Shared> Drop for Mapping<T> {
    fn drop(&mut self) {
        // SAFETY: mapped by `new` with this length, and no reference outlives `self`.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.length * size_of::<T>()) };
    }
}
