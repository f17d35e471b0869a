//! Whether there are as many as there should be, for long enough.

use std::time::Duration;

use ha_common::Nanos;

use crate::config::model::process::TrackProcess;

/// How a number of processes has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// One of them has forked. The child may be about to become another program.
    Fork,
    /// One has ended. Another one may be about to take its place.
    End,
    /// One has become this program, or another.
    Change,
}

/// What is thought of a number.
#[derive(Debug)]
pub(super) struct Quorum {
    least: usize,
    most: usize,
    fork_delay: Duration,
    terminate_delay: Duration,
    /// As others know it; `None` before anybody has counted.
    up: Option<bool>,
    /// Whether the number is as it should be.
    met: bool,
    /// When others are to know.
    due: Option<Nanos>,
}

impl Quorum {
    /// `known` is what was thought before, by another process.
    pub(super) fn new(settings: &TrackProcess, known: Option<bool>) -> Self {
        let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        Self {
            least: count(settings.quorum),
            most: count(settings.quorum_max),
            fork_delay: settings.fork_delay,
            terminate_delay: settings.terminate_delay,
            up: known,
            met: known.unwrap_or_default(),
            due: None,
        }
    }

    /// Whether there is one, for all that others know.
    pub(super) const fn up(&self) -> Option<bool> {
        self.up
    }

    /// When [`Self::handle_timeout`] is to be called.
    pub(super) const fn deadline(&self) -> Option<Nanos> {
        self.due
    }

    /// Takes a number. What has changed is believed when it has lasted as long as its cause asks for; the
    /// first number at once.
    pub(super) fn take(&mut self, now: Nanos, number: usize, cause: Cause) {
        let met = (self.least..=self.most).contains(&number);
        if self.up.is_some() && met == self.met {
            return;
        }
        self.met = met;
        let delay = match (self.up, cause) {
            (Some(up), _) if up == met => return self.due = None,
            (None, _) | (_, Cause::Change) => Duration::ZERO,
            (_, Cause::Fork) => self.fork_delay,
            (_, Cause::End) => self.terminate_delay,
        };
        self.due = Some(now + delay);
        self.handle_timeout(now);
    }

    /// Time has passed.
    pub(super) fn handle_timeout(&mut self, now: Nanos) {
        if self.due.is_some_and(|due| due <= now) {
            self.due = None;
            self.up = Some(self.met);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::model::Weight;
    use crate::config::model::process::{Compared, Pattern};

    const SECOND: Duration = Duration::from_secs(1);

    fn quorum(least: u32, most: u32, known: Option<bool>) -> Quorum {
        let settings = TrackProcess {
            name: "p".to_owned(),
            pattern: Pattern {
                program: "p".to_owned(),
                compared: Compared::Name,
            },
            quorum: least,
            quorum_max: most,
            fork_delay: 2 * SECOND,
            terminate_delay: 3 * SECOND,
            weight: Weight::default(),
        };
        Quorum::new(&settings, known)
    }

    /// What is known after each number, a second after the one before.
    fn story(mut quorum: Quorum, numbers: &[(usize, Cause)]) -> Vec<Option<bool>> {
        let mut now = Nanos::new(0);
        let step = |(number, cause): &(usize, Cause)| {
            quorum.handle_timeout(now);
            quorum.take(now, *number, *cause);
            now = now + SECOND;
            quorum.up()
        };
        numbers.iter().map(step).collect()
    }

    const START: Cause = Cause::Change;
    const FORK: Cause = Cause::Fork;
    const END: Cause = Cause::End;

    #[test]
    fn the_first_number_counts_at_once_and_so_does_a_change() {
        let all = |quorum| story(quorum, &[(0, START), (1, START), (2, START), (0, START)]);
        let none = u32::MAX;
        assert_eq!(
            all(quorum(1, none, None)),
            [false, true, true, false].map(Some)
        );
        assert_eq!(
            all(quorum(2, none, None)),
            [false, false, true, false].map(Some)
        );
        assert_eq!(
            all(quorum(1, 1, None)),
            [false, true, false, false].map(Some)
        );
        assert_eq!(
            all(quorum(0, 0, None)),
            [true, false, false, true].map(Some)
        );
    }

    #[test]
    fn what_an_end_takes_must_be_gone_for_a_while() {
        let numbers = [(1, START), (0, END), (0, END), (0, END), (0, END)];
        let known = [true, true, true, true, false].map(Some);
        assert_eq!(story(quorum(1, u32::MAX, None), &numbers), known);
        let back = [
            (1, START),
            (0, END),
            (1, START),
            (0, END),
            (0, END),
            (0, END),
            (0, END),
        ];
        let known = [true, true, true, true, true, true, false].map(Some);
        assert_eq!(story(quorum(1, u32::MAX, None), &back), known);
    }

    #[test]
    fn what_a_fork_brings_must_stay_for_a_while() {
        let stays = [(1, START), (2, FORK), (2, FORK), (2, FORK)];
        let known = [false, false, false, true].map(Some);
        assert_eq!(story(quorum(2, u32::MAX, None), &stays), known);
        let goes = [
            (1, START),
            (2, FORK),
            (1, START),
            (2, FORK),
            (2, FORK),
            (2, FORK),
        ];
        let known = [false, false, false, false, false, true].map(Some);
        assert_eq!(story(quorum(2, u32::MAX, None), &goes), known);
        // The end of one too many is an end.
        let many = [
            (1, START),
            (2, START),
            (1, END),
            (1, END),
            (1, END),
            (1, END),
        ];
        let known = [true, false, false, false, false, true].map(Some);
        assert_eq!(story(quorum(1, 1, None), &many), known);
    }

    #[test]
    fn what_was_known_before_changes_as_if_it_had_been_seen() {
        let numbers = [(0, END), (0, END), (0, END), (0, END)];
        let known = [true, true, true, false].map(Some);
        assert_eq!(story(quorum(1, u32::MAX, Some(true)), &numbers), known);
    }
}
