//! The terminal: colours and lines that are rewritten on one, plain lines elsewhere.

use std::io::{self, IsTerminal, Write};

use rustix::termios::tcgetwinsize;

/// How to write to whoever watches.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Lines can be rewritten.
    live: bool,
    colour: bool,
    columns: usize,
}

/// Columns where nothing tells how many there are.
const COLUMNS: usize = 80;

/// A colour of text.
#[derive(Clone, Copy, Debug)]
pub enum Colour {
    /// What must not be.
    Red,
    /// What is well.
    Green,
    /// What stands out.
    Cyan,
    /// What stands back.
    Dim,
}

impl Screen {
    /// By what standard output is, and NO_COLOR.
    #[must_use]
    pub fn detect() -> Self {
        let terminal = io::stdout().is_terminal();
        let dumb = std::env::var_os("TERM").is_some_and(|name| name == "dumb");
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            live: terminal && !dumb,
            colour: terminal && !dumb && !plain,
            columns: tcgetwinsize(io::stdout())
                .ok()
                .map(|size| usize::from(size.ws_col))
                .filter(|columns| *columns > 0)
                .unwrap_or(COLUMNS),
        }
    }

    /// Longest line; a wrapped one could not be rewritten.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Whether lines can be rewritten.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// Writes lines, the first in the place of what [`Self::rewrite`] has left.
    pub fn say(&self, text: &str) {
        let begin = if self.live { "\r\x1b[2K" } else { "" };
        self.write(&format!("{begin}{text}\n"));
    }

    /// Writes a line in the place of the last one, where that is possible.
    pub fn rewrite(&self, line: &str) {
        if self.live {
            self.write(&format!("\r\x1b[2K{line}"));
        }
    }

    /// `text` in `colour`, where there are colours.
    #[must_use]
    pub fn paint(&self, text: &str, colour: Colour) -> String {
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
