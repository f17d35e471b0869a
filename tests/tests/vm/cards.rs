//! The network interfaces of virtual machines.

use std::process::Command;

use anyhow::{Result, ensure};
use ha_tests::lab::{Daemon, Host, Tools, until};

use crate::scene::{SLACK, VIP, mode};

const CONFIG: &str = "\
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    version 3
    virtual_router_id 51
    priority 200
    advert_int 1
    virtual_ipaddress {
        192.0.2.100/24
    }
}
";

/// Gives `host` an interface of the machine itself, as `eth0`. It comes back when the host ends.
fn hand_over(interface: &str, host: &Host, address: &str) -> Result<()> {
    let netns = host.netns().path();
    let mut ip = Command::new("ip");
    ip.args(["link", "set", interface, "name", "eth0", "netns"])
        .arg(netns);
    let status = ip.status()?;
    ensure!(status.success(), "ip: {status}");
    host.netns()
        .ip(&format!("address add {address}/24 dev eth0"))?;
    host.netns().ip("link set eth0 up")?;
    Ok(())
}

#[test]
fn native_xdp_answers_on_virtio() -> Result<()> {
    let (director, client) = (Host::new("lb1")?, Host::new("client")?);
    hand_over("eth0", &director, "192.0.2.1")?;
    hand_over("eth1", &client, "192.0.2.50")?;
    let daemon = Daemon::start(&director, &Tools::vipd()?, CONFIG)?;
    daemon.wait_for("VI_1", "MASTER", 2 * SLACK)?;
    assert_eq!(mode(&director, "eth0")?, "native");
    let mut ping = Command::new("ping");
    ping.args(["-c1", "-W2"]).arg(VIP.to_string());
    until("an echo", SLACK, || {
        Ok(client.output(&mut ping)?.status.success())
    })
}
