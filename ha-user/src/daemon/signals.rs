//! The signals by which an operator tells a process of the daemon something.
#![expect(unsafe_code, reason = "rustix has no names for signals of real time")]

use anyhow::{Context as _, Result};
use nix::sys::signal::SigSet;
use rustix::process::Signal as Number;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::dump::Kind;

/// What has come of each.
pub(super) struct Signals {
    pub(super) hup: Signal,
    pub(super) term: Signal,
    pub(super) int: Signal,
    pub(super) dumps: Questions,
}

/// What has come of each that asks for a dump.
pub(super) struct Questions {
    state: Signal,
    stats: Signal,
    stats_then_clear: Signal,
    json: Signal,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// As of the runtime.
    pub(super) fn new() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        let dump = |kind: Kind| listen(SignalKind::from_raw(kind.signal()));
        Ok(Self {
            hup: listen(SignalKind::hangup())?,
            term: listen(SignalKind::terminate())?,
            int: listen(SignalKind::interrupt())?,
            dumps: Questions {
                state: dump(Kind::State)?,
                stats: dump(Kind::Stats)?,
                stats_then_clear: dump(Kind::StatsThenClear)?,
                json: dump(Kind::Json)?,
            },
        })
    }
}

impl Questions {
    /// Waits for one. Can be cancelled without losing any.
    pub(super) async fn next(&mut self) -> Kind {
        tokio::select! {
            _ = self.state.recv() => Kind::State,
            _ = self.stats.recv() => Kind::Stats,
            _ = self.stats_then_clear.recv() => Kind::StatsThenClear,
            _ = self.json.recv() => Kind::Json,
        }
    }
}

/// The signal that asks for a dump, to be sent.
pub(super) fn asking_for(kind: Kind) -> Number {
    // SAFETY: none of them is one that the C library keeps for itself.
    unsafe { Number::from_raw_unchecked(kind.signal()) }
}

/// Has all of them wait: one that comes before the next program listens would end it.
pub(super) fn hold() {
    if let Err(error) = SigSet::all().thread_block() {
        log::error!("cannot hold signals back: {error}");
    }
}

/// Lets them through that were held back.
pub(super) fn release() {
    if let Err(error) = SigSet::all().thread_unblock() {
        log::error!("cannot listen for signals: {error}");
    }
}
