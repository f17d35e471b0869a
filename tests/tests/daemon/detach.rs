//! `vipctl detach`, beside a living daemon and behind a dead one.

use std::process::{Command, Output};

use anyhow::{Result, ensure};
use ha_tests::lab::Tools;

use crate::solo::{CONFIG, Solo};

const VRRP_PID: &str = "/run/keepalived_vrrp.pid";

fn detach(solo: &Solo, arguments: &[&str]) -> Result<Output> {
    let mut vipctl = Command::new(Tools::vipctl()?);
    solo.host.output(vipctl.arg("detach").args(arguments))
}

fn said(output: &Output) -> String {
    let octets = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&octets).into_owned()
}

/// What is left on the interface: XDP programs and filters.
fn programs(solo: &Solo) -> Result<String> {
    let netns = solo.host.netns();
    let link = netns.ip("link show eth0")?;
    let xdp = if link.contains("xdp") { "XDP " } else { "" };
    let egress = netns.tc("filter show dev eth0 egress")?;
    Ok(format!("{xdp}{egress}"))
}

#[test]
fn detaching_is_for_the_dead() -> Result<()> {
    let solo = Solo::new()?;
    let mut daemon = solo.start(&format!("xdp {{\n mode native\n}}\n{CONFIG}"))?;
    let worker = solo.pid_in(VRRP_PID)?;
    let refused = detach(&solo, &["eth0"])?;
    ensure!(!refused.status.success(), "beside a living daemon");
    ensure!(said(&refused).contains(&worker.to_string()), "{refused:?}");
    ensure!(programs(&solo)?.contains("XDP"), "and it took it off");

    daemon.kill()?;
    ensure!(programs(&solo)?.contains("vipd_out"), "it outlives all");
    let detached = detach(&solo, &[])?;
    let told = said(&detached);
    ensure!(detached.status.success(), "{told}");
    for part in ["eth0", "XDP", "tc egress"] {
        ensure!(told.contains(part), "{told}");
    }
    ensure!(programs(&solo)?.is_empty(), "{}", programs(&solo)?);
    let nothing = said(&detach(&solo, &["eth0"])?);
    ensure!(nothing.contains("nothing"), "{nothing}");
    Ok(())
}
