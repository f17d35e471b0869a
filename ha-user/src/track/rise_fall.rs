//! How many results in a row it takes to believe in a change.

/// State of one tracked object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiseFall {
    rise: u32,
    fall: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No result yet.
    Unknown,
    /// Good, with this many failures in a row.
    Up { failures: u32 },
    /// Bad, with this many successes in a row.
    Down { successes: u32 },
}

impl RiseFall {
    /// An object without a result. `init_fail` takes it for bad until it has risen.
    #[must_use]
    pub fn new(rise: u32, fall: u32, init_fail: bool) -> Self {
        let state = if init_fail {
            State::Down { successes: 0 }
        } else {
            State::Unknown
        };
        Self {
            rise: rise.max(1),
            fall: fall.max(1),
            state,
        }
    }

    /// Begins anew with what is known already.
    pub fn assume(&mut self, up: bool) {
        self.state = match up {
            true => State::Up { failures: 0 },
            false => State::Down { successes: 0 },
        };
    }

    /// Whether the object is good; `None` before the first result.
    #[must_use]
    pub fn is_up(&self) -> Option<bool> {
        match self.state {
            State::Unknown => None,
            State::Up { .. } => Some(true),
            State::Down { .. } => Some(false),
        }
    }

    /// Successes in a row up to `rise`, and from there on what is left of `fall` failures, as
    /// keepalived counts them.
    #[must_use]
    pub fn count(&self) -> u32 {
        match self.state {
            State::Unknown => self.rise - 1,
            State::Up { failures } => (self.rise + self.fall - 1).saturating_sub(failures),
            State::Down { successes } => successes,
        }
    }

    /// Takes a result; `true` if the verdict has changed. The first result decides alone.
    pub fn take(&mut self, success: bool) -> bool {
        let before = self.is_up();
        self.state = match (self.state, success) {
            (State::Unknown | State::Up { .. }, true) => State::Up { failures: 0 },
            (State::Unknown | State::Down { .. }, false) => State::Down { successes: 0 },
            (State::Up { failures }, false) if failures + 1 >= self.fall => {
                State::Down { successes: 0 }
            }
            (State::Up { failures }, false) => State::Up {
                failures: failures + 1,
            },
            (State::Down { successes }, true) if successes + 1 >= self.rise => {
                State::Up { failures: 0 }
            }
            (State::Down { successes }, true) => State::Down {
                successes: successes + 1,
            },
        };
        before != self.is_up()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(mut object: RiseFall, results: &[bool]) -> Vec<Option<bool>> {
        results
            .iter()
            .map(|result| {
                object.take(*result);
                object.is_up()
            })
            .collect()
    }

    #[test]
    fn the_first_result_decides_alone() {
        assert_eq!(verdicts(RiseFall::new(3, 3, false), &[true]), [Some(true)]);
        assert_eq!(
            verdicts(RiseFall::new(3, 3, false), &[false]),
            [Some(false)]
        );
    }

    #[test]
    fn a_row_must_be_unbroken() {
        let fall = verdicts(
            RiseFall::new(1, 2, false),
            &[true, false, true, false, false],
        );
        assert_eq!(fall, [true, true, true, true, false].map(Some));
        let rise = verdicts(
            RiseFall::new(2, 1, false),
            &[false, true, false, true, true],
        );
        assert_eq!(rise, [false, false, false, false, true].map(Some));
    }

    #[test]
    fn init_fail_must_rise() {
        assert_eq!(RiseFall::new(2, 1, true).is_up(), Some(false));
        assert_eq!(
            verdicts(RiseFall::new(2, 1, true), &[true, true]),
            [false, true].map(Some)
        );
    }
}
