//! Where the body of an answer ends (RFC 9112 section 6.3).

use super::expectation::Expectation;
use crate::check::Failure;

/// Longest line that tells the size of a chunk, in octets.
const LONGEST_SIZE_LINE: usize = 256;

/// How far a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    More,
    Complete,
}

/// A body that is being read.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// So many octets are still to come.
    Counted(u64),
    /// In chunks (RFC 9112 section 7.1).
    Chunked(Chunk),
    /// Until the server closes.
    Open,
}

/// Where in a chunk.
#[derive(Clone, Debug)]
pub(super) enum Chunk {
    /// In the line with its size.
    Size(Vec<u8>),
    /// So many octets are still to come.
    Data(u64),
    /// In the line break after it.
    Break(u8),
    /// In the lines after the last one; so many octets of the present line.
    Trailer(usize),
}

impl Body {
    /// The body of an answer with these `headers` and this status.
    pub(super) fn announced_by(
        headers: &[httparse::Header<'_>],
        code: u16,
    ) -> Result<Self, Failure> {
        if code == 204 || code == 304 {
            return Ok(Self::Counted(0));
        }
        let all = |name: &'static str| {
            let named = headers
                .iter()
                .filter(move |one| one.name.eq_ignore_ascii_case(name));
            named.map(|one| one.value)
        };
        let is_chunked = |value: &[u8]| {
            let last = value
                .rsplit(|octet| *octet == b',')
                .next()
                .unwrap_or_default();
            last.trim_ascii().eq_ignore_ascii_case(b"chunked")
        };
        if let Some(coding) = all("Transfer-Encoding").next_back() {
            return Ok(match is_chunked(coding) {
                true => Self::Chunked(Chunk::Size(Vec::new())),
                false => Self::Open,
            });
        }
        let mut lengths = all("Content-Length");
        let Some(length) = lengths.next() else {
            return Ok(Self::Open);
        };
        if lengths.any(|other| other != length) {
            return Err(Failure::new("it tells two lengths"));
        }
        let text = std::str::from_utf8(length.trim_ascii());
        let length = text.ok().and_then(|text| text.parse().ok());
        let length = length.ok_or_else(|| Failure::new("it tells no length that is a number"))?;
        Ok(Self::Counted(length))
    }

    /// Whether it is complete when the server closes.
    pub(super) fn may_end(&self) -> bool {
        matches!(self, Self::Open | Self::Counted(0))
    }

    /// Hands the body's part of `octets` to `expectation`.
    pub(super) fn read(
        &mut self,
        octets: &[u8],
        expectation: &mut Expectation,
    ) -> Result<Progress, Failure> {
        match self {
            Self::Open => {
                expectation.take(octets);
                Ok(Progress::More)
            }
            Self::Counted(left) => {
                expectation.take(&octets[..shorter(octets, *left)]);
                *left = left.saturating_sub(octets.len() as u64);
                Ok(match *left {
                    0 => Progress::Complete,
                    _ => Progress::More,
                })
            }
            Self::Chunked(chunk) => chunk.read(octets, expectation),
        }
    }
}

impl Chunk {
    fn read(
        &mut self,
        mut octets: &[u8],
        expectation: &mut Expectation,
    ) -> Result<Progress, Failure> {
        while let Some((first, rest)) = octets.split_first() {
            match self {
                Self::Data(left) => {
                    let (data, after) = octets.split_at(shorter(octets, *left));
                    expectation.take(data);
                    *left -= data.len() as u64;
                    if *left == 0 {
                        *self = Self::Break(0);
                    }
                    octets = after;
                    continue;
                }
                Self::Size(line) if *first == b'\n' => *self = Self::sized_by(line)?,
                Self::Size(line) if line.len() < LONGEST_SIZE_LINE => line.push(*first),
                Self::Size(_) => return Err(Failure::new("the size of a chunk has no end")),
                Self::Break(0) if *first == b'\r' => *self = Self::Break(1),
                Self::Break(_) if *first == b'\n' => *self = Self::Size(Vec::new()),
                Self::Break(_) => return Err(Failure::new("a chunk is longer than it tells")),
                Self::Trailer(0) if *first == b'\n' => return Ok(Progress::Complete),
                Self::Trailer(length) if *first == b'\n' => *length = 0,
                Self::Trailer(_) if *first == b'\r' => {}
                Self::Trailer(length) => *length += 1,
            }
            octets = rest;
        }
        Ok(Progress::More)
    }

    /// What follows the line with a size; extensions are passed over.
    fn sized_by(line: &[u8]) -> Result<Self, Failure> {
        let size = line
            .split(|octet| *octet == b';')
            .next()
            .unwrap_or_default();
        let text = std::str::from_utf8(size.trim_ascii()).unwrap_or_default();
        match u64::from_str_radix(text, 16) {
            Ok(0) => Ok(Self::Trailer(0)),
            Ok(size) => Ok(Self::Data(size)),
            Err(_) => Err(Failure::new("a chunk without a size")),
        }
    }
}

/// Length of the first `most` of `octets`.
fn shorter(octets: &[u8], most: u64) -> usize {
    usize::try_from(most).map_or(octets.len(), |most| octets.len().min(most))
}
