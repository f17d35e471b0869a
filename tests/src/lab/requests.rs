//! What became of a client's requests.

use std::io;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Header by which a server of the lab tells its name.
pub const DIRECTOR_HEADER: &str = "X-Director";

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// When its connection was begun.
    pub sent_at: Instant,
    /// When it was answered or given up.
    pub ended_at: Instant,
    /// What became of it.
    pub outcome: Result<Reply, Loss>,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Value of [`DIRECTOR_HEADER`]; empty without it.
    pub director: String,
    /// The page itself.
    pub body: String,
}

/// Why there was no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing came in time.
    Timeout,
    /// Connection refused, reset, or an answer that is not one of HTTP's status 200.
    Failed(io::ErrorKind),
}

impl Reply {
    /// Reads an HTTP answer of status 200.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] for anything else.
    pub(super) fn parse(bytes: &[u8]) -> io::Result<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text
            .split_once("\r\n\r\n")
            .ok_or(io::ErrorKind::InvalidData)?;
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        if status != Some("200") {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut headers = lines.filter_map(|line| line.split_once(": "));
        let director = headers.find(|(name, _)| name.eq_ignore_ascii_case(DIRECTOR_HEADER));
        Ok(Self {
            director: director
                .map(|(_, value)| value.to_owned())
                .unwrap_or_default(),
            body: body.to_owned(),
        })
    }
}

/// Requests in the order in which they ended.
#[derive(Clone, Debug, Default)]
pub struct Requests(Vec<Request>);

impl Requests {
    pub(super) fn push(&mut self, request: Request) {
        self.0.push(request);
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Request] {
        &self.0
    }

    /// Requests that ended in `period`.
    #[must_use]
    pub fn during(&self, period: Range<Instant>) -> &[Request] {
        let begin = self
            .0
            .partition_point(|request| request.ended_at < period.start);
        let end = self
            .0
            .partition_point(|request| request.ended_at < period.end);
        self.0.get(begin..end).unwrap_or_default()
    }

    /// Requests that ended in `period` without a page.
    #[must_use]
    pub fn lost(&self, period: Range<Instant>) -> usize {
        let requests = self.during(period).iter();
        requests.filter(|request| request.outcome.is_err()).count()
    }

    /// The longest time without a page that touches `period`, as seen by the client: from the
    /// last page before to the first one after. `None` if there was no page after `period`'s
    /// start, or no page before its longest silence.
    #[must_use]
    pub fn gap(&self, period: Range<Instant>) -> Option<Range<Instant>> {
        let pages = self.0.iter().filter(|request| request.outcome.is_ok());
        let times: Vec<_> = pages.map(|request| request.ended_at).collect();
        let pairs = times.windows(2).filter_map(|pair| match pair {
            [before, after] => Some(*before..*after),
            _ => None,
        });
        pairs
            .filter(|gap| gap.end >= period.start && gap.start < period.end)
            .max_by_key(|gap| gap.end - gap.start)
    }

    /// The last page that came before `instant`.
    #[must_use]
    pub fn last_page_before(&self, instant: Instant) -> Option<&Request> {
        let end = self.0.partition_point(|request| request.ended_at < instant);
        self.0
            .get(..end)?
            .iter()
            .rev()
            .find(|request| request.outcome.is_ok())
    }

    /// How long before `instant` the last page came.
    #[must_use]
    pub fn silence_at(&self, instant: Instant) -> Option<Duration> {
        let last = self.last_page_before(instant)?;
        Some(instant - last.ended_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(ended: &[(u64, bool)], start: Instant) -> Requests {
        let requests = ended.iter().map(|(ms, answered)| Request {
            sent_at: start,
            ended_at: start + Duration::from_millis(*ms),
            outcome: match answered {
                true => Reply::parse(b"HTTP/1.1 200 OK\r\nx-director: lb1\r\n\r\npage\n")
                    .map_err(|error| Loss::Failed(error.kind())),
                false => Err(Loss::Timeout),
            },
        });
        Requests(requests.collect())
    }

    #[test]
    fn the_gap_is_between_pages_and_after_the_fault() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let log = [
            (1, true),
            (50, true),
            (60, true),
            (70, false),
            (90, true),
            (95, true),
        ];
        let requests = requests(&log, start);
        assert_eq!(requests.gap(at(61)..at(99)), Some(at(60)..at(90)));
        assert_eq!(requests.gap(at(0)..at(99)), Some(at(1)..at(50)));
        assert_eq!(
            requests.gap(at(96)..at(99)),
            None,
            "the client never came back"
        );
        assert_eq!(requests.lost(at(61)..at(99)), 1);
        assert_eq!(requests.silence_at(at(80)), Some(Duration::from_millis(20)));
    }

    #[test]
    fn only_status_200_is_a_page() {
        let reply = Reply::parse(b"HTTP/1.1 200 OK\r\nX-Director: lb2\r\n\r\npage\n").unwrap();
        assert_eq!(
            (reply.director.as_str(), reply.body.as_str()),
            ("lb2", "page\n")
        );
        assert!(Reply::parse(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").is_err());
        assert!(Reply::parse(b"").is_err());
    }
}
