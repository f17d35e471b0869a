//! Intervals of RFC 9568 section 6.1 and of the lease.
