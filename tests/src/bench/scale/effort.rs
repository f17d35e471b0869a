//! What a daemon takes of the machine, and how much it says.

use std::fmt;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::lab::{Daemon, time_on_processors, wake_ups};

/// What all processes of a daemon have taken since they were started.
pub(super) struct Spent {
    time: Duration,
    wake_ups: u64,
    /// Frames that its host has sent.
    frames: u64,
}

impl Spent {
    pub(super) fn by(daemon: &Daemon) -> Result<Self> {
        let processes = daemon.processes()?;
        Ok(Self {
            time: time_on_processors(&processes)?,
            wake_ups: wake_ups(&processes)?,
            frames: daemon.host().netns().enter(frames_sent)??,
        })
    }

    /// What it took in `period`, at the beginning of which it had taken `before`.
    pub(super) fn since(&self, before: &Self, period: Duration) -> Effort {
        let rate = |now: u64, before: u64| {
            let more = u32::try_from(now.saturating_sub(before)).unwrap_or(u32::MAX);
            f64::from(more) / period.as_secs_f64()
        };
        let time = self.time.saturating_sub(before.time);
        Effort {
            processor: time.as_secs_f64() / period.as_secs_f64(),
            wake_ups: rate(self.wake_ups, before.wake_ups),
            frames: rate(self.frames, before.frames),
        }
    }
}

/// Of eth0, in the network namespace of the calling thread.
fn frames_sent() -> Result<u64> {
    let table = fs::read_to_string("/proc/thread-self/net/dev")?;
    let line = |line: &str| line.trim_start().strip_prefix("eth0:").map(str::to_owned);
    let counters = table.lines().find_map(line).context("no eth0")?;
    // Eight of what was received, then octets and packets of what was sent.
    let packets = counters.split_whitespace().nth(9);
    Ok(packets.context("no counter of packets")?.parse()?)
}

/// What a daemon takes.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Part of one processor.
    pub processor: f64,
    /// How often one of its threads wakes up, per second.
    pub wake_ups: f64,
    /// Frames that its host sends, per second: adverts, but for a few.
    pub frames: f64,
}

impl Effort {
    /// Processor time of one frame.
    #[must_use]
    pub fn of_a_frame(&self) -> f64 {
        self.processor / self.frames
    }
}

impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.2} % with {:.0} wake-ups and {:.0} frames a second",
            100.0 * self.processor,
            self.wake_ups,
            self.frames
        )
    }
}
