//! The advert thread's priority over everything else on the host.

use std::io;
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, Result};
use rustix::mm::{MlockAllFlags, mlockall};

use super::adverts::AdvertThread;
use crate::net::urgency::{self, prefer_this_thread};

/// Starts the advert thread, with locked memory and real-time priority (`priority`, or the lowest
/// above our other threads) where permitted; says so where not.
///
/// # Errors
/// If the thread cannot be started.
pub(super) fn spawn(adverts: AdvertThread, priority: Option<u8>) -> Result<JoinHandle<Result<()>>> {
    let run = move || {
        said(
            "no real-time priority",
            prefer_this_thread(priority.unwrap_or(urgency::ADVERTS)),
        );
        said("memory may be swapped out", lock_memory());
        adverts.run()
    };
    thread::Builder::new()
        .name("vrrp".to_owned())
        .spawn(run)
        .context("cannot start a thread")
}

fn said(what: &str, result: io::Result<()>) {
    if let Err(error) = result {
        log::warn!("{what}, adverts may be late on a busy host: {error}");
    }
}

fn lock_memory() -> io::Result<()> {
    // Only what is touched: a thread's untouched stack is not worth its size in memory.
    mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT)?;
    Ok(())
}
