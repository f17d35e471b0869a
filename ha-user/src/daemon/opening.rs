//! No takeover for some time after the start: `vrrp_startup_delay` and `vrrp_delay_after_boot`.

use std::time::Duration;

use ha_common::Nanos;
use serde::{Deserialize, Serialize};

use crate::config::model::opening as model;
use crate::net::clock;

/// Until when no router takes over, in nanoseconds since the start of the machine. A worker that carries
/// on finds it in the testament: only the first one waits, or all until the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Opening {
    /// When the first worker started.
    started: u64,
    /// End of the wait, unless it is over.
    until: Option<u64>,
}

impl Opening {
    /// Of a first worker, which says how long nobody takes over.
    pub(super) fn at_start(settings: model::Opening) -> Self {
        let now = clock::now();
        let opening = Self::new(settings, now);
        if let Some(left) = opening.left(now) {
            log::info!("Delaying startup for {} seconds", left.as_secs_f64());
        }
        opening
    }

    /// Of a first worker that starts at `now`.
    pub(super) fn new(settings: model::Opening, now: Nanos) -> Self {
        let started = now.get();
        Self {
            started,
            until: end(settings, started).filter(|until| *until > started),
        }
    }

    /// Follows a reload at `now`, which may end the wait sooner or later, but begins none.
    pub(super) fn follow(&mut self, settings: model::Opening, now: Nanos) {
        if self.until.is_some() {
            self.until = end(settings, self.started).filter(|until| *until > now.get());
        }
    }

    /// Whether it is too early for a takeover.
    pub(super) fn waits(&self) -> bool {
        self.until.is_some()
    }

    /// Waits for the end, if there is something to wait for. Can be cancelled.
    pub(super) async fn is_over(&self) {
        if !self.waits() {
            std::future::pending::<()>().await;
        }
        // This clock goes on while the machine sleeps, tokio's does not.
        while let Some(left) = self.left(clock::now()) {
            tokio::time::sleep(left).await;
        }
    }

    /// Whoever may take over does.
    pub(super) fn end(&mut self) {
        self.until = None;
    }

    fn left(&self, now: Nanos) -> Option<Duration> {
        let left = self.until?.saturating_sub(now.get());
        (left > 0).then(|| Duration::from_nanos(left))
    }
}

/// The later of the two ends, if there is one.
fn end(settings: model::Opening, started: u64) -> Option<u64> {
    let model::Opening {
        startup_delay,
        delay_after_boot,
    } = settings;
    let after_start = Nanos::new(started) + startup_delay;
    let after_boot = Nanos::new(0) + delay_after_boot;
    let asked = !startup_delay.is_zero() || !delay_after_boot.is_zero();
    asked.then(|| after_start.get().max(after_boot.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn settings(startup: u64, boot: u64) -> model::Opening {
        model::Opening {
            startup_delay: Duration::from_secs(startup),
            delay_after_boot: Duration::from_secs(boot),
        }
    }

    fn at(seconds: u64) -> Nanos {
        Nanos::new(seconds * SECOND)
    }

    #[test]
    fn the_later_of_both_ends_counts() {
        let until = |startup, boot| Opening::new(settings(startup, boot), at(100)).until;
        assert_eq!(until(5, 0), Some(105 * SECOND));
        assert_eq!(until(5, 120), Some(120 * SECOND));
        assert_eq!(until(30, 120), Some(130 * SECOND));
        assert_eq!(until(0, 120), Some(120 * SECOND));
        assert_eq!(until(0, 90), None);
        assert_eq!(until(0, 0), None);
    }

    #[test]
    fn a_reload_moves_the_end_and_begins_nothing() {
        let mut opening = Opening::new(settings(5, 0), at(100));
        opening.follow(settings(8, 0), at(102));
        assert_eq!(opening.left(at(102)), Some(Duration::from_secs(6)));
        opening.follow(settings(1, 0), at(102));
        assert!(!opening.waits());
        opening.follow(settings(60, 0), at(102));
        assert!(!opening.waits());
    }

    #[test]
    fn what_is_over_is_over() {
        let mut opening = Opening::new(settings(5, 0), at(100));
        opening.end();
        opening.follow(settings(500, 0), at(103));
        assert!(!opening.waits());
    }
}
