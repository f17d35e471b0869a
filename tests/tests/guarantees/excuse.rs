//! What a machine that stood still may be excused for.

use std::fmt;
use std::time::Instant;

use anyhow::Result;
use ha_tests::eyes::Eyes;

/// Attempts of one test that may be spoilt.
const SPOILT: usize = 3;

/// Counts the attempts that do not count. Bounds are never widened: an attempt that exceeds them
/// while the machine itself stood still is listed, and made again.
#[derive(Debug, Default)]
pub(crate) struct Excuses {
    spoilt: usize,
}

impl Excuses {
    /// Makes `attempt` until it succeeds on a machine that has not stood still.
    ///
    /// # Errors
    /// That of an attempt during which the machine did not stand still, or of one too many.
    pub(crate) fn try_on<A, T>(
        &mut self,
        what: &dyn fmt::Display,
        arena: &mut A,
        eyes: impl Fn(&A) -> &Eyes,
        mut attempt: impl FnMut(&mut A) -> Result<T>,
    ) -> Result<T> {
        loop {
            let start = Instant::now();
            let error = match attempt(arena) {
                Ok(seen) => return Ok(seen),
                Err(error) => error,
            };
            let stall = eyes(arena).stalls.longest(&(start..Instant::now()));
            if stall.is_zero() || self.spoilt == SPOILT {
                return Err(error.context(format!("{what}; the machine stood still for {stall:?}")));
            }
            self.spoilt += 1;
            println!("{what}: repeated, for the machine stood still for {stall:?}: {error:#}");
        }
    }
}
