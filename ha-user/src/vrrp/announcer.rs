//! When neighbours are told who answers, while we do.

use std::time::Duration;

use ha_common::Nanos;

use super::{Announcements, Provoked};

/// Between two announcements that others provoke, so that nobody can make us flood the link.
const PROVOKED_SPACING: Duration = Duration::from_secs(1);

/// Schedule of the gratuitous ARPs of one ownership, after the first burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Announcer {
    last: Nanos,
    second: Option<Nanos>,
    refresh: Option<Nanos>,
    /// An announcement that was provoked too soon after the last one.
    owed: Option<(Nanos, Provoked)>,
    /// The repetition of one that was provoked.
    echo: Option<(Nanos, u32)>,
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
            echo: None,
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

    /// Someone else spoke for our addresses. Returns how many announcements per address are to be made
    /// now; if it is too soon, they are made later, for whoever spoke may have had the last word.
    pub(super) fn provoke(&mut self, now: Nanos, interval: Duration, answer: Provoked) -> u32 {
        if answer.repeat == 0 {
            return 0;
        }
        let next = self.last + PROVOKED_SPACING.max(interval);
        if now >= next {
            self.owed = None;
            return self.answer(now, answer);
        }
        let owed = self.owed.map_or(answer, |(_, owed)| owed.or_more(answer));
        self.owed = Some((next, owed));
        0
    }

    /// How many announcements per address are due.
    pub(super) fn due(&mut self, now: Nanos, settings: &Announcements) -> Option<u32> {
        let owed = self.owed.take_if(|(at, _)| *at <= now);
        let echo = self.echo.take_if(|(at, _)| *at <= now);
        let refresh = take_due(&mut self.refresh, now);
        if refresh {
            self.refresh = (!settings.refresh.is_zero()).then(|| now + settings.refresh);
        }
        let due = [
            take_due(&mut self.second, now).then_some(settings.repeat),
            owed.map(|(_, answer)| self.answer(now, answer)),
            echo.map(|(_, repeat)| repeat),
            refresh.then_some(settings.refresh_repeat),
        ];
        let repeat = due.into_iter().flatten().max()?;
        self.last = now;
        Some(repeat)
    }

    /// When [`Self::due`] is next worth asking.
    pub(super) fn deadline(&self) -> Option<Nanos> {
        let owed = self.owed.map(|(at, _)| at);
        let echo = self.echo.map(|(at, _)| at);
        [self.second, self.refresh, owed, echo]
            .into_iter()
            .flatten()
            .min()
    }

    /// Answers now, and once more after the delay.
    fn answer(&mut self, now: Nanos, answer: Provoked) -> u32 {
        self.last = now;
        let Provoked { repeat, delay } = answer;
        if !delay.is_zero() {
            self.echo = Some((now + delay, repeat));
        }
        repeat
    }
}

impl Provoked {
    /// Whichever says more.
    fn or_more(self, other: Self) -> Self {
        if other.repeat > self.repeat {
            other
        } else {
            self
        }
    }
}

fn take_due(at: &mut Option<Nanos>, now: Nanos) -> bool {
    at.take_if(|at| *at <= now).is_some()
}
