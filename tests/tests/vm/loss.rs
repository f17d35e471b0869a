//! Networks that lose packets.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Host, Lan, pause, until};

use crate::scene::{CABLE, INTERVAL, SLACK, Scene, active_down_interval, assert_calm, tails};

/// netem's 4-state model with isolated losses only: 29 % in all, never two in a row. At random
/// three adverts in a row would be lost now and then, and an election may follow that.
const ISOLATED: &str = "loss state 0% 100% 0% 100% 40%";
const RANDOM: &str = "loss random 30%";

/// How many adverts are sent into the loss.
const ADVERTS: u32 = 20;

/// Makes the cable of `host` lose what it carries to it.
fn lose(lan: &Lan, host: &Host, what: &str) -> Result<()> {
    let port = lan.port(host, CABLE).context("no cable")?;
    let netns = lan.netns();
    netns.tc(&format!("qdisc replace dev {port} root netem {what}"))?;
    Ok(())
}

/// Packets that were lost so.
fn lost(lan: &Lan, host: &Host) -> Result<u64> {
    let port = lan.port(host, CABLE).context("no cable")?;
    let said = lan.netns().tc(&format!("-s qdisc show dev {port}"))?;
    // Sent 4680 bytes 78 pkt (dropped 31, overlimits 0 requeues 0)
    let (_, rest) = said.split_once("dropped ").context("no counter")?;
    let (count, _) = rest.split_once(',').context("no counter")?;
    Ok(count.parse()?)
}

#[test]
fn adverts_that_are_lost_singly_change_no_owner() -> Result<()> {
    let scene = Scene::plain(Lan::new()?)?;
    let daemons = scene.start()?;
    let backup = &scene.directors[1];
    let begun = Instant::now();
    lose(&scene.lan, backup, ISOLATED)?;
    pause(ADVERTS * INTERVAL)?;
    let lost = lost(&scene.lan, backup)?;
    ensure!(lost > 0, "nothing was lost");
    assert_calm(&daemons, begun)
}

#[test]
fn two_adverts_lost_in_a_row_change_no_owner_but_four_do() -> Result<()> {
    let scene = Scene::plain(Lan::new()?)?;
    let daemons = scene.start()?;
    let backup = &scene.directors[1];
    let begun = Instant::now();
    lose(&scene.lan, backup, "loss random 100%")?;
    until("two lost adverts", 2 * INTERVAL + SLACK, || {
        Ok(lost(&scene.lan, backup)? >= 2)
    })?;
    lose(&scene.lan, backup, "loss random 0%")?;
    pause(3 * INTERVAL)?;
    assert_calm(&daemons, begun)?;
    lose(&scene.lan, backup, "loss random 100%")?;
    let limit = active_down_interval() + SLACK;
    daemons[1].wait_for_since("VI_1", "MASTER", begun, limit)?;
    Ok(())
}

#[test]
fn a_takeover_reaches_a_client_through_loss() -> Result<()> {
    let scene = Scene::plain(Lan::new()?)?;
    let daemons = scene.start()?;
    scene.ping(56)?;
    for host in scene.directors.iter().chain([&scene.client]) {
        lose(&scene.lan, host, RANDOM)?;
    }
    let begun = Instant::now();
    daemons[0].freeze()?;
    let limit = active_down_interval() + SLACK;
    daemons[1].wait_for_since("VI_1", "MASTER", begun, limit)?;
    // Its kernel asked before the takeover, so that it learns from announcements or by itself.
    scene.ping(56).with_context(|| tails(&daemons))?;
    scene
        .expect_owner(1, SLACK)
        .with_context(|| tails(&daemons))
}
