//! The signals by which an operator tells a process of the daemon something.

use anyhow::{Context as _, Result};
use nix::sys::signal::{SigSet, Signal as Number};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What has come of each.
pub(super) struct Signals {
    pub(super) hup: Signal,
    pub(super) term: Signal,
    pub(super) int: Signal,
    pub(super) usr1: Signal,
    pub(super) usr2: Signal,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// As of the runtime.
    pub(super) fn new() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            hup: listen(SignalKind::hangup())?,
            term: listen(SignalKind::terminate())?,
            int: listen(SignalKind::interrupt())?,
            usr1: listen(SignalKind::user_defined1())?,
            usr2: listen(SignalKind::user_defined2())?,
        })
    }
}

fn all() -> SigSet {
    use Number::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
    [SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2]
        .into_iter()
        .collect()
}

/// Has them wait: one that comes before the next program listens would end it.
pub(super) fn hold() {
    if let Err(error) = all().thread_block() {
        log::error!("cannot hold signals back: {error}");
    }
}

/// Lets them through that were held back.
pub(super) fn release() {
    if let Err(error) = all().thread_unblock() {
        log::error!("cannot listen for signals: {error}");
    }
}
