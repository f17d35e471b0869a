//! The advert thread's priority over everything else on the host.

use std::thread::{self, JoinHandle};

use anyhow::{Context as _, Result};

use super::adverts::AdvertThread;

/// Lowest of the real-time priorities: above everything ordinary, below what the operator set.
const LOWEST: u8 = 1;

/// Starts the advert thread, with locked memory and real-time priority (`priority`, or the lowest)
/// where permitted.
///
/// # Errors
/// If the thread cannot be started.
pub(super) fn spawn(adverts: AdvertThread, priority: Option<u8>) -> Result<JoinHandle<Result<()>>> {
    let run = move || {
        if !(prefer_this_thread(priority.unwrap_or(LOWEST)) && lock_memory()) {
            log::info!("no real-time priority: adverts may be late on a busy host");
        }
        adverts.run()
    };
    thread::Builder::new()
        .name("vrrp".to_owned())
        .spawn(run)
        .context("cannot start a thread")
}

#[expect(unsafe_code, reason = "no safe wrapper among the crates in use")]
fn prefer_this_thread(priority: u8) -> bool {
    let parameters = libc::sched_param {
        sched_priority: libc::c_int::from(priority),
    };
    let policy = libc::SCHED_RR | libc::SCHED_RESET_ON_FORK;
    // SAFETY: thread 0 is the calling one; the parameters outlive the call.
    unsafe { libc::sched_setscheduler(0, policy, &raw const parameters) == 0 }
}

fn lock_memory() -> bool {
    use rustix::mm::{MlockAllFlags, mlockall};
    // Only what is touched: a thread's untouched stack is not worth its size in memory.
    mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT).is_ok()
}
