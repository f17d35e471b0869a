//! A greeting by SMTP (RFC 5321): `SMTP_CHECK`.

use bytes::{Bytes, BytesMut};

use super::{Dialogue, Want};
use crate::check::{Failure, Outcome};

/// Longest line of a reply, in octets, that is waited for (RFC 5321 section 4.5.3.1.5 asks for 512).
const LONGEST_LINE: usize = 4096;

/// Greets, and says goodbye.
#[derive(Debug)]
pub struct Greeting {
    hello: Bytes,
    expects: Reply,
    line: BytesMut,
}

/// Which reply comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reply {
    Welcome,
    Hello,
    Goodbye,
}

impl Reply {
    /// The code that it has when all is well.
    const fn code(self) -> &'static [u8] {
        match self {
            Self::Welcome => b"220",
            Self::Hello => b"250",
            Self::Goodbye => b"221",
        }
    }
}

impl Greeting {
    /// By the name of `host`.
    #[must_use]
    pub fn new(host: &str) -> Self {
        Self {
            hello: Bytes::from(format!("HELO {host}\r\n")),
            expects: Reply::Welcome,
            line: BytesMut::new(),
        }
    }

    /// Takes a line. All but the last one of a reply have a hyphen after the code.
    fn take(&mut self, line: &[u8]) -> Option<Want> {
        let expected = self.expects.code();
        if !line.starts_with(expected) {
            let line = String::from_utf8_lossy(line.trim_ascii_end());
            let expected = String::from_utf8_lossy(expected);
            return Some(Want::fail(format!("SMTP \"{line}\", expected {expected}")));
        }
        if line.get(expected.len()) == Some(&b'-') {
            return None;
        }
        let (want, next) = match self.expects {
            Reply::Welcome => (Want::Say(self.hello.clone()), Reply::Hello),
            Reply::Hello => (Want::Say(Bytes::from_static(b"QUIT\r\n")), Reply::Goodbye),
            Reply::Goodbye => (Want::End(Ok(())), Reply::Goodbye),
        };
        self.expects = next;
        Some(want)
    }
}

impl Dialogue for Greeting {
    fn begin(&mut self) -> Want {
        Want::Hear
    }

    /// Whoever speaks before he is spoken to has his further lines looked at later.
    fn hear(&mut self, octets: &[u8]) -> Want {
        self.line.extend_from_slice(octets);
        while let Some(end) = self.line.iter().position(|octet| *octet == b'\n') {
            let line = self.line.split_to(end + 1);
            if let Some(want) = self.take(&line) {
                return want;
            }
        }
        match self.line.len() {
            0..LONGEST_LINE => Want::Hear,
            _ => Want::fail("a line has no end"),
        }
    }

    fn close(&mut self) -> Outcome {
        match self.expects {
            // It has said that it is well; some close without a word more.
            Reply::Goodbye => Ok(()),
            Reply::Welcome | Reply::Hello => Err(Failure::new("closed before it was greeted")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a server that says `lines`, one after each time that it is spoken to.
    fn outcome(lines: &[&str]) -> Outcome {
        let mut greeting = Greeting::new("lb1.example");
        assert_eq!(greeting.begin(), Want::Hear);
        for line in lines {
            for octet in line.as_bytes() {
                match greeting.hear(&[*octet]) {
                    Want::End(outcome) => return outcome,
                    Want::Say(words) => assert!(words.ends_with(b"\r\n")),
                    Want::Hear => {}
                }
            }
        }
        greeting.close()
    }

    #[test]
    fn a_server_that_greets_is_good() {
        let hello = "250-mx.example\r\n250 SIZE 1000\r\n";
        assert_eq!(outcome(&["220 mx ESMTP\r\n", hello, "221 bye\r\n"]), Ok(()));
        assert_eq!(outcome(&["220 mx\r\n", "250 hello\r\n"]), Ok(()));
    }

    #[test]
    fn one_that_does_not_is_told_of() {
        let why = |lines: &[&str]| outcome(lines).expect_err("a failure").to_string();
        assert_eq!(why(&["554 no\r\n"]), "SMTP \"554 no\", expected 220");
        assert_eq!(
            why(&["220 mx\r\n", "421 busy\r\n"]),
            "SMTP \"421 busy\", expected 250"
        );
        assert_eq!(why(&["220 mx\r\n"]), "closed before it was greeted");
        let endless = "2".repeat(LONGEST_LINE);
        assert_eq!(why(&[&endless]), "a line has no end");
    }
}
