//! Shows that a bench is alive, and how far it is.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::lab::interrupted;
use crate::screen::Screen;

/// Tells whoever watches what was seen last, after how long, of about how long.
#[derive(Debug)]
pub struct Progress {
    screen: Screen,
    name: &'static str,
    started: Instant,
    takes: Duration,
}

impl Progress {
    /// Of the bench `name`, which starts now and takes about `takes`.
    #[must_use]
    pub fn start(screen: Screen, name: &'static str, takes: Duration) -> Self {
        Self {
            screen,
            name,
            started: Instant::now(),
            takes,
        }
    }

    /// Says what has just been seen: one line, rewritten on a terminal. To be called after every
    /// trial, because this is where Ctrl-C ends a bench.
    ///
    /// # Errors
    /// When the user interrupts.
    pub fn note(&self, seen: &str) -> Result<()> {
        ensure!(!interrupted(), "interrupted");
        let (elapsed, takes) = (clock(self.started.elapsed()), clock(self.takes));
        let line = format!("{} {elapsed} of about {takes}  {seen}", self.name);
        match self.screen.is_live() {
            true => {
                let line: String = line.chars().take(self.screen.columns()).collect();
                self.screen.rewrite(&line);
            }
            false => self.screen.say(&line),
        }
        Ok(())
    }
}

/// Minutes and seconds.
pub(super) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
