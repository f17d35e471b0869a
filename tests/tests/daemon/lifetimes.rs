//! Addresses after the end of everything that could take them off.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::{Daemon, pause, until};

use crate::solo::{CONFIG, INSTANCE, Solo, VIP};

const LIFETIME: Duration = Duration::from_secs(4);
/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(3);

/// Strikes a director without a data path, which has kept its address for longer than its lifetime.
fn check_address_goes(strike: impl FnOnce(&mut Daemon) -> Result<()>) -> Result<()> {
    let solo = Solo::new()?;
    let lifetime = LIFETIME.as_secs();
    let config = format!("xdp {{\n mode off\n address_lifetime {lifetime}\n}}\n{CONFIG}");
    let mut daemon = solo.start(&config)?;
    let owned_at = Instant::now();
    while owned_at.elapsed() < 3 * LIFETIME {
        ensure!(solo.host.has_address(VIP)?, "gone while it is owned");
        pause(Duration::from_millis(100))?;
    }
    let said = daemon.log().matching("putting it back");
    ensure!(said.is_empty(), "a refresh is no loss: {said:?}");
    ensure!(daemon.state(INSTANCE) == Some("MASTER"));

    strike(&mut daemon)?;
    let struck_at = Instant::now();
    until("the address to go", LIFETIME + SLACK, || {
        Ok(!solo.host.has_address(VIP)?)
    })?;
    println!("gone after {:?}", struck_at.elapsed());
    Ok(())
}

#[test]
fn the_address_of_a_killed_director_goes_by_itself() -> Result<()> {
    check_address_goes(Daemon::kill)
}

#[test]
fn the_address_of_a_frozen_director_goes_by_itself() -> Result<()> {
    check_address_goes(|daemon| daemon.freeze())
}
