//! As many virtual routers as an interface can have, as fast as they can be told to speak.

use std::time::Duration;

use anyhow::{Result, ensure};
use ha_tests::bench::scale::{Load, play};
use ha_tests::lab::Tools;

/// How long the pair is watched.
const PERIOD: Duration = Duration::from_secs(4);
/// Wake-ups of the Backup director, per second: some 35 of its advert thread, and a few of others.
/// One for every silence that a stamp has broken would be 7,000, or 570 where those fire together.
const SELDOM: f64 = 200.0;
/// Tries, where the machine stands still in each.
const TRIES: usize = 4;

#[test]
fn of_255_routers_at_10_ms_none_is_taken_over_and_the_backup_sleeps() -> Result<()> {
    let vipd = Tools::vipd()?;
    for _ in 0..TRIES {
        let trial = play(&vipd, Load::Idle, PERIOD)?;
        println!("{trial}");
        ensure!(
            trial.backup.wake_ups < SELDOM,
            "the Backup wakes up: {trial}"
        );
        if trial.takeovers == 0 {
            return Ok(());
        }
        ensure!(trial.is_disturbed(), "a false takeover: {trial}");
    }
    anyhow::bail!("false takeovers, though the machine stood still, in {TRIES} tries")
}
