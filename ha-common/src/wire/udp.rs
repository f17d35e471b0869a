//! UDP (RFC 768).

/// Octets of the header.
pub const HEADER_LEN: usize = 8;
