//! When whoever manages the daemon is told that it lives.
//!
//! The supervisor does not vouch for itself: it asks the worker, which answers when its main loop, its advert
//! thread and its health thread have all gone round since. A worker that is only just starting, or that
//! is waited for, is no reason to end the daemon: the supervisor looks after that.

use std::time::Duration;

use tokio::time::Instant;

/// How often it asks within the time after which the daemon would be ended.
const TIMES: u32 = 4;

/// How long a worker may take until it can be asked: twice what a successor may.
const START: Duration = Duration::from_secs(40);

/// Asks, and hears.
#[derive(Debug)]
pub(super) struct Pulse {
    interval: Option<Duration>,
    next: Instant,
    /// A worker that has been asked, and has not answered yet.
    asked: bool,
    /// Since when there is this worker.
    since: Instant,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Ask the worker.
    Ask,
    /// The daemon lives, though no worker can be asked.
    Alive,
    /// Nothing: no answer has come yet.
    Silence,
}

impl Pulse {
    /// One that beats within `watchdog`; without that, never.
    pub(super) fn new(watchdog: Option<Duration>, now: Instant) -> Self {
        Self {
            interval: watchdog.map(|limit| limit / TIMES),
            next: now,
            asked: false,
            since: now,
        }
    }

    /// There is another worker.
    pub(super) fn begin(&mut self, now: Instant) {
        self.asked = false;
        self.since = now;
    }

    /// When to beat next.
    pub(super) fn next(&self) -> Option<Instant> {
        self.interval.map(|_| self.next)
    }

    /// It is time; `is_ready` of a worker that can be asked.
    pub(super) fn beat(&mut self, now: Instant, is_ready: bool) -> Beat {
        self.next = now + self.interval.unwrap_or_default();
        if is_ready {
            let asked = std::mem::replace(&mut self.asked, true);
            return if asked { Beat::Silence } else { Beat::Ask };
        }
        match now.saturating_duration_since(self.since) < START {
            true => Beat::Alive,
            false => Beat::Silence,
        }
    }

    /// The worker has answered; `true` if it was asked.
    pub(super) fn heard(&mut self) -> bool {
        std::mem::take(&mut self.asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_does_not_answer_is_asked_once() {
        let start = Instant::now();
        let mut pulse = Pulse::new(Some(Duration::from_secs(4)), start);
        assert_eq!(pulse.next(), Some(start));
        assert_eq!(pulse.beat(start, true), Beat::Ask);
        assert_eq!(pulse.next(), Some(start + Duration::from_secs(1)));
        assert_eq!(pulse.beat(start, true), Beat::Silence);
        assert!(pulse.heard());
        assert!(!pulse.heard(), "nobody has asked");
        assert_eq!(pulse.beat(start, true), Beat::Ask);
    }

    #[test]
    fn a_worker_may_take_its_time_to_start_but_not_for_ever() {
        let start = Instant::now();
        let mut pulse = Pulse::new(Some(Duration::from_secs(4)), start);
        assert_eq!(pulse.beat(start + START / 2, false), Beat::Alive);
        assert_eq!(pulse.beat(start + START, false), Beat::Silence);
        pulse.begin(start + START);
        assert_eq!(pulse.beat(start + START, false), Beat::Alive);
    }

    #[test]
    fn without_a_watchdog_it_never_beats() {
        assert_eq!(Pulse::new(None, Instant::now()).next(), None);
    }
}
