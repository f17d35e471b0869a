//! When this machine stood still: what no daemon on it can be blamed for.

use std::num::NonZero;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::thread::{CpuSet, sched_setaffinity};

use super::background::{Background, Stop};
use super::realtime::{Duty, prefer_this_thread};

/// How often a thread on each processor looks at the clock.
const RHYTHM: Duration = Duration::from_millis(1);

/// A time in which one of the processors ran nothing of ours.
pub type Gap = Range<Instant>;

/// Looks at the clock every millisecond from every processor, before everything else that runs
/// there, and notes when it could not.
#[derive(Debug)]
pub struct Stalls {
    gaps: Arc<Mutex<Vec<Gap>>>,
    _threads: Vec<Background>,
}

impl Stalls {
    /// Starts to note gaps longer than `limit`.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn watch(limit: Duration) -> Result<Self> {
        let gaps = Arc::<Mutex<Vec<Gap>>>::default();
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let threads = (0..processors).map(|processor| {
            let noted = Arc::clone(&gaps);
            Background::start("stalls", move |stop| {
                let note = |gap| lock(&noted).push(gap);
                watch(processor, limit, &stop, note);
                Ok(())
            })
        });
        Ok(Self {
            _threads: threads.collect::<Result<_>>()?,
            gaps,
        })
    }

    /// Gaps so far that `period` has a part in.
    #[must_use]
    pub fn during(&self, period: &Range<Instant>) -> Vec<Gap> {
        let gaps = lock(&self.gaps);
        let common = |gap: &&Gap| gap.start < period.end && period.start < gap.end;
        gaps.iter().filter(common).cloned().collect()
    }

    /// The longest of [`Self::during`].
    #[must_use]
    pub fn longest(&self, period: &Range<Instant>) -> Duration {
        let gaps = self.during(period);
        let lengths = gaps.iter().map(|gap| gap.end - gap.start);
        lengths.max().unwrap_or_default()
    }
}

fn watch(processor: usize, limit: Duration, stop: &Stop, note: impl Fn(Gap)) {
    let mut only = CpuSet::new();
    only.set(processor);
    // Where it may not be there, it is somewhere else and sees what happens there.
    let _ = sched_setaffinity(None, &only);
    prefer_this_thread(Duty::Watch);
    let mut last = Instant::now();
    while !stop.is_requested() {
        thread::sleep(RHYTHM);
        let now = Instant::now();
        if now - last > RHYTHM + limit {
            note(last..now);
        }
        last = now;
    }
}

fn lock(gaps: &Mutex<Vec<Gap>>) -> std::sync::MutexGuard<'_, Vec<Gap>> {
    gaps.lock().unwrap_or_else(PoisonError::into_inner)
}
