//! The engine's read-only window on the data path's records.

use ha_common::Nanos;

use super::RouterId;

/// What the data path, or its stand-in in the daemon's memory, records of one router.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// End of the lease.
    pub owned_until: Nanos,
    /// Start of the present ownership.
    pub owned_since: Nanos,
    /// Last time an advert ended our ownership.
    pub fenced_at: Nanos,
    /// Last advert that counts as a sign of life.
    pub last_advert: Nanos,
    /// Last valid advert of too low a priority.
    pub last_lower: Nanos,
}

impl Record {
    /// Whether the lease holds at `now` and nothing has fenced it since the takeover.
    #[must_use]
    pub fn owned(&self, now: Nanos) -> bool {
        now < self.owned_until && self.fenced_at < self.owned_since
    }
}

/// Reads records. The one seam where tests put a simulated data path.
pub trait View {
    /// Record of `router`, as of now.
    fn record(&self, router: RouterId) -> Record;
}
