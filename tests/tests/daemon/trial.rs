//! What a reload would change, and configurations on trial.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::{self, Daemon, Signal, pause, until};

use crate::solo::{CONFIG, PATIENCE, Solo};

/// What `vipctl` says, on standard output or else on standard error.
fn vipctl(solo: &Solo, arguments: &[&str]) -> Result<(bool, String)> {
    let output = lab::vipctl(&solo.host, arguments)?;
    let said = match output.status.success() {
        true => output.stdout,
        false => output.stderr,
    };
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    Ok((output.status.success(), said))
}

fn priority(solo: &Solo) -> Result<u8> {
    Ok(solo.status()?.instances[0].priority)
}

fn transitions(daemon: &Daemon) -> usize {
    daemon.log().matching("Entering").len()
}

#[test]
fn a_difference_is_shown_and_nothing_is_changed() -> Result<()> {
    let solo = Solo::new()?;
    let _daemon = solo.start(CONFIG)?;
    let (_, said) = vipctl(&solo, &["diff"])?;
    ensure!(said == "a reload would change nothing", "{said}");
    solo.configure(&CONFIG.replace("priority 100", "priority 90"))?;
    let (_, said) = vipctl(&solo, &["diff"])?;
    let expected = "vrrp_instance VI_1\n  priority: 100 -> 90\n\nno instance would leave or begin";
    ensure!(said == expected, "{said}");
    ensure!(priority(&solo)? == 100);
    solo.configure(&CONFIG.replace("virtual_router_id 51", "virtual_router_id 52"))?;
    let (_, said) = vipctl(&solo, &["diff"])?;
    ensure!(said.contains("would leave: VI_1\n"), "{said}");
    ensure!(said.ends_with("would begin: VI_1"), "{said}");
    solo.configure(&CONFIG.replace("192.0.2.100/24", "192.0.2.300"))?;
    let (taken, said) = vipctl(&solo, &["diff"])?;
    ensure!(!taken && said.contains("keepalived.conf:9:"), "{said}");
    ensure!(said.contains("a reload would refuse the file"), "{said}");
    Ok(())
}

#[test]
fn what_nobody_confirms_is_undone() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(CONFIG)?;
    let before = transitions(&daemon);
    solo.configure(&CONFIG.replace("priority 100", "priority 90"))?;
    let begun = Instant::now();
    let (taken, said) = vipctl(&solo, &["reload", "--confirm", "2"])?;
    ensure!(taken && said.contains("in 2 s"), "{said}");
    ensure!(priority(&solo)? == 90);
    until("the priority before", PATIENCE, || {
        Ok(priority(&solo)? == 100)
    })?;
    let length = begun.elapsed();
    ensure!(length >= Duration::from_secs(2), "undone after {length:?}");
    let said = daemon.log().wait_for("not confirmed", begun, PATIENCE)?;
    ensure!(
        said.text.contains("/etc/keepalived/keepalived.conf"),
        "{}",
        said.text
    );
    let (taken, said) = vipctl(&solo, &["confirm"])?;
    ensure!(
        !taken && said.contains("no configuration is on trial"),
        "{said}"
    );
    ensure!(transitions(&daemon) == before, "a transition");
    Ok(())
}

#[test]
fn what_is_confirmed_or_followed_by_another_reload_stays() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(CONFIG)?;
    let trial = |priority: &str| -> Result<()> {
        solo.configure(&CONFIG.replace("priority 100", priority))?;
        let (taken, said) = vipctl(&solo, &["reload", "--confirm", "1"])?;
        ensure!(taken, "{said}");
        Ok(())
    };
    trial("priority 90")?;
    let (taken, said) = vipctl(&solo, &["confirm"])?;
    ensure!(taken && said == "confirmed", "{said}");
    pause(Duration::from_millis(1500))?;
    ensure!(priority(&solo)? == 90);
    trial("priority 80")?;
    let told = Instant::now();
    daemon.signal(Signal::HUP);
    daemon.log().wait_for("Reloading", told, PATIENCE)?;
    pause(Duration::from_millis(1500))?;
    ensure!(priority(&solo)? == 80);
    // Two in a row go back to what was confirmed.
    trial("priority 70")?;
    trial("priority 60")?;
    until("the priority before", PATIENCE, || {
        Ok(priority(&solo)? == 80)
    })?;
    ensure!(daemon.log().matching("not confirmed").len() == 1);
    Ok(())
}
