//! Instances that are MASTER together or not at all.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::{CONFIG_PATH, Daemon, Host, Lan, Signal, Tools, pause, status, until};

use crate::solo::PATIENCE;

const INSTANCES: [&str; 2] = ["VI_1", "VI_2"];
const NOTES: &str = "/run/notes";
const NOTE: &str = "/usr/local/bin/note";

/// Two directors, each with an instance on eth0 and one on eth1 in a group.
struct Scene {
    directors: [Host; 2],
    daemons: Vec<Daemon>,
    _lan: Lan,
}

impl Scene {
    /// The first director is better everywhere, and MASTER.
    fn new() -> Result<Self> {
        let scene = Self::with([[150; 2], [100; 2]])?;
        scene.wait_for(["MASTER"; 2], ["BACKUP"; 2])?;
        Ok(scene)
    }

    fn with(priorities: [[u8; 2]; 2]) -> Result<Self> {
        let mut lan = Lan::new()?;
        let directors = [Host::new("lb1")?, Host::new("lb2")?];
        for (host, last) in directors.iter().zip(1..) {
            lan.attach(host, "eth0", &format!("192.0.2.{last}/24"))?;
            lan.attach(host, "eth1", &format!("198.51.100.{last}/24"))?;
            Tools::vipd()?.install(host)?;
            host.write_script(NOTE, &format!("#!/bin/sh\necho \"$@\" >>{NOTES}\n"))?;
        }
        let mut scene = Self {
            directors,
            daemons: Vec::new(),
            _lan: lan,
        };
        for (host, priorities) in scene.directors.iter().zip(priorities) {
            host.write(CONFIG_PATH, &config(priorities))?;
            let mut vipd = Command::new("keepalived");
            let daemon = Daemon::launch(host, vipd.args(["-n", "-l", "-D"]))?;
            daemon.wait_for(INSTANCES[1], "BACKUP", PATIENCE)?;
            scene.daemons.push(daemon);
        }
        Ok(scene)
    }

    fn states(&self, director: usize) -> Result<Vec<String>> {
        let status = status(&self.directors[director])?;
        Ok(status.instances.into_iter().map(|one| one.state).collect())
    }

    /// Waits until the instances of each director are in these states.
    fn wait_for(&self, lb1: [&str; 2], lb2: [&str; 2]) -> Result<()> {
        until(&format!("{lb1:?} and {lb2:?}"), PATIENCE, || {
            Ok(self.states(0)? == lb1 && self.states(1)? == lb2)
        })
    }

    /// What the group's script was told on a director.
    fn notes(&self, director: usize) -> Result<Vec<String>> {
        let notes = self.directors[director].sh(&format!("cat {NOTES} 2>/dev/null || true"))?;
        Ok(notes.lines().map(str::to_owned).collect())
    }

    fn wait_for_notes(&self, director: usize, wanted: &[&str]) -> Result<()> {
        until(&format!("the notes {wanted:?}"), PATIENCE, || {
            Ok(self.notes(director)? == wanted)
        })
    }
}

fn config(priorities: [u8; 2]) -> String {
    let instance = |number: usize| {
        let (name, interface) = (INSTANCES[number], number);
        let (vrid, priority) = (51 + number, priorities[number]);
        let network = ["192.0.2", "198.51.100"][number];
        format!(
            "vrrp_instance {name} {{\n interface eth{interface}\n version 3\n \
             virtual_router_id {vrid}\n priority {priority}\n advert_int 0.1\n \
             virtual_ipaddress {{\n {network}.100/24\n }}\n}}\n"
        )
    };
    let group = format!("vrrp_sync_group G {{\n group {{\n VI_1\n VI_2\n }}\n notify {NOTE}\n}}\n");
    format!("{group}{}{}", instance(0), instance(1))
}

/// The instances of `priorities`, without a group.
fn ungrouped(priorities: [u8; 2]) -> String {
    let config = config(priorities);
    let first = config.find("vrrp_instance").unwrap_or(0);
    config[first..].to_owned()
}

