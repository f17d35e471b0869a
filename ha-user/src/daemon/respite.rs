//! How long a worker that has died stays dead.

use std::time::{Duration, Instant};

/// Deaths that are further apart have nothing to do with each other.
const MEMORY: Duration = Duration::from_secs(60);
/// Before the second restart; from then on twice as long each time.
const FIRST: Duration = Duration::from_secs(1);
/// Longest pause.
const LONGEST: Duration = Duration::from_secs(32);

/// Remembers deaths. The first worker that dies is replaced at once, and its successor carries on;
/// if that one dies as well, something is wrong with this host, and the longer it lasts the longer
/// another director must be left alone with the addresses.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Respite {
    last: Option<Instant>,
    row: u32,
}

impl Respite {
    /// Takes note of a death at `now`. Returns how long to wait before the next start.
    pub(super) fn after_death(&mut self, now: Instant) -> Duration {
        let memory = MEMORY.max(2 * self.pause());
        let recent = |last: Instant| now.saturating_duration_since(last) < memory;
        self.row = if self.last.is_some_and(recent) {
            self.row.saturating_add(1)
        } else {
            0
        };
        self.last = Some(now);
        self.pause()
    }

    /// Whether the last death was the first for a long time.
    pub(super) fn is_first(&self) -> bool {
        self.last.is_some() && self.row == 0
    }

    fn pause(&self) -> Duration {
        match self.row.checked_sub(1) {
            None => Duration::ZERO,
            Some(doublings) => FIRST
                .saturating_mul(2_u32.saturating_pow(doublings))
                .min(LONGEST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_while_deaths_follow_each_other() {
        let mut respite = Respite::default();
        let mut now = Instant::now();
        let pauses: Vec<u64> = (0..8)
            .map(|_| {
                now += Duration::from_secs(40);
                respite.after_death(now).as_secs()
            })
            .collect();
        assert_eq!(pauses, [0, 1, 2, 4, 8, 16, 32, 32]);
        assert!(!respite.is_first());
    }

    #[test]
    fn a_death_after_a_long_life_is_the_first_again() {
        let mut respite = Respite::default();
        let now = Instant::now();
        assert_eq!(respite.after_death(now), Duration::ZERO);
        assert_eq!(respite.after_death(now + MEMORY), Duration::ZERO);
        assert!(respite.is_first());
    }
}
