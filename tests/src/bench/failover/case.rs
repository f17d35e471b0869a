//! What is done in a trial.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// One kind of trial.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) interval: Interval,
    pub(super) fault: Fault,
    /// When the fault comes: part of the interval that has passed since an advert.
    pub(super) phase: f64,
}

/// What happens to the Active director.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Fault {
    /// Its daemon is stopped in order (SIGTERM)
    Stop,
    /// The worker process of its daemon is killed (SIGKILL); the others live
    Worker,
    /// Its cable is cut; both ends keep their carrier
    Cut,
    /// All processes of its daemon are stopped where they are (SIGSTOP)
    Freeze,
    /// All processes of its daemon are killed (SIGKILL)
    Kill,
}

impl Fault {
    pub(super) const ALL: [Self; 5] = [
        Self::Stop,
        Self::Worker,
        Self::Cut,
        Self::Freeze,
        Self::Kill,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Worker => "kill worker",
            Self::Cut => "cut cable",
            Self::Freeze => "freeze",
            Self::Kill => "kill all",
        }
    }
}

/// `advert_int`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(super) struct Interval(Duration);

impl Interval {
    pub(super) const SECOND: Self = Self(Duration::from_secs(1));
    pub(super) const TENTH: Self = Self(Duration::from_millis(100));

    pub(super) fn duration(self) -> Duration {
        self.0
    }

    /// Active_Down_Interval of a router of `priority` (RFC 9568 section 6.1).
    pub(super) fn active_down(self, priority: u8) -> Duration {
        3 * self.0 + self.0 * (256 - u32::from(priority)) / 256
    }

    /// Version of VRRP that it is measured with: version 2 knows whole seconds only.
    pub(super) fn version(self) -> u8 {
        match self.0.subsec_nanos() {
            0 => 2,
            _ => 3,
        }
    }
}

impl FromStr for Interval {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let seconds: f64 = text.trim().parse().context("not a number of seconds")?;
        ensure!(
            (0.01..=10.0).contains(&seconds),
            "between 0.01 and 10 seconds"
        );
        Ok(Self(Duration::from_millis((seconds * 1e3).round() as u64)))
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_secs_f64())
    }
}
