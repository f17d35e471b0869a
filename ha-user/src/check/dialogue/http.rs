//! One page by HTTP/1.0 or 1.1 (RFC 9112): `HTTP_GET` and `SSL_GET`.

mod body;
mod expectation;

pub use expectation::{Content, Expectation, Pattern, StatusCodes};

use bytes::{Bytes, BytesMut};

use self::body::{Body, Progress};
use super::{Dialogue, Want};
use crate::check::{Failure, Outcome};

/// Longest head of an answer, in octets, that is waited for.
const LONGEST_HEAD: usize = 16 << 10;
/// Header lines that an answer may have.
const MOST_HEADERS: usize = 96;

/// A request, and what to think of the answer.
#[derive(Clone, Debug)]
pub struct Page {
    request: Bytes,
    expectation: Expectation,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// Up to the empty line.
    Head(BytesMut),
    Body(Body),
}

impl Page {
    /// Asks `request`, which is complete, and judges by `expectation`.
    #[must_use]
    pub fn new(request: Bytes, expectation: Expectation) -> Self {
        Self {
            request,
            expectation,
            state: State::Head(BytesMut::new()),
        }
    }

    /// Reads the head once it is complete. With nothing to ask of the body, the status is all.
    fn read_head(&mut self, octets: &[u8]) -> Want {
        let State::Head(head) = &mut self.state else {
            return Want::Hear;
        };
        head.extend_from_slice(octets);
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut answer = httparse::Response::new(&mut headers);
        let length = match answer.parse(head) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if head.len() < LONGEST_HEAD => return Want::Hear,
            Ok(httparse::Status::Partial) => return Want::fail("its head has no end"),
            Err(error) => return Want::fail(format!("no HTTP: {error}")),
        };
        let code = answer.code.unwrap_or_default();
        // "100 Continue" and the like come before the answer.
        if (100..200).contains(&code) && code != 101 {
            let rest = head.split_off(length);
            *head = BytesMut::new();
            return self.read_head(&rest);
        }
        if let Err(failure) = self.expectation.judge_status(code) {
            return Want::End(Err(failure));
        }
        if !self.expectation.asks_for_content() {
            return Want::End(Ok(()));
        }
        let body = match Body::announced_by(answer.headers, code) {
            Ok(body) => body,
            Err(failure) => return Want::End(Err(failure)),
        };
        let rest = head.split_off(length);
        self.state = State::Body(body);
        self.read_body(&rest)
    }

    fn read_body(&mut self, octets: &[u8]) -> Want {
        let State::Body(body) = &mut self.state else {
            return Want::Hear;
        };
        match body.read(octets, &mut self.expectation) {
            Ok(Progress::More) => Want::Hear,
            Ok(Progress::Complete) => Want::End(self.expectation.judge_content()),
            Err(failure) => Want::End(Err(failure)),
        }
    }
}

impl Dialogue for Page {
    fn begin(&mut self) -> Want {
        Want::Say(self.request.clone())
    }

    fn hear(&mut self, octets: &[u8]) -> Want {
        match &self.state {
            State::Head(_) => self.read_head(octets),
            State::Body(_) => self.read_body(octets),
        }
    }

    fn close(&mut self) -> Outcome {
        match &self.state {
            State::Head(head) if head.is_empty() => Err(Failure::new("closed without an answer")),
            State::Head(_) => Err(Failure::new("closed in the middle of its head")),
            State::Body(body) if body.may_end() => self.expectation.judge_content(),
            State::Body(_) => Err(Failure::new("closed in the middle of its body")),
        }
    }
}

#[cfg(test)]
mod tests;
