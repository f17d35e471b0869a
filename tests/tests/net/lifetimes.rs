//! Addresses that go by themselves unless they are held.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use anyhow::Result;
use ha_tests::lab::until;
use ha_user::net::Held;
use ha_user::net::address::{AddressChange, AddressWorker, Operation};

use super::addresses::addresses;
use super::links::monitored;
use super::{LEFT, PATIENCE, Pair, VIP, ifindex, link_local};

const LIFETIME: Duration = Duration::from_secs(5);
/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(3);
/// The operator has put it there.
const OPERATORS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 101);
/// A daemon that was killed has left it.
const PREDECESSORS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 102);

#[test]
fn what_is_held_stays_and_the_rest_goes_within_a_lifetime() -> Result<()> {
    let pair = Pair::new(1)?;
    let eth0 = ifindex(&pair.left, "eth0")?;
    pair.left
        .ip(&format!("address add {OPERATORS}/32 dev eth0"))?;
    pair.left.ip(&format!(
        "address add {PREDECESSORS}/32 dev eth0 valid_lft 9 preferred_lft 9"
    ))?;
    // It comes some time after the interface, and is a change.
    link_local(&pair.left, "eth0")?;
    let worker = pair.left.enter(|| AddressWorker::spawn(LIFETIME))??;
    let held = Arc::new(AtomicBool::new(true));
    hold(&worker, eth0, &held)?;
    let mut all = [LEFT, OPERATORS, PREDECESSORS, VIP];
    let mut seen: Vec<_> = addresses(&pair.left)?.into_iter().map(|it| it.0).collect();
    all.sort();
    seen.sort();
    assert_eq!(seen, all);
    monitored(&pair.left, async |monitor| {
        let change = tokio::time::timeout(3 * LIFETIME, monitor.changed()).await;
        assert!(change.is_err(), "a refresh is no change: {change:?}");
        Ok(())
    })?;

    held.store(false, Ordering::SeqCst);
    let started = Instant::now();
    until("what is not held to go", LIFETIME + SLACK, || {
        Ok(addresses(&pair.left)? == [(LEFT, 24), (OPERATORS, 32)])
    })?;
    println!("gone after {:?}", started.elapsed());
    Ok(())
}

/// Asks for all three.
fn hold(worker: &AddressWorker, ifindex: u32, held: &Arc<AtomicBool>) -> Result<()> {
    let asked = Arc::clone(held);
    let held: Held = Arc::new(move || asked.load(Ordering::SeqCst));
    let changes = [VIP, OPERATORS, PREDECESSORS]
        .map(|address| AddressChange::plain(Operation::Add, ifindex, address, 32))
        .into();
    let (sender, done) = channel();
    worker.hold(changes, held, move |outcomes| {
        let _ = sender.send(outcomes);
    });
    let outcomes = done.recv_timeout(PATIENCE)?;
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
    Ok(())
}

/// An address that is taken off is not put back by its refresh.
#[test]
fn a_removed_address_stays_away() -> Result<()> {
    let pair = Pair::new(1)?;
    let eth0 = ifindex(&pair.left, "eth0")?;
    let worker = pair.left.enter(|| AddressWorker::spawn(LIFETIME))??;
    hold(&worker, eth0, &Arc::new(AtomicBool::new(true)))?;
    let remove = AddressChange::plain(Operation::Remove, eth0, VIP, 32);
    let (sender, done) = channel();
    worker.submit(vec![remove], move |_| {
        let _ = sender.send(());
    });
    done.recv_timeout(PATIENCE)?;
    std::thread::sleep(LIFETIME);
    let left: Vec<_> = addresses(&pair.left)?.into_iter().map(|it| it.0).collect();
    assert!(
        !left.contains(&VIP) && left.contains(&OPERATORS),
        "{left:?}"
    );
    Ok(())
}
