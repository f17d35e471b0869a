//! `no_accept` and strict mode: who has the address, and answers nothing but ARP.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Daemon, Host, Responder, until};

use crate::solo::{CONFIG, PATIENCE, Solo, VIP};

/// Another address of the instance, which its adverts do not list.
const EXCLUDED: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 101);
/// The director's own.
const OWN: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const PORT: u16 = 80;
/// Far more than a handshake takes on a busy machine.
const HANDSHAKE: Duration = Duration::from_millis(500);
/// Two and a half intervals of [`CONFIG`]: the lease is longer.
const SHORT: Duration = Duration::from_millis(250);

struct Stage {
    solo: Solo,
    client: Host,
    _page: Responder,
}

impl Stage {
    fn new() -> Result<Self> {
        let mut solo = Solo::new()?;
        let client = Host::new("client")?;
        solo.lan.attach(&client, "eth0", "192.0.2.50/24")?;
        let page = Responder::start(&solo.host, PORT)?;
        Ok(Self {
            solo,
            client,
            _page: page,
        })
    }

    /// Whether `address` answers an echo request, and takes a connection.
    fn answers(&self, address: Ipv4Addr) -> Result<(bool, bool)> {
        let ping = format!("ping -c 1 -W 0.5 {address} >/dev/null && echo yes || echo no");
        let pinged = self.client.sh(&ping)?.trim() == "yes";
        let server = SocketAddr::from((address, PORT));
        let connect = || TcpStream::connect_timeout(&server, HANDSHAKE).is_ok();
        Ok((pinged, self.client.netns().enter(connect)?))
    }

    /// Whether the client, who knows of nobody, learns who has `address`.
    fn is_told_by_arp(&self, address: Ipv4Addr) -> Result<bool> {
        let client = self.client.netns();
        client.ip("neighbour flush dev eth0")?;
        self.answers(address)?;
        let known = client.ip(&format!("neighbour show {address} dev eth0"))?;
        Ok(known.contains("lladdr"))
    }

    /// Both addresses answer, or neither; who has them is told in any case, and the director's own
    /// address answers.
    fn check(&self, accepts: bool) -> Result<()> {
        for address in [VIP, EXCLUDED] {
            let answers = self.answers(address)?;
            ensure!(answers == (accepts, accepts), "{address}: {answers:?}");
            ensure!(self.is_told_by_arp(address)?, "{address}: no ARP");
        }
        let own = self.answers(OWN)?;
        ensure!(own == (true, true), "its own address: {own:?}");
        Ok(())
    }

    fn dropped(&self) -> Result<u64> {
        let packets = self.solo.status()?.packets;
        let counter = packets
            .into_iter()
            .find(|one| one.name == "vip_not_accepted");
        Ok(counter.context("a counter")?.value)
    }

    /// Reloads with `lines`, and waits until it answers, or does not, by them.
    fn reload(&self, daemon: &Daemon, lines: &str, accepts: bool) -> Result<()> {
        self.solo.reload(daemon, &config(lines))?;
        until("what the new configuration says", PATIENCE, || {
            Ok(self.answers(VIP)?.0 == accepts)
        })?;
        self.check(accepts).with_context(|| lines.to_owned())
    }
}

fn config(lines: &str) -> String {
    let excluded = format!("virtual_ipaddress_excluded {{\n{EXCLUDED}/24\n}}\n");
    CONFIG.replace(
        "    virtual_ipaddress",
        &format!("{lines}\n{excluded}    virtual_ipaddress"),
    )
}

#[test]
fn a_reload_closes_and_opens_the_addresses_and_touches_nothing_else() -> Result<()> {
    let stage = Stage::new()?;
    let daemon = stage.solo.start(&config(""))?;
    stage.check(true)?;
    ensure!(stage.dropped()? == 0);
    let begun = Instant::now();
    stage.reload(&daemon, "no_accept", false)?;
    let dropped = stage.dropped()?;
    ensure!(dropped >= 4, "two pings and two connections: {dropped}");
    stage.reload(&daemon, "accept", true)?;
    stage.reload(&daemon, "strict_mode", false)?;
    stage.reload(&daemon, "strict_mode\naccept", true)?;
    stage.reload(&daemon, "accept\nno_accept", false)?;
    stage.reload(&daemon, "", true)?;
    stage.solo.check_no_transition(&daemon, begun)?;
    let silence = stage.solo.longest_silence(begun);
    ensure!(silence < SHORT, "silent for {silence:?}");
    Ok(())
}

#[test]
fn it_is_so_in_every_mode_and_when_another_process_carries_on() -> Result<()> {
    for mode in ["auto", "generic", "native"] {
        let stage = Stage::new()?;
        let xdp = format!("xdp {{\n mode {mode}\n}}\n");
        let daemon = stage.solo.start(&(xdp + &config("no_accept")))?;
        stage.check(false).context(mode)?;
        stage.solo.replace_worker(&daemon)?;
        stage.check(false).context(mode)?;
    }
    Ok(())
}

#[test]
fn an_address_owner_accepts_whatever_is_said() -> Result<()> {
    let stage = Stage::new()?;
    let owner = config("no_accept").replace("priority 100", "priority 255");
    let _daemon = stage.solo.start(&owner)?;
    stage.check(true)?;
    ensure!(stage.dropped()? == 0);
    Ok(())
}

#[test]
fn without_a_data_path_it_says_that_it_cannot() -> Result<()> {
    let stage = Stage::new()?;
    let off = format!("xdp {{\n mode off\n}}\n{}", config("no_accept"));
    let daemon = stage.solo.start(&off)?;
    let said = "(VI_1) no_accept has no effect on eth0: no data path there";
    ensure!(
        !daemon.log().matching(said).is_empty(),
        "{}",
        daemon.log().tail(20)
    );
    stage.check(true)
}
