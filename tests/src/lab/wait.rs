//! Waiting, with an end: for a condition, for time to pass, for the user to press Ctrl-C.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Set once by a signal, never cleared: everybody who waits gives up.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(2);

/// Waits until `condition` holds.
///
/// # Errors
/// After `limit`, naming `what`; when `condition` fails; when the user interrupts.
pub fn until(
    what: &str,
    limit: Duration,
    mut condition: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let started = Instant::now();
    while !condition().with_context(|| format!("waiting for {what}"))? {
        if started.elapsed() > limit {
            bail!("{what}: not within {limit:?}");
        }
        pause(POLL)?;
    }
    Ok(())
}

/// Lets `time` pass.
///
/// # Errors
/// When the user interrupts.
pub fn pause(time: Duration) -> Result<()> {
    const SLICE: Duration = Duration::from_millis(50);
    let end = Instant::now() + time;
    loop {
        if interrupted() {
            bail!("interrupted");
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        thread::sleep(left.min(SLICE));
    }
}

/// Whether the user has asked for an end.
#[must_use]
pub fn interrupted() -> bool {
    INTERRUPTED.load(Relaxed)
}

/// From now on SIGINT, SIGTERM and SIGHUP make [`pause`] and [`until`] fail, so that the lab is
/// taken down in order; a second signal ends the process at once.
///
/// Called first in `main`, before any thread is started: threads inherit what is blocked.
///
/// # Errors
/// When the signals cannot be blocked.
pub fn interrupt_on_signals() -> Result<()> {
    let signals = block_signals().context("cannot block signals")?;
    thread::spawn(move || {
        loop {
            let mut signal = 0;
            // SAFETY: both arguments point to values that live through the call.
            if unsafe { libc::sigwait(&raw const signals, &raw mut signal) } == 0
                && INTERRUPTED.swap(true, Relaxed)
            {
                std::process::exit(128 + signal);
            }
        }
    });
    Ok(())
}

fn block_signals() -> std::io::Result<libc::sigset_t> {
    // SAFETY: an all-zero set is a valid value, and `sigemptyset` initialises it anyway; the
    // pointers live through the calls.
    unsafe {
        let mut signals: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut signals);
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            libc::sigaddset(&raw mut signals, signal);
        }
        match libc::pthread_sigmask(libc::SIG_BLOCK, &raw const signals, std::ptr::null_mut()) {
            0 => Ok(signals),
            error => Err(std::io::Error::from_raw_os_error(error)),
        }
    }
}
