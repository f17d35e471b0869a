//! One line about what runs: redrawn on a terminal, repeated now and then elsewhere.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stderr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Shorter waits show nothing.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often a terminal's line is redrawn.
pub(crate) const REDRAW: Duration = Duration::from_millis(120);
/// Between two lines of progress where there is no terminal.
const REPORT: Duration = Duration::from_secs(20);
/// Longest line of progress; a wrapped one could not be redrawn in place.
const COLUMNS: usize = 100;

/// What is shown of every command that runs now, by its label: a terminal has one line for all.
static SHOWN: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// A running command. Not seen any more when dropped.
pub(crate) struct Progress {
    label: String,
    started: Instant,
    shown_at: Option<Instant>,
    last_line: String,
    terminal: bool,
}

impl Progress {
    pub(crate) fn new(label: &str, started: Instant) -> Self {
        Self {
            label: label.to_owned(),
            started,
            shown_at: None,
            last_line: String::new(),
            terminal: stderr().is_terminal(),
        }
    }

    /// Takes notice of what the command has printed.
    pub(crate) fn note(&mut self, line: &str) {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('{') {
            line.clone_into(&mut self.last_line);
        }
    }

    /// Shows it, if it is time to.
    pub(crate) fn show(&mut self) {
        let pause = if self.terminal { REDRAW } else { REPORT };
        let due = self
            .shown_at
            .map_or(self.started + PATIENCE, |shown| shown + pause);
        if Instant::now() < due {
            return;
        }
        self.shown_at = Some(Instant::now());
        let (label, seconds) = (&self.label, self.started.elapsed().as_secs());
        let text = format!("{label} … {seconds} s  {}", self.last_line);
        let mut shown = shown();
        if self.terminal {
            shown.insert(self.label.clone(), text);
            draw(&shown);
        } else {
            eprintln!("{}", clipped(&text, COLUMNS));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.terminal && self.shown_at.is_some() {
            let mut shown = shown();
            shown.remove(&self.label);
            draw(&shown);
        }
    }
}

/// Prints `text`, of whole lines, on standard output, above what is shown of commands that still run.
pub(crate) fn print(text: &str) {
    let shown = shown();
    if !shown.is_empty() {
        erase();
    }
    print!("{text}");
    if !shown.is_empty() {
        draw(&shown);
    }
}

fn shown() -> MutexGuard<'static, BTreeMap<String, String>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn draw(shown: &BTreeMap<String, String>) {
    erase();
    eprint!("{}", line(shown));
    let _ = stderr().flush();
}

fn erase() {
    eprint!("\r\x1b[2K");
}

/// All of them, with as much room for each.
fn line(shown: &BTreeMap<String, String>) -> String {
    let room = COLUMNS / shown.len().max(1);
    let texts: Vec<_> = shown.values().map(|text| clipped(text, room)).collect();
    texts.join("  ")
}

fn clipped(text: &str, columns: usize) -> String {
    text.chars().take(columns).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{COLUMNS, line};

    #[test]
    fn commands_that_run_side_by_side_share_a_line() {
        let long = |name: &str| (name.to_owned(), name.repeat(COLUMNS));
        assert_eq!(line(&BTreeMap::from([long("a")])), "a".repeat(COLUMNS));
        let half = COLUMNS / 2;
        assert_eq!(
            line(&BTreeMap::from([long("a"), long("b")])),
            format!("{}  {}", "a".repeat(half), "b".repeat(half))
        );
        assert_eq!(line(&BTreeMap::new()), "");
    }
}
