//! SCTP (RFC 9260).

/// Octets of the header that is common to all packets.
pub const HEADER_LEN: usize = 12;
