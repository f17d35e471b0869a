//! The engine's read-only window on the data path's records.

use ha_common::Nanos;
use ha_common::abi::{LeasePolicy, Ownership};

use super::RouterId;

/// What the data path, or its stand-in in the daemon's memory, records of one router.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// End of the lease.
    pub owned_until: Nanos,
    /// Start of the present ownership.
    pub owned_since: Nanos,
    /// When our last advert left, or a moment before.
    pub last_sent: Nanos,
    /// Last time an advert ended our ownership.
    pub fenced_at: Nanos,
    /// Last advert that counts as a sign of life.
    pub last_advert: Nanos,
    /// Tag of the source address of that; 0.0.0.0 before the first.
    pub last_speaker: [u8; 4],
    /// Last valid advert of too low a priority.
    pub last_lower: Nanos,
    /// Last time that the sender of `last_advert` said farewell, or spoke with too low a priority.
    pub last_resignation: Nanos,
    /// What ends an ownership.
    pub lease: LeasePolicy,
}

impl Record {
    /// Whether we own the addresses at `now`.
    #[must_use]
    pub fn owned(&self, now: Nanos) -> bool {
        self.ownership().holds(now, self.lease)
    }

    /// Whether who gave the last sign of life has since said farewell, or fallen below us.
    #[must_use]
    pub fn is_resigned(&self) -> bool {
        self.last_resignation >= self.last_advert
    }

    /// What this record says of ownership.
    #[must_use]
    pub const fn ownership(&self) -> Ownership {
        Ownership {
            until: self.owned_until,
            since: self.owned_since,
            fenced_at: self.fenced_at,
        }
    }
}

/// Reads records. The one seam where tests put a simulated data path.
pub trait View {
    /// Record of `router`, as of now.
    fn record(&self, router: RouterId) -> Record;
}
