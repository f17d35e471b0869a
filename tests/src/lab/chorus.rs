//! Somebody who asks for an address by ARP thousands of times a second, and counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::background::{Background, Stop};
use super::{Asker, Mac};

/// Between two volleys.
const RHYTHM: Duration = Duration::from_millis(1);
/// Questions of a volley: 10,000 in a second.
const VOLLEY: usize = 10;
/// In which an answer arrives, or never.
const FLIGHT: Duration = Duration::from_millis(500);

/// Asks all the time, on a thread.
#[derive(Debug)]
pub struct Chorus {
    tally: Arc<Tally>,
    thread: Background,
}

/// What became of questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Questions.
    pub asked: u64,
    /// Answers of the director that was meant.
    pub answered: u64,
    /// Answers of others.
    pub others: u64,
}

#[derive(Debug, Default)]
struct Tally {
    asked: AtomicU64,
    answered: AtomicU64,
    others: AtomicU64,
}

impl Chorus {
    /// Starts asking by `asker`; `owner` should answer.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(asker: Asker, owner: Mac) -> Result<Self> {
        let tally = Arc::default();
        let mut work = Work {
            asker,
            owner,
            tally: Arc::clone(&tally),
        };
        let thread = Background::start("chorus", move |stop| work.run(&stop))?;
        Ok(Self { tally, thread })
    }

    /// Questions so far.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.tally.asked.load(Relaxed)
    }

    /// Stops asking, and waits for the last answers.
    ///
    /// # Errors
    /// The interface failed meanwhile.
    pub fn finish(self) -> Result<Count> {
        self.thread.finish()?;
        let [asked, answered, others] =
            [&self.tally.asked, &self.tally.answered, &self.tally.others]
                .map(|count| count.load(Relaxed));
        Ok(Count {
            asked,
            answered,
            others,
        })
    }
}

struct Work {
    asker: Asker,
    owner: Mac,
    tally: Arc<Tally>,
}

impl Work {
    fn run(&mut self, stop: &Stop) -> Result<()> {
        let mut next = Instant::now();
        while !stop.is_requested() {
            self.asker.ask_all(VOLLEY)?;
            self.tally.asked.fetch_add(VOLLEY as u64, Relaxed);
            // A volley that comes late is not made up for.
            next = (next + RHYTHM).max(Instant::now());
            self.listen(next)?;
        }
        self.listen(Instant::now() + FLIGHT)
    }

    fn listen(&mut self, until: Instant) -> Result<()> {
        while let Some(answer) = self.asker.answer_before(until)? {
            let count = match answer == self.owner {
                true => &self.tally.answered,
                false => &self.tally.others,
            };
            count.fetch_add(1, Relaxed);
        }
        Ok(())
    }
}
