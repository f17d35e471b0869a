//! `vrrp_startup_delay`: nobody takes over too early, but who was MASTER already goes on.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, Solo};

/// Far longer than a takeover takes with [`CONFIG`].
const DELAY: Duration = Duration::from_secs(3);
/// Longer than any test.
const FOR_EVER: Duration = Duration::from_secs(600);
/// Active_Down_Interval of [`CONFIG`].
const SILENCE: Duration = Duration::from_micros(360_937);
/// What a log line may be late by, and earlier than what it tells of.
const SLACK: Duration = Duration::from_millis(100);

/// [`CONFIG`] with a wait.
fn patient(delay: Duration) -> String {
    let seconds = delay.as_secs();
    format!("global_defs {{\n vrrp_startup_delay {seconds}\n}}\n{CONFIG}")
}

#[test]
fn a_takeover_waits_for_the_delay_and_a_silence_after_it() -> Result<()> {
    let solo = Solo::new()?;
    let begun = Instant::now();
    let daemon = solo.start(&patient(DELAY))?;
    let at = |text| Ok::<_, anyhow::Error>(daemon.log().wait_for(text, begun, PATIENCE)?.at);
    let delayed = at("Delaying startup for 3 seconds")?;
    let backup = at("Entering BACKUP STATE")?;
    ensure!(backup < delayed + DELAY / 2, "BACKUP only after the delay");
    let waited = at("Entering MASTER STATE")? - delayed;
    let least = DELAY + SILENCE - SLACK;
    ensure!(
        (least..least + DELAY).contains(&waited),
        "MASTER after {waited:?}"
    );
    let first = solo.adverts(begun).first().map(|(at, _)| *at);
    ensure!(
        first.is_some_and(|at| at > delayed + least),
        "it spoke earlier"
    );
    Ok(())
}

#[test]
fn a_reload_ends_the_delay_and_begins_none() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.launch(&patient(FOR_EVER), &["-n", "-l", "-D"])?;
    daemon.wait_for(INSTANCE, "BACKUP", PATIENCE)?;
    solo.reload(&daemon, CONFIG)?;
    daemon.wait_for(INSTANCE, "MASTER", PATIENCE)?;
    let other = CONFIG.replace("VI_1", "VI_2").replace("id 51", "id 52");
    solo.reload(&daemon, &(patient(FOR_EVER) + &other))?;
    daemon.wait_for("VI_2", "MASTER", PATIENCE)?;
    Ok(())
}

#[test]
fn who_carries_on_does_not_wait() -> Result<()> {
    let solo = Solo::new()?;
    let slow = patient(FOR_EVER).replace("advert_int 0.1", "advert_int 2");
    let mut daemon = solo.start(&slow.replace("600", "1"))?;
    let killed = Instant::now();
    solo.replace_worker(&daemon)?;
    let again = daemon.log().last_of(&["Delaying"]);
    ensure!(
        again.is_some_and(|(line, _)| line.at < killed),
        "the next worker waits"
    );
    let killed = Instant::now();
    daemon.kill()?;
    let daemon = solo.launch(&slow, &["-n", "-l", "-D"])?;
    let adopted = "carrying on as the process before";
    daemon.log().wait_for(adopted, killed, PATIENCE)?;
    solo.check_no_transition(&daemon, killed)
}
