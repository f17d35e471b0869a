//! Scripts that hang, outlive their time, or stand in the way of a stop.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::{pause, until};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, STOP, Solo, VIP};

fn tracked(script: &str) -> String {
    format!(
        "vrrp_script chk {{\n script \"{script}\"\n interval 1\n timeout 1\n}}\n{}",
        CONFIG.replace("    priority", "    track_script {\n chk\n }\n    priority")
    )
}

fn notified(keyword: &str) -> String {
    CONFIG.replace("    priority", &format!("    {keyword}\n    priority"))
}

#[test]
fn a_script_over_its_timeout_has_failed_and_ends_with_its_children() -> Result<()> {
    let solo = Solo::new()?;
    solo.host.write_script(
        "/usr/local/bin/check",
        "#!/bin/sh\n[ -e /run/hang ] || exit 0\n(trap '' TERM; exec sleep 1001) &\nsleep 1002\n",
    )?;
    let daemon = solo.start(&tracked("/usr/local/bin/check"))?;
    let hung = Instant::now();
    solo.host.sh("touch /run/hang")?;
    daemon.wait_for_since(INSTANCE, "FAULT", hung, PATIENCE)?;
    ensure!(!solo.host.has_address(VIP)?);
    solo.host.sh("rm /run/hang")?;
    daemon.wait_for_since(INSTANCE, "MASTER", hung, PATIENCE)?;
    let left = || Ok(solo.host.processes(&["sleep"])?.is_empty());
    until(
        "the end of the script's children",
        Duration::from_secs(4),
        left,
    )
}

#[test]
fn a_script_that_forks_is_judged_by_itself() -> Result<()> {
    let solo = Solo::new()?;
    solo.host.write_script(
        "/usr/local/bin/check",
        "#!/bin/sh\n[ -e /run/forked ] || { touch /run/forked; sleep 1005 & }\n[ ! -e /run/bad ]\n",
    )?;
    let daemon = solo.start(&tracked("/usr/local/bin/check"))?;
    for (change, state) in [("touch /run/bad", "FAULT"), ("rm /run/bad", "MASTER")] {
        let changed = Instant::now();
        solo.host.sh(change)?;
        daemon.wait_for_since(INSTANCE, state, changed, PATIENCE)?;
    }
    let said = daemon.log().matching("timed out");
    ensure!(said.is_empty(), "{said:?}");
    // What it has left behind is left alone.
    ensure!(solo.host.processes(&["sleep"])?.len() == 1);
    Ok(())
}

#[test]
fn a_verdict_outlives_its_worker() -> Result<()> {
    let solo = Solo::new()?;
    let config = tracked("/bin/true").replace("timeout 1", "rise 3\n init_fail");
    let daemon = solo.start(&config)?;
    let killed = Instant::now();
    solo.replace_worker(&daemon)?;
    // Three runs of the script, after which a fault would be over.
    pause(Duration::from_secs(3))?;
    solo.check_no_transition(&daemon, killed)?;
    ensure!(daemon.state(INSTANCE) == Some("MASTER"));
    Ok(())
}

#[test]
fn a_hanging_check_does_not_outlive_a_stop() -> Result<()> {
    let solo = Solo::new()?;
    solo.host.write_script(
        "/usr/local/bin/check",
        "#!/bin/sh\n[ -e /run/hang ] || exit 0\nsleep 1003\n",
    )?;
    let config = tracked("/usr/local/bin/check").replace("timeout 1", "timeout 600");
    let mut daemon = solo.start(&config)?;
    solo.host.sh("touch /run/hang")?;
    until("a hanging check", PATIENCE, || {
        Ok(!solo.host.processes(&["sleep"])?.is_empty())
    })?;
    solo.host.sh("killall keepalived")?;
    daemon.wait_gone(STOP)?;
    until("the end of the check", STOP, || {
        Ok(solo.host.processes(&["sleep"])?.is_empty())
    })
}

#[test]
fn a_hanging_notify_script_holds_nothing_up() -> Result<()> {
    let solo = Solo::new()?;
    solo.host.write_script(
        "/usr/local/bin/tell",
        "#!/bin/sh\necho \"$@\" >>/run/told\nexec sleep 1004\n",
    )?;
    let mut daemon = solo.start(&notified("notify /usr/local/bin/tell"))?;
    let begun = Instant::now();
    pause(Duration::from_millis(500))?;
    ensure!(solo.longest_silence(begun) < Duration::from_millis(250));
    let told = solo.host.sh("cat /run/told")?;
    ensure!(
        told.lines().any(|line| line == "INSTANCE VI_1 MASTER 100"),
        "{told}"
    );
    let took = daemon.stop()?;
    ensure!(took < STOP, "the stop took {took:?}");
    let told = solo.host.sh("cat /run/told")?;
    ensure!(
        told.lines().last() == Some("INSTANCE VI_1 STOP 100"),
        "{told}"
    );
    Ok(())
}

#[test]
fn a_script_that_is_missing_is_said_and_not_tracked() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(&tracked("/usr/local/bin/missing"))?;
    let said = daemon.log().matching("/usr/local/bin/missing");
    ensure!(!said.is_empty(), "{}", daemon.log().tail(10));
    Ok(())
}
