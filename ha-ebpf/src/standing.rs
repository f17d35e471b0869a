//! Whether this host owns an address at the moment that a packet is judged.

use ha_common::Nanos;
use ha_common::abi::{BackupTraffic, Gate, flag};

use crate::maps::{self, Router};

/// How this host stands towards an address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Owned,
    NotOwned,
    /// Nobody answers for what the record says: everything passes.
    Orphaned,
}

impl Router {
    /// How this host stands now. Reads the clock, which is dear: packets that are none of ours
    /// must have gone their way before.
    #[inline(always)]
    pub(crate) fn standing(&self, gate: &Gate) -> Standing {
        self.standing_at(gate, maps::now())
    }

    #[inline(always)]
    pub(crate) fn standing_at(&self, gate: &Gate, now: Nanos) -> Standing {
        if gate.is_orphaned(now) {
            Standing::Orphaned
        } else if self.record.owned(now, gate.policy().lease) {
            Standing::Owned
        } else {
            Standing::NotOwned
        }
    }

    /// Whether what comes for the router's addresses is for this host while it owns them.
    #[inline(always)]
    pub(crate) fn accepts(&self) -> bool {
        self.record.election().flags & flag::NO_ACCEPT == 0
    }

    /// Whether IP from the router's addresses is dropped while this host does not own them.
    #[inline(always)]
    pub(crate) fn is_mute(&self, gate: &Gate, now: Nanos) -> bool {
        match gate.policy().backup_traffic {
            BackupTraffic::Auto => self.record.lingers(now),
            BackupTraffic::Pass => false,
            BackupTraffic::Drop => true,
        }
    }

    /// Whether IP to the router's addresses is dropped while this host does not own them.
    #[inline(always)]
    pub(crate) fn is_closed(&self, gate: &Gate) -> bool {
        match gate.policy().backup_traffic {
            BackupTraffic::Auto => self.record.installed(),
            BackupTraffic::Pass => false,
            BackupTraffic::Drop => true,
        }
    }
}
