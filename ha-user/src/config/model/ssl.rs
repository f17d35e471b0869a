//! How probes by TLS show who they are, and whom they believe.

use std::fmt;

/// `SSL`, in DER: only what fits together.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Ssl {
    /// `certificate`: our own, and those between it and its authority. None if nothing is shown.
    pub certificates: Vec<Vec<u8>>,
    /// `key`: of the first of `certificates`.
    pub key: Vec<u8>,
    /// `ca`: who vouches for servers. None if nobody is asked.
    pub authorities: Vec<Vec<u8>>,
}

/// Without the key.
impl fmt::Debug for Ssl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = (self.certificates.len(), self.authorities.len());
        write!(
            f,
            "Ssl {{ certificates: {}, authorities: {} }}",
            counts.0, counts.1
        )
    }
}
