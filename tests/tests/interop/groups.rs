//! Adverts to a group that the operator chose: who hears whom.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{CONFIG_PATH, Daemon, Host, Lan, Signal, pause};
use ha_tests::pair::{Make, SOON};

use crate::{ROLES, at_once};

/// Beyond the Active_Down_Interval of the lower router.
const SILENCE: Duration = Duration::from_millis(600);

/// With the group of all instances, or with that of one.
fn config(group: &str, priority: u8) -> String {
    let (everybodys, own) = match group.split_once(' ') {
        Some(("vrrp_mcast_group4", _)) => (group, ""),
        _ => ("", group),
    };
    format!(
        "global_defs {{\n{everybodys}\n}}\nvrrp_instance VI_1 {{\nstate BACKUP\ninterface eth0\n\
         virtual_router_id 51\nversion 3\nadvert_int 0.1\npriority {priority}\n{own}\n\
         virtual_ipaddress {{\n192.0.2.100/24\n}}\n}}\n"
    )
}

#[test]
fn routers_of_one_group_hear_each_other_and_no_others() -> Result<()> {
    at_once(ROLES, |makes| {
        tell(makes).with_context(|| format!("{} against {}", makes[0], makes[1]))
    })
}

fn tell(makes: [Make; 2]) -> Result<()> {
    let mut lan = Lan::new()?;
    let hosts = [Host::new("lb1")?, Host::new("lb2")?];
    for (host, address) in hosts.iter().zip(["192.0.2.1/24", "192.0.2.2/24"]) {
        lan.attach(host, "eth0", address)?;
    }
    let start = |index: usize, lines: &str, priority| {
        let config = makes[index].configuration(&config(lines, priority));
        Daemon::start(&hosts[index], &makes[index].software()?, &config)
    };
    let higher = start(0, "mcast_dst_ip 224.0.0.99", 150)?;
    higher.wait_for("VI_1", "MASTER", SOON)?;
    let lower = start(1, "vrrp_mcast_group4 224.0.0.99", 100)?;
    lower.wait_for("VI_1", "BACKUP", SOON)?;
    pause(SILENCE)?;
    let state = lower.state("VI_1");
    ensure!(state == Some("BACKUP"), "it hears nobody: {state:?}");

    let apart = makes[1].configuration(&config("mcast_dst_ip 224.0.0.98", 100));
    hosts[1].write(CONFIG_PATH, &apart)?;
    lower.signal(Signal::HUP);
    lower.wait_for("VI_1", "MASTER", SOON)?;
    pause(SILENCE)?;
    let states = [&higher, &lower].map(|daemon| daemon.state("VI_1"));
    ensure!(states == [Some("MASTER"); 2], "apart: {states:?}");
    Ok(())
}
