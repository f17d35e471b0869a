//! The monitor of interfaces and their addresses.

use std::net::Ipv4Addr;

use anyhow::{Context, Result};
use ha_tests::lab::Netns;
use ha_user::net::address::{AddressChange, Operation};
use ha_user::net::link::{Links, Monitor};

use super::addresses::{carry_out, worker};
use super::{PATIENCE, Pair, VIP, ifindex};

/// Runs `scenario` with a monitor of `netns`.
pub(super) fn monitored(
    netns: &Netns,
    scenario: impl AsyncFn(&mut Monitor) -> Result<()> + Sync,
) -> Result<()> {
    netns.enter(|| -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async { scenario(&mut Monitor::open().await?).await })
    })?
}

async fn next(monitor: &mut Monitor) -> Result<&Links> {
    Ok(tokio::time::timeout(PATIENCE, monitor.changed()).await??)
}

#[test]
fn a_monitor_sees_carrier_and_addresses_change() -> Result<()> {
    let pair = Pair::new(1)?;
    monitored(&pair.left, async |monitor| {
        let eth0 = monitor.links().named("eth0").context("eth0")?.clone();
        assert_eq!(eth0.kind.as_deref(), Some("veth"));
        assert!(eth0.up && eth0.mac.is_some() && eth0.mtu == 1500);
        pair.right.ip("link set eth0 down")?;
        while next(monitor)
            .await?
            .get(eth0.ifindex)
            .is_none_or(|link| link.up)
        {}
        pair.left.ip(&format!("address add {VIP}/24 dev eth0"))?;
        let links = next(monitor).await?;
        let vip = links.get(eth0.ifindex).context("eth0")?.addresses[1];
        assert_eq!((vip.address, vip.secondary), (VIP, true));
        pair.left.ip("link del eth0")?;
        while next(monitor).await?.get(eth0.ifindex).is_some() {}
        Ok(())
    })
}

#[test]
fn a_monitor_that_is_cancelled_misses_no_change() -> Result<()> {
    let pair = Pair::new(1)?;
    monitored(&pair.left, async |monitor| {
        pair.left.ip(&format!("address add {VIP}/24 dev eth0"))?;
        // Long enough to hear of the change, too short to look, as when something else happens.
        for _ in 0..20 {
            tokio::select! {
                biased;
                links = monitor.changed() => return Ok(links.map(drop)?),
                () = tokio::task::yield_now() => {}
            }
        }
        next(monitor).await.map(drop)
    })
}

/// More events than a socket's buffer holds: the monitor must still end up with the truth.
#[test]
fn a_monitor_survives_a_burst_that_overflows_it() -> Result<()> {
    let pair = Pair::new(1)?;
    let eth0 = ifindex(&pair.left, "eth0")?;
    let worker = worker(&pair.left)?;
    monitored(&pair.left, async |monitor| {
        let all = |operation| -> Vec<AddressChange> {
            (0..4000_u32)
                .map(|number| {
                    AddressChange::plain(operation, eth0, Ipv4Addr::from(0x0a00_0000 + number), 32)
                })
                .collect()
        };
        // The monitor does not read meanwhile: it shares this thread.
        carry_out(&worker, all(Operation::Add))?;
        carry_out(&worker, all(Operation::Remove))?;
        carry_out(
            &worker,
            vec![AddressChange::plain(Operation::Add, eth0, VIP, 32)],
        )?;
        let links = next(monitor).await?;
        assert_eq!(links.get(eth0).context("eth0")?.addresses.len(), 2);
        Ok(())
    })
}
