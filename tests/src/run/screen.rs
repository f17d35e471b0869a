//! The terminal: a live timeline on one, plain lines elsewhere.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use super::fault::Fault;
use super::lane::Cell;
use super::outcome::{CELL, Outcome};

/// Time that one character stands for, in cells.
const CELLS_PER_CHARACTER: usize = 20;
/// Characters of a timeline: eight seconds.
const WIDTH: usize = 40;

/// How to write to whoever watches.
pub(super) struct Screen {
    /// Lines can be rewritten.
    live: bool,
    colour: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Colour {
    Red,
    Green,
    Cyan,
    Dim,
}

impl Screen {
    /// By what standard output is, and NO_COLOR.
    pub(super) fn detect() -> Self {
        let terminal = io::stdout().is_terminal();
        let dumb = std::env::var_os("TERM").is_some_and(|name| name == "dumb");
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            live: terminal && !dumb,
            colour: terminal && !dumb && !plain,
        }
    }

    /// Writes lines.
    pub(super) fn say(&self, text: &str) {
        self.write(&format!("{text}\n"));
    }

    /// Explains the timeline.
    pub(super) fn legend(&self) -> String {
        let cell = CELL * u32::try_from(CELLS_PER_CHARACTER).unwrap_or(1);
        format!(
            "\nwho answers ARP for the VIP, {} ms a character: {} lb1, {} lb2, {} both, {} nobody",
            cell.as_millis(),
            self.paint("1", Colour::Green),
            self.paint("2", Colour::Cyan),
            self.paint("X", Colour::Red),
            self.paint(".", Colour::Dim),
        )
    }

    /// Shows what has been seen of `fault` so far, where lines can be rewritten.
    pub(super) fn live(&self, fault: Fault, timeline: &[Cell]) {
        if self.live {
            self.write(&format!("\r{}", self.line(fault, timeline)));
        }
    }

    /// Shows what was seen of a fault.
    pub(super) fn done(&self, outcome: &Outcome) {
        let line = self.line(outcome.fault, &outcome.timeline);
        let back = match outcome.gap {
            Some(gap) => format!("gap {}", milliseconds(gap.length)),
            None => self.paint("never back", Colour::Red),
        };
        let begin = if self.live { "\r" } else { "" };
        self.write(&format!("{begin}{line} {back}\n"));
    }

    fn line(&self, fault: Fault, timeline: &[Cell]) -> String {
        let characters = timeline.chunks(CELLS_PER_CHARACTER).take(WIDTH);
        let mut bar: String = characters
            .clone()
            .map(|cells| self.character(cells))
            .collect();
        bar.push_str(&" ".repeat(WIDTH - characters.count()));
        format!("  {:20} {bar}", fault.name())
    }

    /// The worst of some cells, or the last one if all are well.
    fn character(&self, cells: &[Cell]) -> String {
        let nobody = cells.iter().filter(|cell| **cell == Cell::Nobody).count();
        match cells.last() {
            _ if cells.contains(&Cell::Both) => self.paint("X", Colour::Red),
            _ if nobody * 2 > cells.len() => self.paint(".", Colour::Dim),
            Some(Cell::One(0)) => self.paint("1", Colour::Green),
            Some(Cell::One(_)) => self.paint("2", Colour::Cyan),
            _ => self.paint(".", Colour::Dim),
        }
    }

    /// `text` in `colour`, where there are colours.
    pub(super) fn paint(&self, text: &str, colour: Colour) -> String {
        let code = match colour {
            Colour::Red => "1;31",
            Colour::Green => "32",
            Colour::Cyan => "36",
            Colour::Dim => "2",
        };
        match self.colour {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }

    fn write(&self, text: &str) {
        let mut output = io::stdout().lock();
        // A reader who has gone does not stop the measurement.
        let _ = output
            .write_all(text.as_bytes())
            .and_then(|()| output.flush());
    }
}

/// A duration for a table.
pub(super) fn milliseconds(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}
