//! What an answer has to be.

use std::fmt;
use std::ops::RangeInclusive;

use md5::{Digest as _, Md5};
use regex::bytes::Regex;

use crate::check::{Failure, Outcome};

/// Most of a page that a regular expression is looked for in, in octets.
const MOST_SEARCHED: usize = 1 << 20;

/// Status codes that are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusCodes(pub Vec<RangeInclusive<u16>>);

impl Default for StatusCodes {
    /// As keepalived has it: any success.
    fn default() -> Self {
        Self(vec![200..=299])
    }
}

impl fmt::Display for StatusCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match (range.start(), range.end()) {
                (start, end) if start == end => write!(f, "{comma}{start}")?,
                (start, end) => write!(f, "{comma}{start}-{end}")?,
            }
        }
        Ok(())
    }
}

/// What the body has to be; by default anything.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// It has this MD5 sum (`digest`).
    pub digest: Option<[u8; 16]>,
    /// It has this in it, or not.
    pub pattern: Option<Pattern>,
}

/// What is looked for in a body.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The expression.
    pub regex: Regex,
    /// It must be there, rather than not.
    pub is_wanted: bool,
    /// Where it may begin: at the first octet or later, and at the second one or earlier.
    pub offsets: (usize, Option<usize>),
}

impl Pattern {
    fn is_in(&self, text: &[u8]) -> bool {
        let (first, last) = self.offsets;
        let found = (first <= text.len())
            .then(|| self.regex.find_at(text, first))
            .flatten();
        found.is_some_and(|found| last.is_none_or(|last| found.start() <= last))
    }

    fn judge(&self, text: &[u8]) -> Outcome {
        let Self {
            regex, is_wanted, ..
        } = self;
        match (self.is_in(text), is_wanted) {
            (true, true) | (false, false) => Ok(()),
            (false, true) => Err(Failure::new(format!("nothing in it matches {regex}"))),
            (true, false) => Err(Failure::new(format!("something in it matches {regex}"))),
        }
    }
}

/// What an answer has to be, and what has come of it so far.
#[derive(Clone, Debug)]
pub struct Expectation {
    codes: StatusCodes,
    content: Content,
    sum: Md5,
    text: Vec<u8>,
}

impl Expectation {
    /// Of an answer of which nothing is known.
    #[must_use]
    pub fn new(codes: StatusCodes, content: Content) -> Self {
        Self {
            codes,
            content,
            sum: Md5::new(),
            text: Vec::new(),
        }
    }

    pub(super) fn asks_for_content(&self) -> bool {
        self.content.digest.is_some() || self.content.pattern.is_some()
    }

    pub(super) fn judge_status(&self, code: u16) -> Outcome {
        match self.codes.0.iter().any(|range| range.contains(&code)) {
            true => Ok(()),
            false => Err(Failure::new(format!(
                "HTTP {code}, expected {}",
                self.codes
            ))),
        }
    }

    /// Takes a part of the body.
    pub(super) fn take(&mut self, octets: &[u8]) {
        if self.content.digest.is_some() {
            self.sum.update(octets);
        }
        if self.content.pattern.is_some() {
            let room = MOST_SEARCHED.saturating_sub(self.text.len());
            let octets = octets.get(..room).unwrap_or(octets);
            self.text.extend_from_slice(octets);
        }
    }

    /// Judges the body, which is complete.
    pub(super) fn judge_content(&mut self) -> Outcome {
        if let Some(expected) = &self.content.digest {
            judge_digest(&std::mem::take(&mut self.sum).finalize().into(), expected)?;
        }
        let pattern = self.content.pattern.as_ref();
        pattern.map_or(Ok(()), |pattern| pattern.judge(&self.text))
    }
}

fn judge_digest(sum: &[u8; 16], expected: &[u8; 16]) -> Outcome {
    match sum == expected {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "digest {}, expected {}",
            hexadecimal(sum),
            hexadecimal(expected)
        ))),
    }
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
