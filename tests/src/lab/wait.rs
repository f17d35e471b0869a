//! Waiting, with an end: for a condition, for time to pass, for the user to press Ctrl-C.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Tools;

/// Set once by a signal, never cleared: everybody who waits gives up.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How often a condition is looked at, on a real machine.
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
    let (started, poll) = (Instant::now(), POLL * Tools::slowness());
    while !condition().with_context(|| format!("waiting for {what}"))? {
        if started.elapsed() > limit {
            bail!("{what}: not within {limit:?}");
        }
        pause(poll)?;
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
/// taken down in order; a second signal ends the process at once. Processes that are started do
/// not inherit this.
///
/// # Errors
/// When a signal cannot be caught.
pub fn interrupt_on_signals() -> Result<()> {
    let handler: extern "C" fn(libc::c_int) = interrupt;
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: the handler stays valid, and calls nothing that is not async-signal-safe.
        if unsafe { libc::signal(signal, handler as libc::sighandler_t) } == libc::SIG_ERR {
            return Err(std::io::Error::last_os_error()).context("cannot catch signals");
        }
    }
    Ok(())
}

extern "C" fn interrupt(signal: libc::c_int) {
    if INTERRUPTED.swap(true, Relaxed) {
        // SAFETY: it ends the process and touches none of its state.
        unsafe { libc::_exit(128 + signal) }
    }
}
