//! What a director that does not accept lets through, by either make: what a client gets from its
//! addresses.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Daemon, Host, Lan, Responder, until};
use ha_tests::pair::{Make, SOON};

use crate::at_once;

const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
const EXCLUDED: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 110);
const PORT: u16 = 80;
/// Far more than a handshake takes, and less than the kernel waits before it tries again.
const HANDSHAKE: Duration = Duration::from_millis(500);

/// Lines of the instance, and whether its addresses then answer.
const CASES: [(&str, bool); 9] = [
    ("", true),
    ("no_accept", false),
    ("accept\nno_accept", false),
    ("no_accept\naccept", true),
    ("strict_mode", false),
    ("strict_mode\naccept", false),
    ("strict_mode\naccept\nversion 3", true),
    ("no_accept\npriority 255", true),
    ("strict_mode\npriority 255", true),
];

fn config(lines: &str) -> String {
    format!(
        "vrrp_instance VI_1 {{\nstate BACKUP\ninterface eth0\nvirtual_router_id 51\n{lines}\n\
         virtual_ipaddress {{\n{VIP}/24\n}}\n\
         virtual_ipaddress_excluded {{\n{EXCLUDED}/24\n}}\n}}\n"
    )
}

#[test]
fn who_does_not_accept_is_as_deaf_as_keepalived() -> Result<()> {
    at_once([Make::Keepalived, Make::Vipd], |make| {
        CASES.into_iter().try_for_each(|(lines, accepts)| {
            answers(make, lines, accepts).with_context(|| format!("{make}: {lines:?}"))
        })
    })
}

fn answers(make: Make, lines: &str, accepts: bool) -> Result<()> {
    let mut lan = Lan::new()?;
    let (director, client) = (Host::new("lb1")?, Host::new("client")?);
    lan.attach(&director, "eth0", "192.0.2.1/24")?;
    lan.attach(&client, "eth0", "192.0.2.50/24")?;
    let _page = Responder::start(&director, PORT)?;
    let daemon = Daemon::start(&director, &make.software()?, &config(lines))?;
    daemon.wait_for("VI_1", "MASTER", SOON)?;
    until("the addresses", SOON, || {
        Ok(director.has_address(VIP)? && director.has_address(EXCLUDED)?)
    })?;
    for address in [VIP, EXCLUDED] {
        let server = SocketAddr::from((address, PORT));
        let connect = || TcpStream::connect_timeout(&server, HANDSHAKE).is_ok();
        let connects = client.netns().enter(connect)?;
        ensure!(connects == accepts, "{address}: connects {connects}");
        let known = client.netns().ip(&format!("neighbour show {address}"))?;
        ensure!(known.contains("lladdr"), "{address}: who has it? {known}");
    }
    Ok(())
}
