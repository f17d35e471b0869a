//! What the data path is told of the daemon as a whole.

use ha_common::abi::{self, Gate, LeasePolicy, Policy};

use crate::config::model::{BackupTraffic, LeaseMode, Xdp};

/// Lifetimes of an address after which a daemon that does not beat is taken for dead: by then the
/// addresses that it put on have gone by themselves.
const LIFETIMES: u32 = 2;

/// Has the data path obey what the operator chose.
pub(super) fn apply(gate: &Gate, xdp: &Xdp) {
    gate.set_policy(Policy {
        lease: lease(xdp.lease),
        backup_traffic: backup_traffic(xdp.backup_traffic),
    });
    gate.set_absorb_above(xdp.absorb_above.into());
    gate.set_orphan_after(xdp.address_lifetime.saturating_mul(LIFETIMES));
}

const fn lease(mode: LeaseMode) -> LeasePolicy {
    match mode {
        LeaseMode::Strict => LeasePolicy::Strict,
        LeaseMode::Fence => LeasePolicy::Fence,
        LeaseMode::Off => LeasePolicy::Off,
    }
}

const fn backup_traffic(traffic: BackupTraffic) -> abi::BackupTraffic {
    match traffic {
        BackupTraffic::Auto => abi::BackupTraffic::Auto,
        BackupTraffic::Pass => abi::BackupTraffic::Pass,
        BackupTraffic::Drop => abi::BackupTraffic::Drop,
    }
}
