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

/// What the body has to be.
#[derive(Clone, Debug)]
pub enum Content {
    /// Anything.
    Any,
    /// What has this MD5 sum (`digest`).
    Digest([u8; 16]),
    /// What the expression is found in, or is not.
    Pattern {
        /// The expression.
        regex: Regex,
        /// It must be there, rather than not.
        wanted: bool,
    },
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
        !matches!(self.content, Content::Any)
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
        match &self.content {
            Content::Any => {}
            Content::Digest(_) => self.sum.update(octets),
            Content::Pattern { .. } => {
                let room = MOST_SEARCHED.saturating_sub(self.text.len());
                self.text
                    .extend_from_slice(&octets[..octets.len().min(room)]);
            }
        }
    }

    /// Judges the body, which is complete.
    pub(super) fn judge_content(&mut self) -> Outcome {
        match &self.content {
            Content::Any => Ok(()),
            Content::Digest(expected) => {
                let sum: [u8; 16] = std::mem::take(&mut self.sum).finalize().into();
                match sum == *expected {
                    true => Ok(()),
                    false => Err(Failure::new(format!(
                        "digest {}, expected {}",
                        hexadecimal(&sum),
                        hexadecimal(expected)
                    ))),
                }
            }
            Content::Pattern { regex, wanted } => match (regex.is_match(&self.text), wanted) {
                (true, true) | (false, false) => Ok(()),
                (false, true) => Err(Failure::new(format!("nothing in it matches {regex}"))),
                (true, false) => Err(Failure::new(format!("something in it matches {regex}"))),
            },
        }
    }
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