#[test]
fn a_fault_of_one_moves_all_of_them() -> Result<()> {
    let scene = Scene::new()?;
    scene.wait_for_notes(0, &["GROUP G BACKUP 0", "GROUP G MASTER 0"])?;
    scene.directors[0].netns().ip("link set eth1 down")?;
    scene.wait_for(["FAULT"; 2], ["MASTER"; 2])?;
    let status = status(&scene.directors[0])?;
    let fault = status.instances[0].fault.clone().unwrap_or_default();
    ensure!(fault.contains("VI_2") && fault.contains('G'), "{fault}");
    scene.wait_for_notes(
        0,
        &["GROUP G BACKUP 0", "GROUP G MASTER 0", "GROUP G FAULT 0"],
    )?;
    scene.wait_for_notes(1, &["GROUP G BACKUP 0", "GROUP G MASTER 0"])?;
    scene.directors[0].netns().ip("link set eth1 up")?;
    scene.wait_for(["MASTER"; 2], ["BACKUP"; 2])
}

#[test]
fn one_alone_takes_nothing_over_though_it_is_better() -> Result<()> {
    let scene = Scene::new()?;
    let reloaded = Instant::now();
    scene.directors[1].write(CONFIG_PATH, &config([100, 200]))?;
    scene.daemons[1].signal(Signal::HUP);
    pause(Duration::from_secs(1))?;
    for daemon in &scene.daemons {
        let entered = daemon.log().matching("Entering");
        let entered = entered.iter().find(|line| line.at >= reloaded);
        ensure!(entered.is_none(), "a transition: {entered:?}");
    }
    scene.directors[1].write(CONFIG_PATH, &config([200, 200]))?;
    scene.daemons[1].signal(Signal::HUP);
    scene.wait_for(["BACKUP"; 2], ["MASTER"; 2])
}

#[test]
fn a_worker_that_dies_leaves_the_group_as_it_is() -> Result<()> {
    let scene = Scene::new()?;
    let killed = Instant::now();
    let host = &scene.directors[0];
    let worker = host.sh("cat /run/keepalived_vrrp.pid")?;
    host.sh(&format!("kill -KILL {}", worker.trim()))?;
    let adopted = "carrying on as the process before";
    scene.daemons[0].log().wait_for(adopted, killed, PATIENCE)?;
    pause(Duration::from_secs(1))?;
    scene.wait_for(["MASTER"; 2], ["BACKUP"; 2])?;
    for daemon in &scene.daemons {
        let entered = daemon.log().matching("Entering");
        let entered = entered.iter().find(|line| line.at >= killed);
        ensure!(entered.is_none(), "a transition: {entered:?}");
    }
    Ok(())
}

#[test]
fn directors_that_each_have_the_better_half_are_one_master_and_one_backup() -> Result<()> {
    let scene = Scene::with([[150, 100], [100, 150]])?;
    let settled = |states: [Vec<String>; 2]| {
        let all_are = |states: &[String], wanted| states.iter().all(|state| state == wanted);
        let [one, other] = states;
        all_are(&one, "MASTER") && all_are(&other, "BACKUP")
            || all_are(&one, "BACKUP") && all_are(&other, "MASTER")
    };
    until("one MASTER", PATIENCE, || {
        Ok(settled([scene.states(0)?, scene.states(1)?]))
    })?;
    let since = Instant::now();
    pause(Duration::from_secs(1))?;
    for daemon in &scene.daemons {
        let entered = daemon.log().matching("Entering");
        let entered = entered.iter().find(|line| line.at >= since);
        ensure!(entered.is_none(), "a transition: {entered:?}");
    }
    Ok(())
}

#[test]
fn a_group_that_comes_and_goes_by_a_reload_costs_nothing() -> Result<()> {
    let scene = Scene::new()?;
    let reloaded = Instant::now();
    for config in [ungrouped([150; 2]), config([150; 2])] {
        scene.directors[0].write(CONFIG_PATH, &config)?;
        scene.daemons[0].signal(Signal::HUP);
        pause(Duration::from_millis(500))?;
        ensure!(scene.states(0)? == ["MASTER"; 2]);
    }
    for daemon in &scene.daemons {
        let entered = daemon.log().matching("Entering");
        let entered = entered.iter().find(|line| line.at >= reloaded);
        ensure!(entered.is_none(), "a transition: {entered:?}");
    }
    Ok(())
}
