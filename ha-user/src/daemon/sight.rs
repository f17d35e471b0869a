//! The interfaces as routers stand on them: as netlink shows them, after the operator's delays.

use std::io;

use ha_common::Nanos;

use crate::config::model::link::LinkDelay;
use crate::net::clock;
use crate::net::link::{Links, Monitor};
use crate::track::debounce::Debounce;

/// Sees them.
#[derive(Debug)]
pub(super) struct Sight {
    monitor: Monitor,
    debounce: Debounce,
}

impl Sight {
    /// What `monitor` sees.
    pub(super) fn new(monitor: Monitor) -> Self {
        Self {
            monitor,
            debounce: Debounce::default(),
        }
    }

    /// What another monitor sees goes on where that of this one has ended.
    pub(super) fn look_through(&mut self, monitor: Monitor) {
        self.monitor = monitor;
        self.look();
    }

    /// From now on these are the delays.
    pub(super) fn follow(&mut self, delays: &[LinkDelay]) {
        self.debounce.follow(delays);
        self.look();
    }

    /// The interfaces as they count.
    pub(super) fn links(&self) -> &Links {
        self.debounce
            .links()
            .unwrap_or_else(|| self.monitor.links())
    }

    /// Waits until one of them is not as before. Can be cancelled without missing a change.
    ///
    /// # Errors
    /// As [`Monitor::changed`].
    pub(super) async fn changed(&mut self) -> io::Result<()> {
        loop {
            tokio::select! {
                changed = self.monitor.changed() => drop(changed?),
                () = at(self.debounce.next()) => {}
            }
            if self.look() {
                return Ok(());
            }
        }
    }

    fn look(&mut self) -> bool {
        self.debounce.look(self.monitor.links(), clock::now())
    }
}

/// Waits until then; without a time, for ever.
async fn at(due: Option<Nanos>) {
    match due {
        Some(due) => tokio::time::sleep(due.saturating_since(clock::now())).await,
        None => std::future::pending().await,
    }
}
