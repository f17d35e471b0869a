//! What a daemon prints, with the time of each line.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use super::wait::until;

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// When it was read from the pipe.
    pub at: Instant,
    /// Without the end of line.
    pub text: String,
}

/// Everything that some processes have printed so far, in the order of arrival.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<Line>>>);

impl Log {
    /// Collects the lines of `output` on a thread until its last writer ends.
    pub(super) fn collect(&self, output: impl Read + Send + 'static) {
        let log = self.clone();
        thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                let text = String::from_utf8_lossy(&line).into_owned();
                log.lock().push(Line {
                    at: Instant::now(),
                    text,
                });
            }
        });
    }

    /// All lines.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        self.lock().clone()
    }

    /// Lines that contain `text`.
    #[must_use]
    pub fn matching(&self, text: &str) -> Vec<Line> {
        let lines = self.lock();
        lines
            .iter()
            .filter(|line| line.text.contains(text))
            .cloned()
            .collect()
    }

    /// The last line that contains any of `texts`, with the one it contains.
    #[must_use]
    pub fn last_of<'a>(&self, texts: &[&'a str]) -> Option<(Line, &'a str)> {
        let lines = self.lock();
        lines.iter().rev().find_map(|line| {
            let found = texts.iter().find(|text| line.text.contains(**text))?;
            Some((line.clone(), *found))
        })
    }

    /// Waits for a line at or after `since` that contains `text`.
    ///
    /// # Errors
    /// When there is none within `limit`; shows the last lines.
    pub fn wait_for(&self, text: &str, since: Instant, limit: Duration) -> Result<Line> {
        let found = || {
            self.matching(text)
                .into_iter()
                .find(|line| line.at >= since)
        };
        until(&format!("a log line with \"{text}\""), limit, || {
            Ok(found().is_some())
        })
        .map_err(|error| anyhow!("{error:#}; the log ends with\n{}", self.tail(12)))?;
        found().ok_or_else(|| anyhow!("a line of the log has gone"))
    }

    /// The last `count` lines as text.
    #[must_use]
    pub fn tail(&self, count: usize) -> String {
        let lines = self.lock();
        let skipped = lines.len().saturating_sub(count);
        let texts = lines
            .iter()
            .skip(skipped)
            .map(|line| format!("  {}\n", line.text));
        texts.collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
