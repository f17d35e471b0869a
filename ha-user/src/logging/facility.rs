//! Which part of the system log lines come from, as syslog has it.

use std::str::FromStr;

/// What `--log-facility` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facility(u8);

impl Facility {
    /// Programs of users.
    pub const USER: Self = Self(1);
    /// Daemons.
    pub const DAEMON: Self = Self(3);
    /// The first of those that are free.
    const LOCAL0: u8 = 16;

    /// As RFC 5424 numbers it.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl FromStr for Facility {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "user" => return Ok(Self::USER),
            "daemon" => return Ok(Self::DAEMON),
            _ => {}
        }
        match text.strip_prefix("local").unwrap_or(text).as_bytes() {
            [digit @ b'0'..=b'7'] => Ok(Self(Self::LOCAL0 + (digit - b'0'))),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_keepalived() {
        let number = |text: &str| text.parse().map(Facility::number);
        assert_eq!(number("3"), Ok(19));
        assert_eq!(number("local5"), Ok(21));
        assert_eq!(number("user"), Ok(1));
        assert_eq!(number("daemon"), Ok(3));
        for wrong in ["8", "local8", "local", "mail", ""] {
            assert_eq!(number(wrong), Err(()), "{wrong}");
        }
    }
}
