//! Threads that a busy machine must not hold up.

/// What such a thread does; the later one goes first. All go before the daemons, which take the
/// lowest two real-time priorities.
#[derive(Clone, Copy, Debug)]
pub(super) enum Duty {
    /// Asks and listens.
    Measure = 3,
    /// Watches whether the others could run.
    Watch = 4,
}

/// Gives the calling thread real-time priority, but not what it starts. Where that is not
/// permitted, it stays as it is: whoever measures must look at its rhythm anyway.
pub(super) fn prefer_this_thread(duty: Duty) {
    let parameters = libc::sched_param {
        sched_priority: duty as libc::c_int,
    };
    let policy = libc::SCHED_RR | libc::SCHED_RESET_ON_FORK;
    // SAFETY: thread 0 is the calling one; the parameters outlive the call.
    let _ = unsafe { libc::sched_setscheduler(0, policy, &raw const parameters) };
}
