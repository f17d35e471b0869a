//! Addresses that another instance gets, or nobody has any more: the data path and the kernel follow.

use std::fs::File;
use std::net::Ipv4Addr;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Asker, Daemon, Host, Mac, pause, until};

use crate::solo::{INSTANCE, PATIENCE, Solo};

/// The address that moves.
const MOVED: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 101);
/// What the kernel says of changes is in there.
const CHANGES: &str = "/run/changes";
/// An answer takes far less.
const SOON: Duration = Duration::from_millis(500);

/// A director, and somebody who asks for the address that moves.
struct Scene {
    solo: Solo,
    daemon: Daemon,
    asker: Asker,
    own: Mac,
    _client: Host,
}

impl Scene {
    fn new(config: &str) -> Result<Self> {
        let mut solo = Solo::new()?;
        let client = Host::new("client")?;
        let address = Ipv4Addr::new(192, 0, 2, 9);
        let mac = solo.lan.attach(&client, "eth0", "192.0.2.9/24")?;
        let asker = Asker::new(client.netns(), mac, address, MOVED)?;
        let own = solo.lan.mac(&solo.host, "eth0").context("no director")?;
        let daemon = solo.start(config)?;
        until("the address", PATIENCE, || solo.host.has_address(MOVED))?;
        Ok(Self {
            solo,
            daemon,
            asker,
            own,
            _client: client,
        })
    }

    /// How often the data path has answered.
    fn answers(&self) -> Result<u64> {
        let packets = self.solo.status()?.packets;
        let answered = packets.iter().find(|one| one.name == "arp_answered");
        Ok(answered.map_or(0, |counter| counter.value))
    }

    /// The data path answers for the address.
    fn check_answered(&mut self) -> Result<()> {
        let before = self.answers()?;
        let answer = self.asker.answer_within(SOON)?;
        ensure!(answer == Some(self.own), "answered by {answer:?}");
        let after = self.answers()?;
        ensure!(after > before, "the kernel answers, and nobody judges");
        Ok(())
    }

    /// Nobody has the address.
    fn check_unanswered(&mut self) -> Result<()> {
        let answer = self.asker.answer_within(SOON)?;
        ensure!(answer.is_none(), "answered by {answer:?}");
        Ok(())
    }

    /// Writes down what becomes of addresses while `work` is done, and for a while after.
    fn changes(&self, work: impl FnOnce(&Self) -> Result<()>) -> Result<String> {
        let host = &self.solo.host;
        let changes = || host.sh(&format!("cat {CHANGES}"));
        let mut monitor = Command::new("ip");
        monitor.args(["-o", "-4", "monitor", "address"]);
        let mut monitor = host.spawn(monitor.stdout(File::create(host.outside(CHANGES))?))?;
        let seen = until("a change that is seen", PATIENCE, || {
            host.netns().ip("address replace 198.51.100.1/32 dev lo")?;
            Ok(changes()?.contains("198.51.100.1"))
        });
        let done = seen.and_then(|()| work(self));
        pause(SOON)?;
        monitor.kill()?;
        monitor.wait()?;
        done?;
        changes()
    }
}

/// Two instances with an address of their own, and one that either may have.
fn config(first: &[Ipv4Addr], second: &[Ipv4Addr]) -> String {
    let instance = |name: &str, vrid: u8, own: u8, more: &[Ipv4Addr]| {
        let more: String = more.iter().map(|one| format!("{one}/24\n")).collect();
        format!(
            "vrrp_instance {name} {{\ninterface eth0\nversion 3\nvirtual_router_id {vrid}\n\
             advert_int 0.1\nvirtual_ipaddress {{\n192.0.2.{own}/24\n{more}}}\n}}\n"
        )
    };
    let instances = [
        instance(INSTANCE, 51, 100, first),
        instance("VI_2", 52, 102, second),
    ];
    instances.concat()
}

#[test]
fn an_address_moves_to_another_instance_without_a_gap() -> Result<()> {
    let (first, second) = (config(&[MOVED], &[]), config(&[], &[MOVED]));
    let mut scene = Scene::new(&second)?;
    scene.check_answered()?;
    for (config, new) in [(&first, 0), (&second, 1)] {
        scene.solo.reload(&scene.daemon, config)?;
        until("its new instance", PATIENCE, || {
            let instances = scene.solo.status()?.instances;
            let of = |index: usize| instances[index].addresses.join(" ");
            let moved = MOVED.to_string();
            Ok(of(new).contains(&moved) && !of(1 - new).contains(&moved))
        })?;
        pause(SOON)?;
        ensure!(scene.solo.host.has_address(MOVED)?, "the kernel lost it");
        scene.check_answered()?;
    }
    Ok(())
}

#[test]
fn the_kernel_keeps_an_address_that_moves_to_an_instance_that_has_its_others() -> Result<()> {
    let scene = Scene::new(&config(&[], &[MOVED]))?;
    let moved = config(&[MOVED], &[]);
    let changes = scene.changes(|scene| scene.solo.reload(&scene.daemon, &moved))?;
    ensure!(!changes.contains("Deleted"), "{changes}");
    ensure!(scene.solo.host.has_address(MOVED)?);
    Ok(())
}

#[test]
fn an_address_that_two_instances_have_stays_with_the_other_one() -> Result<()> {
    let mut scene = Scene::new(&config(&[MOVED], &[MOVED]))?;
    for config in [config(&[MOVED], &[]), config(&[], &[MOVED])] {
        scene.solo.reload(&scene.daemon, &config)?;
        pause(SOON)?;
        scene.check_answered()?;
    }
    Ok(())
}

#[test]
fn an_address_that_a_restart_takes_away_is_gone() -> Result<()> {
    let mut scene = Scene::new(&config(&[MOVED], &[]))?;
    scene.check_answered()?;
    scene.solo.restart(&config(&[], &[]))?;
    until("the end of the address", PATIENCE, || {
        Ok(!scene.solo.host.has_address(MOVED)?)
    })?;
    scene.check_unanswered()
}
