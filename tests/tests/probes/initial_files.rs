//! `init_file`: a file that nobody has written yet, and one that somebody has.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use ha_tests::lab::{CONFIG_PATH, Daemon, Host, Signal, Tools, until};
use rustix::process::kill_process;

use crate::scene::{PATIENCE, Scene};

/// Files, as their checks are called: what `init_file` says.
type Files = [(&'static str, &'static str)];

const FILES: &Files = &[("kept", "1"), ("taken", "1 overwrite")];
const MORE: &Files = &[("kept", "1"), ("taken", "1 overwrite"), ("late", "")];

fn config(files: &Files) -> String {
    let blocks: String = files
        .iter()
        .map(|(name, init)| {
            format!(
                "track_file {name} {{
 file /run/files/{name}
 init_file {init}
 weight 0
}}
vrrp_check {name} {{
 weight 1
 FILE_CHECK {{
  track_file {name}
 }}
}}
"
            )
        })
        .collect();
    let names: String = files
        .iter()
        .map(|(name, _)| format!("  {name}\n"))
        .collect();
    format!(
        "{blocks}vrrp_instance VI_1 {{
 interface eth0
 version 3
 virtual_router_id 51
 priority 50
 advert_int 0.1
 virtual_ipaddress {{
  192.0.2.100/24
 }}
 track_check {{
{names} }}
}}
"
    )
}

fn start(director: &Host) -> Result<Daemon> {
    let daemon = Daemon::start(director, &Tools::vipd()?, &config(FILES))?;
    daemon.wait_for("VI_1", "MASTER", PATIENCE)?;
    Ok(daemon)
}

/// Ends the worker, and waits for the next one.
fn replace_worker(daemon: &Daemon) -> Result<()> {
    let worker = || -> Result<_> { Ok(daemon.workers()?.first().copied()) };
    let old = worker()?.context("no worker")?;
    kill_process(old, Signal::KILL)?;
    until("another worker", PATIENCE, || {
        Ok(worker()?.is_some_and(|new| new != old))
    })
}

#[test]
fn a_file_is_given_a_number_once_in_the_life_of_a_daemon() -> Result<()> {
    let scene = Scene::new()?;
    let director = &scene.director;
    let numbers = || director.sh("cd /run/files; echo $(cat *)");
    director.sh("mkdir /run/files")?;
    director.write(CONFIG_PATH, &config(FILES))?;
    let mut test = Command::new(Tools::vipd()?.path());
    let tested = director.output(test.args(["-t", "-f", CONFIG_PATH]))?;
    ensure!(tested.status.success(), "{tested:?}");
    director.sh("rmdir /run/files && mkdir /run/files")?;

    let mut daemon = start(director)?;
    scene.expect(&[("kept", Err("is 1")), ("taken", Err("is 1"))])?;
    director.sh("echo 2 >/run/files/kept; echo 3 >/run/files/taken")?;
    scene.expect(&[("kept", Err("is 2")), ("taken", Err("is 3"))])?;
    // Another worker, and then a reload, which brings a file.
    replace_worker(&daemon)?;
    until("the checks", PATIENCE, || Ok(scene.check("kept").is_ok()))?;
    scene.expect(&[("kept", Err("is 2")), ("taken", Err("is 3"))])?;
    director.write(CONFIG_PATH, &config(MORE))?;
    daemon.signal(Signal::HUP);
    until("the reload", PATIENCE, || Ok(scene.check("late").is_ok()))?;
    scene.expect(&[("late", Ok(()))])?;
    let now = numbers()?;
    ensure!(now.trim() == "2 0 3", "{now}");

    daemon.stop()?;
    let _daemon = start(director)?;
    scene.expect(&[("kept", Err("is 2")), ("taken", Err("is 1"))])
}
