//! Why bytes are not what they should be.

use core::fmt;

/// One variant for each cause that is worth a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParseError {
    /// Shorter than its fixed part, or than it says itself.
    Truncated,
    /// The length in the packet does not fit its content.
    Length,
    /// A protocol version that is not known.
    Version,
    /// An operation or packet type that is not known.
    Type,
    /// ARP that does not map IPv4 to Ethernet.
    AddressSpace,
    /// The checksum is wrong.
    Checksum,
    /// VRID 0, which no Virtual Router may use.
    Vrid,
}

impl ParseError {
    /// What is wrong, for people.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Truncated => "the packet is cut short",
            Self::Length => "the length does not fit the content",
            Self::Version => "the protocol version is unknown",
            Self::Type => "the packet type is unknown",
            Self::AddressSpace => "not ARP for IPv4 over Ethernet",
            Self::Checksum => "the checksum is wrong",
            Self::Vrid => "the VRID is 0",
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe())
    }
}

impl core::error::Error for ParseError {}
