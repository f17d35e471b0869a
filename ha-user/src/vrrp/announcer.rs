//! When neighbours are told who answers, while we do.

use std::time::Duration;

use ha_common::Nanos;

use super::Announcements;

/// Between two announcements that others provoke, so that nobody can make us flood the link.
const PROVOKED_SPACING: Duration = Duration::from_secs(1);

/// Schedule of the gratuitous ARPs of one ownership, after the first burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Announcer {
    last: Nanos,
    second: Option<Nanos>,
    refresh: Option<Nanos>,
    /// An announcement that was provoked too soon after the last one.
    owed: Option<Nanos>,
}

impl Announcer {
    /// The schedule after a first burst at `now`.
    pub(super) fn new(now: Nanos, settings: &Announcements) -> Self {
        let after = |interval: Duration| (!interval.is_zero()).then(|| now + interval);
        Self {
            last: now,
            second: after(settings.delay),
            refresh: after(settings.refresh).map(|at| at + settings.delay),
            owed: None,
        }
    }

    /// The schedule after a first burst at `since` that a previous process sent: what was to be
    /// sent before `now` counts as sent.
    pub(super) fn resumed(since: Nanos, now: Nanos, settings: &Announcements) -> Self {
        Self {
            second: Self::new(since, settings).second.filter(|at| *at > now),
            ..Self::new(now, settings)
        }
    }

    /// Someone else spoke for our addresses. Returns whether to announce now; if it is too soon,
    /// that is done later, for whoever spoke may have had the last word.
    pub(super) fn provoke(&mut self, now: Nanos, interval: Duration) -> bool {
        let next = self.last + PROVOKED_SPACING.max(interval);
        let allowed = now >= next;
        if allowed {
            self.last = now;
        }
        self.owed = (!allowed).then_some(next);
        allowed
    }

    /// How many announcements per address are due.
    pub(super) fn due(&mut self, now: Nanos, settings: &Announcements) -> Option<u32> {
        let burst = take_due(&mut self.second, now) | take_due(&mut self.owed, now);
        let refresh = take_due(&mut self.refresh, now);
        if refresh {
            self.refresh = (!settings.refresh.is_zero()).then(|| now + settings.refresh);
        }
        let repeat = match (burst, refresh) {
            (true, _) => settings.repeat,
            (false, true) => settings.refresh_repeat,
            (false, false) => return None,
        };
        self.last = now;
        Some(repeat)
    }

    /// When [`Self::due`] is next worth asking.
    pub(super) fn deadline(&self) -> Option<Nanos> {
        [self.second, self.refresh, self.owed]
            .into_iter()
            .flatten()
            .min()
    }
}

fn take_due(at: &mut Option<Nanos>, now: Nanos) -> bool {
    at.take_if(|at| *at <= now).is_some()
}
