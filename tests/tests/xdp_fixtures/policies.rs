//! What the operator chose, and what becomes of packets when the daemon is gone for long.

use std::time::Duration;

use anyhow::Result;
use ha_common::Reason;
use ha_common::abi::{BackupTraffic, LeasePolicy, Policy};
use ha_tests::xdp::Director;
use ha_tests::xdp::frame::{OWN_MAC, VIRTUAL_IP, arp_frame, ip_frame, question};
use ha_user::net::clock;

use crate::fixture::Fixture;
use crate::fixture::Role::{self, Active, Backup, Lapsed};

const ICMP: u8 = 1;
const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn fixtures() -> impl Iterator<Item = Fixture> {
    leases().into_iter().chain(traffic()).chain(orphans())
}

fn asked() -> Vec<u8> {
    arp_frame(OWN_MAC, &question(VIRTUAL_IP))
}

fn ping() -> Vec<u8> {
    ip_frame(OWN_MAC, VIRTUAL_IP, ICMP, &[8; 64])
}

fn lease(director: &Director, lease: LeasePolicy) {
    director.datapath.gate().set_policy(Policy {
        lease,
        ..Policy::default()
    });
}

fn fence(director: &Director) {
    director.record().fence(clock::now());
}

fn leases() -> Vec<Fixture> {
    use Reason::{ArpAnswered, ArpNotOwned};
    let case = |reason, role, name| Fixture::new(name, reason, role, asked());
    vec![
        case(ArpAnswered, Lapsed, "lease fence: the lease has ended").prepare(|director| {
            lease(director, LeasePolicy::Fence);
            Ok(())
        }),
        case(ArpNotOwned, Active, "lease fence: fenced").prepare(|director| {
            lease(director, LeasePolicy::Fence);
            fence(director);
            Ok(())
        }),
        case(ArpAnswered, Lapsed, "lease off: ended and fenced").prepare(|director| {
            lease(director, LeasePolicy::Off);
            fence(director);
            Ok(())
        }),
        case(ArpNotOwned, Backup, "lease off: a Backup").prepare(|director| {
            lease(director, LeasePolicy::Off);
            Ok(())
        }),
    ]
}

fn traffic() -> Vec<Fixture> {
    let case = |reason, role: Role, name| Fixture::new(name, reason, role, ping());
    vec![
        case(Reason::VipOperator, Lapsed, "backup_traffic pass")
            .prepare(|director| backup_traffic(director, BackupTraffic::Pass)),
        case(Reason::VipNotOwned, Backup, "backup_traffic drop")
            .prepare(|director| backup_traffic(director, BackupTraffic::Drop)),
    ]
}

fn backup_traffic(director: &Director, backup_traffic: BackupTraffic) -> Result<()> {
    director.datapath.gate().set_policy(Policy {
        backup_traffic,
        ..Policy::default()
    });
    Ok(())
}

fn orphans() -> Vec<Fixture> {
    let case = |role: Role, name, frame| Fixture::new(name, Reason::Orphaned, role, frame);
    [
        case(Lapsed, "a question to an orphan", asked()),
        case(Active, "a question to an orphan with a lease", asked()),
        case(Lapsed, "an echo request to an orphan", ping()),
    ]
    .into_iter()
    .map(|fixture| fixture.prepare(orphan))
    .collect()
}

pub(crate) fn orphan(director: &mut Director) -> Result<()> {
    let gate = director.datapath.gate();
    gate.set_orphan_after(SECOND);
    gate.beat(clock::now() - 2 * SECOND);
    Ok(())
}
