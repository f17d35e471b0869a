//! A word that the daemon and the program share.

/// 64 bits that are read and written whole.
///
/// On the host an atomic. BPF reads and writes aligned 64-bit words whole anyway, has no
/// instruction for a relaxed atomic load before its version 4, and runs one program at a time on
/// a CPU, so a cell is enough there.
#[derive(Debug, Default)]
#[repr(transparent)]
pub(super) struct Word(Inner);

#[cfg(not(target_arch = "bpf"))]
type Inner = core::sync::atomic::AtomicU64;

#[cfg(target_arch = "bpf")]
type Inner = core::cell::Cell<u64>;

#[cfg(not(target_arch = "bpf"))]
impl Word {
    pub(super) fn get(&self) -> u64 {
        self.0.load(core::sync::atomic::Ordering::Relaxed)
    }

    pub(super) fn set(&self, value: u64) {
        self.0.store(value, core::sync::atomic::Ordering::Relaxed);
    }
}

#[cfg(target_arch = "bpf")]
impl Word {
    #[inline(always)]
    pub(super) const fn get(&self) -> u64 {
        self.0.get()
    }

    #[inline(always)]
    pub(super) fn set(&self, value: u64) {
        self.0.set(value);
    }
}
