//! Threads that end with their owner.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow};

/// A thread that is told to stop, and waited for, when this is dropped.
#[derive(Debug)]
pub(super) struct Background {
    stop: Stop,
    thread: Option<JoinHandle<Result<()>>>,
}

/// Tells a thread whether to go on.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Whether it is time to end; looked at several times a second.
    pub(super) fn is_requested(&self) -> bool {
        self.0.load(Relaxed)
    }
}

impl Background {
    /// Starts `work`, which looks at its argument often.
    pub(super) fn start(
        name: &str,
        work: impl FnOnce(Stop) -> Result<()> + Send + 'static,
    ) -> Result<Self> {
        let stop = Stop::default();
        let told = stop.clone();
        let thread = thread::Builder::new().name(name.to_owned());
        Ok(Self {
            stop,
            thread: Some(thread.spawn(move || work(told))?),
        })
    }

    /// Ends the thread and hands on what made it fail before, if anything did.
    pub(super) fn finish(mut self) -> Result<()> {
        self.end().context("a thread of the lab failed")
    }

    fn end(&mut self) -> Result<()> {
        self.stop.0.store(true, Relaxed);
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        thread.join().map_err(|_| anyhow!("it panicked"))?
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Whoever wants to know calls `finish`.
        let _ = self.end();
    }
}
