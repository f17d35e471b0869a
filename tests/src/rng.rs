//! Random instants that can be had again.

use std::env;
use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Names the seed to repeat a run with.
const VARIABLE: &str = "HA_SEED";

/// A small generator of random numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator whose seed is printed, for HA_SEED to repeat a run with.
    #[must_use]
    pub fn announced() -> Self {
        let given = env::var(VARIABLE).ok().and_then(|text| text.parse().ok());
        let now = || {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
        };
        let seed = given.unwrap_or_else(|| now().subsec_nanos().into());
        println!("{VARIABLE}={seed}");
        Self::from_seed(seed)
    }

    /// A generator of the numbers that belong to `seed`.
    #[must_use]
    pub const fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A time in `range`, to the microsecond.
    pub fn duration(&mut self, range: Range<Duration>) -> Duration {
        let span = (range.end.saturating_sub(range.start)).as_micros().max(1);
        range.start
            + Duration::from_micros(u64::try_from(u128::from(self.number()) % span).unwrap_or(0))
    }
}
