//! Links that must have changed for a while to count as changed (`interface_up_down_delays`).
//!
//! No protocol state depends on it: adverts are not sent without carrier, whatever is shown here, so
//! nothing prolongs a lease while a fault is held back.

use std::collections::BTreeMap;
use std::time::Duration;

use ha_common::Nanos;

use crate::config::model::link::LinkDelay;
use crate::net::link::Links;

/// The links as they count.
#[derive(Debug, Default)]
pub struct Debounce {
    delays: BTreeMap<String, Delays>,
    /// Links that have delays, by index: one that comes anew counts as it is.
    known: BTreeMap<u32, Known>,
    /// `None` without delays.
    shown: Option<Links>,
}

#[derive(Clone, Copy, Debug)]
struct Delays {
    down: Duration,
    up: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    /// As it counts.
    up: bool,
    /// The first time that it comes up is not delayed.
    was_up: bool,
    /// When it will have changed for long enough.
    due: Option<Nanos>,
}

impl Debounce {
    /// From the next look on, these are the delays.
    pub fn follow(&mut self, delays: &[LinkDelay]) {
        let named = delays.iter().map(|delay| {
            let LinkDelay { name, down, up } = delay;
            (
                name.clone(),
                Delays {
                    down: *down,
                    up: *up,
                },
            )
        });
        self.delays = named.collect();
    }

    /// The links as they count; `None` if that is as they are.
    #[must_use]
    pub fn links(&self) -> Option<&Links> {
        self.shown.as_ref()
    }

    /// When the next delay ends.
    #[must_use]
    pub fn next(&self) -> Option<Nanos> {
        self.known.values().filter_map(|known| known.due).min()
    }

    /// Takes note of `links`, as they are at `now`; `true` if they count for something else than
    /// before.
    pub fn look(&mut self, links: &Links, now: Nanos) -> bool {
        if self.delays.is_empty() {
            self.known.clear();
            self.shown = None;
            return true;
        }
        let mut shown = links.clone();
        let mut known = BTreeMap::new();
        for link in links.iter() {
            let Some(delays) = self.delays.get(&link.name) else {
                continue;
            };
            let mut one = *self.known.get(&link.ifindex).unwrap_or(&Known {
                up: link.up,
                was_up: link.up,
                due: None,
            });
            one.look(link.up, delays, now);
            shown.count_as(link.ifindex, one.up);
            known.insert(link.ifindex, one);
        }
        self.known = known;
        let shown = Some(shown);
        let differs = self.shown != shown;
        self.shown = shown;
        differs
    }
}

impl Known {
    fn look(&mut self, up: bool, delays: &Delays, now: Nanos) {
        if up == self.up {
            self.due = None;
        } else {
            let delay = match (up, self.was_up) {
                (true, true) => delays.up,
                (true, false) => Duration::ZERO,
                (false, _) => delays.down,
            };
            let due = *self.due.get_or_insert(now + delay);
            if due <= now {
                self.up = up;
                self.due = None;
            }
        }
        self.was_up |= up;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOWN: Duration = Duration::from_millis(20);
    const UP: Duration = Duration::from_millis(30);

    fn at(millis: u64) -> Nanos {
        Nanos::new(0) + Duration::from_millis(millis)
    }

    fn known(up: bool) -> Known {
        Known {
            up,
            was_up: up,
            due: None,
        }
    }

    /// When the link went up and down, and from when on it counts as that.
    fn course(mut known: Known, changes: &[(u64, bool)]) -> Vec<(u64, bool)> {
        let delays = Delays { down: DOWN, up: UP };
        let mut course = Vec::new();
        for now in 0..200 {
            let before = known.up;
            let changed = changes.iter().rfind(|(when, _)| *when <= now);
            known.look(changed.is_some_and(|(_, up)| *up), &delays, at(now));
            if known.up != before {
                course.push((now, known.up));
            }
        }
        course
    }

    #[test]
    fn a_change_counts_when_it_has_lasted() {
        let changes = [(0, true), (50, false), (100, true)];
        assert_eq!(course(known(true), &changes), [(70, false), (130, true)]);
    }

    #[test]
    fn a_change_that_does_not_last_never_counts() {
        let changes = [(0, true), (50, false), (69, true), (80, false), (99, true)];
        assert_eq!(course(known(true), &changes), []);
        let changes = [(0, true), (50, false), (100, true), (129, false)];
        assert_eq!(course(known(true), &changes), [(70, false)]);
    }

    #[test]
    fn the_first_time_up_is_not_delayed() {
        let changes = [(0, false), (10, true), (50, false), (80, true)];
        let expected = [(10, true), (70, false), (110, true)];
        assert_eq!(course(known(false), &changes), expected);
    }

    #[test]
    fn without_delays_links_are_as_they_are() {
        let mut debounce = Debounce::default();
        assert!(debounce.look(&Links::default(), at(0)));
        assert!(debounce.links().is_none() && debounce.next().is_none());
    }
}
