//! Memory that is of use for a moment only.
#![expect(unsafe_code, reason = "the C library's own, which nobody wraps")]

use std::panic::resume_unwind;
use std::thread;

/// What `keep` makes of what `work` has made, which takes much more memory for a moment: tens of
/// thousands of crumbs, with what is kept between them.
///
/// `work` has a thread of its own, and with it a heap of its own, of which nothing is left. Locked memory
/// is never given back, so this comes before that.
pub(super) fn without_crumbs<Made: Send, Kept>(
    work: impl FnOnce() -> Made + Send,
    keep: impl FnOnce(&Made) -> Kept,
) -> Kept {
    give_back_early();
    let made = thread::scope(|scope| scope.spawn(work).join());
    let made = made.unwrap_or_else(|panic| resume_unwind(panic));
    let kept = keep(&made);
    drop(made);
    give_back();
    kept
}

/// glibc keeps as much free memory at the end of a heap as twice the largest block that was ever freed,
/// unless it is told how much.
fn give_back_early() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it sets a number that the allocator reads under its own locks.
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, 128 << 10);
    }
}

fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it takes the allocator's own locks, and touches free memory only.
    unsafe {
        libc::malloc_trim(0);
    }
}
