//! The thread that puts addresses on interfaces.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ha_tests::lab::Netns;
use ha_user::net::address::{AddressChange, AddressWorker, Operation, Outcome};
use ha_user::net::link::{Address, Links};

use super::{LEFT, PATIENCE, Pair, VIP, ifindex};

pub(super) fn carry_out(
    worker: &AddressWorker,
    changes: Vec<AddressChange>,
) -> Result<Vec<Outcome>> {
    let (sender, outcomes) = channel();
    worker.submit(changes, move |done| {
        let _ = sender.send(done);
    });
    Ok(outcomes.recv_timeout(PATIENCE)?)
}

/// A worker whose addresses live for ever.
pub(super) fn worker(netns: &Netns) -> Result<AddressWorker> {
    Ok(netns.enter(|| AddressWorker::spawn(Duration::ZERO))??)
}

pub(super) fn addresses(netns: &Netns) -> Result<Vec<(Ipv4Addr, u8)>> {
    let links = netns.enter(Links::read)??;
    let link = links.named("eth0").context("eth0")?;
    let pair = |address: &Address<Ipv4Addr>| (address.address, address.prefix_len);
    Ok(link.addresses.iter().map(pair).collect())
}

#[test]
fn ipv6_addresses_come_and_go_and_serve_at_once() -> Result<()> {
    let pair = Pair::new(1)?;
    let eth0 = ifindex(&pair.left, "eth0")?;
    let worker = worker(&pair.left)?;
    let vip = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x66);
    for (length, expected) in [(64, "global nodad"), (128, "global nodad deprecated")] {
        for _ in 0..2 {
            let add = AddressChange::plain(Operation::Add, eth0, vip, length);
            let outcomes = carry_out(&worker, vec![add])?;
            assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
        }
        let shown = pair.left.ip("-6 address show dev eth0")?;
        let entry = format!("inet6 {vip}/{length} scope {expected}");
        assert!(shown.contains(&entry), "{shown}");
        let links = pair.left.enter(Links::read)??;
        let link = links.named("eth0").context("eth0")?;
        assert!(link.every_address().any(|one| one == (vip.into(), length)));
        for _ in 0..2 {
            let remove = AddressChange::plain(Operation::Remove, eth0, vip, length);
            let outcomes = carry_out(&worker, vec![remove])?;
            assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
        }
        let shown = pair.left.ip("-6 address show dev eth0")?;
        assert!(!shown.contains(&vip.to_string()), "{shown}");
    }
    Ok(())
}

#[test]
fn addresses_come_and_go() -> Result<()> {
    let pair = Pair::new(1)?;
    let eth0 = ifindex(&pair.left, "eth0")?;
    let worker = worker(&pair.left)?;
    let mut add = AddressChange::plain(Operation::Add, eth0, VIP, 32);
    add.label = Some("eth0:vip".into());
    add.broadcast = Some(Ipv4Addr::new(192, 0, 2, 255));
    add.scope = 253;
    for _ in 0..2 {
        let outcomes = carry_out(&worker, vec![add.clone()])?;
        assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
    }
    let shown = pair.left.ip("-4 address show dev eth0")?;
    let expected = "inet 192.0.2.100/32 brd 192.0.2.255 scope link eth0:vip";
    assert!(shown.contains(expected), "{shown}");
    let remove = AddressChange::plain(Operation::Remove, eth0, VIP, 32);
    for _ in 0..2 {
        let outcomes = carry_out(&worker, vec![remove.clone()])?;
        assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
    }
    assert_eq!(addresses(&pair.left)?, [(LEFT, 24)]);
    Ok(())
}

#[test]
fn an_operators_address_with_another_mask_is_left_alone() -> Result<()> {
    let pair = Pair::new(1)?;
    let eth0 = ifindex(&pair.left, "eth0")?;
    pair.left
        .ip(&format!("address add {VIP}/24 dev eth0 label eth0:0"))?;
    let worker = worker(&pair.left)?;
    carry_out(
        &worker,
        vec![AddressChange::plain(Operation::Add, eth0, VIP, 32)],
    )?;
    let both = addresses(&pair.left)?;
    assert!(
        both.contains(&(VIP, 32)) && both.contains(&(VIP, 24)),
        "{both:?}"
    );
    carry_out(
        &worker,
        vec![AddressChange::plain(Operation::Remove, eth0, VIP, 32)],
    )?;
    assert_eq!(addresses(&pair.left)?, [(LEFT, 24), (VIP, 24)]);
    Ok(())
}

#[test]
fn one_failure_in_many_changes_is_told_and_stops_none() -> Result<()> {
    let pair = Pair::new(1)?;
    let eth0 = ifindex(&pair.left, "eth0")?;
    let worker = worker(&pair.left)?;
    let address = |number: u8| Ipv4Addr::new(198, 51, 100, number);
    let mut changes: Vec<_> = (0..200)
        .map(|number| AddressChange::plain(Operation::Add, eth0, address(number), 32))
        .collect();
    changes[77].ifindex = 4711;
    let started = Instant::now();
    let outcomes = carry_out(&worker, changes.clone())?;
    println!("200 addresses in {:?}", started.elapsed());
    for (number, (outcome, change)) in outcomes.iter().zip(&changes).enumerate() {
        assert_eq!(&outcome.change, change);
        assert_eq!(
            outcome.result.is_err(),
            number == 77,
            "{:?}",
            outcome.result
        );
    }
    assert_eq!(addresses(&pair.left)?.len(), 1 + 199);
    Ok(())
}

#[test]
fn the_worker_finishes_what_it_was_asked_before_it_ends() -> Result<()> {
    let pair = Pair::new(1)?;
    let eth0 = ifindex(&pair.left, "eth0")?;
    let worker = worker(&pair.left)?;
    for number in 0..100 {
        let address = Ipv4Addr::new(198, 51, 100, number);
        worker.submit(
            vec![AddressChange::plain(Operation::Add, eth0, address, 32)],
            drop,
        );
    }
    drop(worker);
    assert_eq!(addresses(&pair.left)?.len(), 1 + 100);
    Ok(())
}
