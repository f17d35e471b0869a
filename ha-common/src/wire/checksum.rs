//! The Internet checksum (RFC 1071).

use super::ipv6;

/// Whether a checksum covers the addresses of the IP header.
///
/// VRRPv2 leaves the pseudo-header out. For VRRPv3 over IPv4 implementations differ: RFC 5798 was
/// read as including it, RFC 9568 section 5.2.8 leaves it out. So every caller says which. Over IPv6
/// it is always included (RFC 8200 section 8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PseudoHeader {
    /// Addresses, protocol 112 and length are summed, too.
    Included {
        /// Source of the IPv4 header.
        source: [u8; 4],
        /// Destination of the IPv4 header.
        destination: [u8; 4],
    },
    /// The same of an IPv6 header.
    Ipv6 {
        /// Source of the IPv6 header.
        source: [u8; 16],
        /// Destination of the IPv6 header.
        destination: [u8; 16],
    },
    /// The message only.
    Omitted,
}

/// A one's complement sum that is still open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum(u64);

impl Sum {
    /// Sum of the pseudo-header for a message of `protocol` with `len` octets.
    #[inline(always)]
    #[must_use]
    pub fn pseudo(header: PseudoHeader, protocol: u8, len: u16) -> Self {
        match header {
            PseudoHeader::Omitted => Self(0),
            PseudoHeader::Included {
                source,
                destination,
            } => Self(u64::from(protocol) + u64::from(len))
                .word(source)
                .word(destination),
            PseudoHeader::Ipv6 {
                source,
                destination,
            } => Self::ipv6_pseudo(source, destination, protocol, len),
        }
    }

    /// [`Self::pseudo`] of an IPv6 header, for who knows that it is one.
    #[inline(always)]
    #[must_use]
    pub fn ipv6_pseudo(source: [u8; 16], destination: [u8; 16], protocol: u8, len: u16) -> Self {
        let [(a, b), (c, d)] = [ipv6::halves(source), ipv6::halves(destination)];
        let open = Self(u64::from(protocol) + u64::from(len));
        open.half(a).half(b).half(c).half(d)
    }

    /// Adds half of an IPv6 address.
    #[inline(always)]
    const fn half(self, half: u64) -> Self {
        Self(self.0 + (half >> 32) + (half & 0xffff_ffff))
    }

    /// Adds four octets that start at an even offset.
    #[inline(always)]
    #[must_use]
    pub const fn word(self, octets: [u8; 4]) -> Self {
        Self(self.0 + u32::from_be_bytes(octets) as u64)
    }

    /// Adds octets that start at an even offset; an odd last one is padded with zero.
    #[inline(always)]
    #[must_use]
    pub fn octets(self, octets: &[u8]) -> Self {
        let (words, rest) = octets.as_chunks::<4>();
        let sum = words.iter().fold(self, |sum, word| sum.word(*word));
        let mut last = [0; 4];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        sum.word(last)
    }

    /// The checksum that closes the sum: what goes into the packet when its field was summed as
    /// zero, and zero when a packet with a right checksum was summed.
    #[inline(always)]
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "folded to 16 bits by the steps above it"
    )]
    pub const fn finish(self) -> u16 {
        let mut sum = self.0;
        sum = (sum & 0xffff_ffff) + (sum >> 32);
        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        !(sum as u16)
    }
}
