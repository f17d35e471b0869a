//! Link-layer addresses.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result, ensure};

/// An Ethernet address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Where broadcasts go.
    pub const BROADCAST: Self = Self([0xff; 6]);

    /// Locally administered address number `number` of a lab.
    #[must_use]
    pub const fn of_lab(number: u8) -> Self {
        Self([0x02, 0, 0, 0, 0, number])
    }

    /// The address at the beginning of `bytes`, if there are six.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.get(..6)?.try_into().ok()?))
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl FromStr for Mac {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut octets = [0; 6];
        let mut words = text.split(':');
        for octet in &mut octets {
            let word = words.next().with_context(|| format!("{text} is no MAC"))?;
            *octet = u8::from_str_radix(word, 16)?;
        }
        ensure!(words.next().is_none(), "{text} is longer than a MAC");
        Ok(Self(octets))
    }
}
