//! How urgent the work of a thread is to the kernel's scheduler.
#![expect(
    unsafe_code,
    reason = "one system call without a safe wrapper among the crates in use"
)]

use std::io;

/// Priority of threads that adverts do not wait for, but clients do: above everything ordinary on
/// the host.
const SERVANT: u8 = 1;

/// Priority of the thread that sends adverts, unless the operator has set one: the lowest that
/// comes before the others of ours.
pub const ADVERTS: u8 = SERVANT + 1;

/// Gives the calling thread real-time priority (SCHED_RR), but not what it starts.
///
/// # Errors
/// The process lacks `CAP_SYS_NICE`, or its control group has no real-time budget.
pub fn prefer_this_thread(priority: u8) -> io::Result<()> {
    schedule_this_thread(libc::SCHED_RR | libc::SCHED_RESET_ON_FORK, priority)
}

fn schedule_this_thread(policy: libc::c_int, priority: u8) -> io::Result<()> {
    let parameters = libc::sched_param {
        sched_priority: libc::c_int::from(priority),
    };
    // SAFETY: thread 0 is the calling one; the parameters outlive the call.
    match unsafe { libc::sched_setscheduler(0, policy, &raw const parameters) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Places this thread before everything ordinary on the host, where that is permitted. A better
/// nice value would count for nothing beside another control group.
pub fn hasten() {
    // Else the thread is as any other, and the one that sends adverts has said so.
    let _ = prefer_this_thread(SERVANT);
}

/// Makes the calling thread as any other on the host.
pub fn relax() {
    // That is always permitted.
    let _ = schedule_this_thread(libc::SCHED_OTHER, 0);
}
