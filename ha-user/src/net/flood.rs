//! Notices that more adverts arrive than anybody needs.

use std::time::Duration;

use ha_common::Nanos;

/// Turns in a row with more to read than fits one: a backlog, not a burst.
const FULL_TURNS: u32 = 8;
/// How long a flood is believed to last. If it lasts longer, it is noticed anew within
/// [`FULL_TURNS`], which costs less than to know while most of it is shed.
const PERIOD: Duration = Duration::from_secs(1);

/// Whether there is a flood of adverts, judged by how much there is to read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flood {
    full_turns: u32,
    until: Option<Nanos>,
}

impl Flood {
    /// Whether adverts of no consequence should be shed.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.until.is_some()
    }

    /// When to note a turn even if nothing arrives.
    #[must_use]
    pub const fn next_deadline(&self) -> Option<Nanos> {
        self.until
    }

    /// Takes note of a turn at `now` that has read `count` adverts of at most `budget`.
    pub fn note(&mut self, now: Nanos, count: usize, budget: usize) {
        if let Some(until) = self.until {
            if now >= until {
                *self = Self::default();
            }
        } else if count < budget {
            self.full_turns = 0;
        } else {
            self.full_turns += 1;
            self.until = (self.full_turns >= FULL_TURNS).then(|| now + PERIOD);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: usize = 64;

    fn at(millis: u64) -> Nanos {
        Nanos::new(1) + Duration::from_millis(millis)
    }

    #[test]
    fn a_burst_is_no_flood_but_a_backlog_is() {
        let mut flood = Flood::default();
        for turn in 0..100 {
            let count = if turn % 7 == 0 { 3 } else { BUDGET };
            flood.note(at(turn), count, BUDGET);
            assert!(!flood.is_on());
        }
        let mut flood = Flood::default();
        for turn in 0..u64::from(FULL_TURNS) {
            assert!(!flood.is_on(), "turn {turn}");
            flood.note(at(turn), BUDGET, BUDGET);
        }
        assert!(flood.is_on());
    }

    #[test]
    fn it_is_over_unless_noticed_anew() {
        let mut flood = Flood::default();
        for _ in 0..FULL_TURNS {
            flood.note(at(0), BUDGET, BUDGET);
        }
        flood.note(at(999), 1, BUDGET);
        assert!(flood.is_on());
        let next = flood.next_deadline().expect("it is looked at again");
        flood.note(next, 0, BUDGET);
        assert!(!flood.is_on());
        assert_eq!(flood.next_deadline(), None);
    }
}
