//! MISC_CHECK with `misc_dynamic`: a command says what its server counts for.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use ha_tests::lab::{CONFIG_PATH, Daemon, Host, Signal, Tools, status, until};
use ha_user::control::protocol::Service;

use crate::scene::{PATIENCE, Scene};

const LOOK: &str = "/usr/local/bin/look";

/// A server that weighs 5, behind a command.
fn config(quorum: u32) -> String {
    format!(
        "virtual_server 192.0.2.100 80 {{
    protocol TCP
    delay_loop 0.05
    quorum {quorum}
    real_server 192.0.2.10 80 {{
        weight 5
        MISC_CHECK {{
            misc_path {LOOK}
            misc_timeout 5
            misc_dynamic
            warmup 0
        }}
    }}
}}
vrrp_instance VI_1 {{
    interface eth0
    version 3
    virtual_router_id 51
    advert_int 0.1
    virtual_ipaddress {{
        192.0.2.100/24
    }}
}}
"
    )
}

/// Has the command end with `code` from now on. At once, so that no run sees half of it.
fn answer(director: &Host, code: u8) -> Result<()> {
    director
        .sh(&format!("echo {code} >/run/next && mv /run/next /run/code"))
        .map(drop)
}

fn service(director: &Host) -> Result<Service> {
    let services = status(director)?.services;
    services.into_iter().next().context("there is no service")
}

/// Waits until the service is open, or not, and its server used, or not, with this weight.
fn expect(director: &Host, open: bool, used: bool, weight: u32) -> Result<()> {
    let is_there = || {
        let service = service(director)?;
        let server = service.servers.first().context("no server")?;
        Ok(service.open == open && server.used == used && server.weight == weight)
    };
    let told = until("the weight", PATIENCE, is_there);
    told.with_context(|| format!("expected {open} {used} {weight}: {:?}", service(director)))
}

/// A director with the service, whose command ends with `code` to begin with.
fn start(scene: &Scene, quorum: u32, code: u8) -> Result<Daemon> {
    let director = &scene.director;
    director.write_script(LOOK, "#!/bin/sh\nexit \"$(cat /run/code)\"\n")?;
    answer(director, code)?;
    let daemon = Daemon::start(director, &Tools::vipd()?, &config(quorum))?;
    daemon.wait_for("VI_1", "MASTER", PATIENCE)?;
    Ok(daemon)
}

/// What `vipctl services` prints of the server.
fn printed(director: &Host) -> Result<String> {
    let output = director.output(Command::new(Tools::vipctl()?).arg("services"))?;
    let text = String::from_utf8(output.stdout)?;
    let mut lines = text.lines().map(str::trim);
    let line = lines.find(|line| line.starts_with("server 192.0.2.10:80 "));
    let line = line.with_context(|| format!("no server in {text:?}"))?;
    Ok(line.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn a_command_says_what_its_server_counts_for() -> Result<()> {
    let scene = Scene::new()?;
    let director = &scene.director;
    let daemon = start(&scene, 5, 0)?;
    expect(director, true, true, 5)?;
    for (code, open, used, weight) in [
        (6, false, true, 4),
        (255, true, true, 253),
        (2, false, true, 0),
        (7, true, true, 5),
        (12, true, true, 10),
        // A failure says nothing of the weight.
        (1, false, false, 10),
        (0, true, true, 5),
        (12, true, true, 10),
    ] {
        answer(director, code)?;
        expect(director, open, used, weight).with_context(|| format!("exit code {code}"))?;
        let state = if used { "used" } else { "OUT" };
        let expected = format!("server 192.0.2.10:80 {state} weight {weight}");
        let printed = printed(director)?;
        ensure!(printed == expected, "{printed:?} after {code}");
    }
    let said = "Changing weight from 5 to 4 for active service 192.0.2.10:80 of VS";
    ensure!(!daemon.log().matching(said).is_empty(), "{said}");
    Ok(())
}

#[test]
fn a_reload_keeps_what_a_command_has_said() -> Result<()> {
    let scene = Scene::new()?;
    let director = &scene.director;
    let daemon = start(&scene, 5, 6)?;
    expect(director, false, true, 4)?;
    // Another service, with the same probe: its server is enough for 4, not for 5.
    for (quorum, open) in [(4, true), (5, false)] {
        director.write(CONFIG_PATH, &config(quorum))?;
        daemon.signal(Signal::HUP);
        expect(director, open, true, 4).with_context(|| format!("quorum {quorum}"))?;
    }
    let said = daemon.log().matching("Changing weight");
    ensure!(said.len() == 1, "{said:?}");
    Ok(())
}
