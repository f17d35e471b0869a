//! Two directors with an address of IPv6: whatever happens to the process of one, nobody else answers
//! Neighbor Solicitations beside the owner.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_common::wire::ethernet;
use ha_tests::lab::{Daemon, Host, Lan, Mac, PacketSocket, Tools, until};
use ha_tests::xdp::ipv6::{Advert, Message, Packet, group_mac};

const VIP: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x100);
const CLIENT: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 9);
const VRID: u8 = 51;
/// In which every answer to a question arrives, or never.
const ROUND: Duration = Duration::from_millis(8);
/// Far more than an election takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the successor must stay alone.
const HOLD: Duration = Duration::from_secs(1);
/// More than Active_Down_Interval at a tenth of a second, and Linux's own delays.
const TAKEOVER: Duration = Duration::from_secs(3);

/// Directors, the better one first, and somebody who asks.
struct Scene {
    directors: [Host; 2],
    macs: [Mac; 2],
    asker: PacketSocket,
    own: Mac,
    _lan: Lan,
}

impl Scene {
    fn new() -> Result<Self> {
        let mut lan = Lan::new()?;
        let mut host = |name: &str, address: &str| -> Result<(Host, Mac)> {
            let host = Host::new(name)?;
            let mac = lan.attach(&host, "eth0", "")?;
            let address = format!("address add {address}/64 dev eth0 nodad");
            host.netns().ip(&address)?;
            Ok((host, mac))
        };
        let (lb1, mac1) = host("lb1", "2001:db8::1")?;
        let (lb2, mac2) = host("lb2", "2001:db8::2")?;
        let (client, own) = host("client", &CLIENT.to_string())?;
        Ok(Self {
            directors: [lb1, lb2],
            macs: [mac1, mac2],
            asker: PacketSocket::open(client.netns(), "eth0")?,
            own,
            _lan: lan,
        })
    }

    fn start(&self, director: usize, mode: &str, interval: &str) -> Result<Daemon> {
        let priority = [150, 100][director];
        let config = format!(
            "vrrp_instance VI_1 {{\nstate BACKUP\ninterface eth0\nvirtual_router_id {VRID}\n\
             priority {priority}\nadvert_int {interval}\n\
             virtual_ipaddress {{\nfe80::100/64\n{VIP}/64\n}}\n}}\nxdp {{\nmode {mode}\n}}\n"
        );
        Daemon::start(&self.directors[director], &Tools::vipd()?, &config)
    }

    /// Asks once. Returns all who answer.
    fn ask(&mut self) -> Result<BTreeSet<Mac>> {
        let question = Message {
            source: CLIENT.octets(),
            options: [&[1, 1][..], &self.own.0].concat(),
            ..Message::solicitation(VIP.octets())
        };
        let packet = question.packet();
        let group = group_mac(question.destination);
        self.asker
            .send(&ethernet(group, self.own.0, &packet))
            .context("cannot ask")?;
        let (end, mut answerers) = (Instant::now() + ROUND, BTreeSet::new());
        while let Some(frame) = self
            .asker
            .receive(end.saturating_duration_since(Instant::now()))?
        {
            answerers.extend(answer(frame));
        }
        Ok(answerers)
    }

    /// Asks until `owner` alone answers.
    fn wait_for(&mut self, owner: usize) -> Result<()> {
        let (alone, what) = (
            BTreeSet::from([self.macs[owner]]),
            format!("lb{}", owner + 1),
        );
        until(&what, PATIENCE, || Ok(self.ask()? == alone))
    }

    /// Asks for some time after a fault of the owner. Nobody ever answers beside another one, and once
    /// `successor` does, nobody else: for [`HOLD`]. Returns how long nobody answered.
    fn succeeds(&mut self, successor: usize) -> Result<Duration> {
        let (begun, mut since) = (Instant::now(), None);
        let mut last = begun;
        let mut silence = Duration::ZERO;
        while since.is_none_or(|since: Instant| since.elapsed() < HOLD) {
            let answerers = self.ask()?;
            ensure!(answerers.len() < 2, "two answer: {answerers:?}");
            let Some(answerer) = answerers.first() else {
                silence = silence.max(last.elapsed());
                ensure!(begun.elapsed() < TAKEOVER + HOLD, "nobody answers");
                continue;
            };
            last = Instant::now();
            if *answerer == self.macs[successor] {
                since.get_or_insert(last);
            } else {
                ensure!(since.is_none(), "{answerer} answers after its successor");
                ensure!(begun.elapsed() < TAKEOVER, "{answerer} goes on");
            }
        }
        Ok(silence)
    }
}

fn ethernet(to: [u8; 6], from: [u8; 6], packet: &Packet) -> Vec<u8> {
    ha_tests::xdp::frame::ethernet(to, from, ethernet::TYPE_IPV6, &packet.octets())
}

/// Who advertises the address to the client in `frame`.
fn answer(frame: &[u8]) -> Option<Mac> {
    let packet = frame.get(ethernet::HEADER_LEN..)?;
    let is_ipv6 = frame.get(12..14)? == ethernet::TYPE_IPV6.to_be_bytes();
    let to_us = packet.get(24..40)? == CLIENT.octets();
    let message = packet.get(40..)?;
    let advertises = message.first() == Some(&136) && message.get(8..24)? == VIP.octets();
    let mac = message.get(26..32)?.try_into().ok()?;
    (is_ipv6 && to_us && advertises).then_some(Mac(mac))
}

fn a_frozen_owner_falls_silent(mode: &str) -> Result<()> {
    let mut scene = Scene::new()?;
    let stronger = scene.start(0, mode, "0.1")?;
    scene.wait_for(0)?;
    let weaker = scene.start(1, mode, "0.1")?;
    weaker.wait_for("VI_1", "BACKUP", PATIENCE)?;
    scene.wait_for(0)?;

    stronger.freeze()?;
    let frozen = scene.succeeds(1).context("frozen")?;
    stronger.thaw()?;
    let thawed = scene.succeeds(0).context("thawed")?;

    let mut stronger = stronger;
    stronger.kill()?;
    let killed = scene.succeeds(1).context("killed")?;
    let _stronger = scene.start(0, mode, "0.1")?;
    let started = scene.succeeds(0).context("started")?;
    println!(
        "{mode}, advert_int 0.1: silence <= {frozen:.0?} frozen, {killed:.0?} killed, \
         {thawed:.0?} thawed, {started:.0?} started"
    );
    Ok(())
}

#[test]
fn a_frozen_owner_of_ipv6_falls_silent_at_tc() -> Result<()> {
    a_frozen_owner_falls_silent("tc")
}

#[test]
fn a_frozen_owner_of_ipv6_falls_silent_in_native_mode() -> Result<()> {
    a_frozen_owner_falls_silent("native")
}

#[test]
fn a_better_advert_over_ipv6_silences_a_frozen_owner() -> Result<()> {
    let mut scene = Scene::new()?;
    let daemon = scene.start(1, "auto", "1")?;
    scene.wait_for(1)?;
    // The lease of an advert lasts for more than two seconds.
    daemon.freeze()?;
    let lawful = BTreeSet::from([scene.macs[1]]);
    ensure!(scene.ask()? == lawful, "the lease ended early");
    let advert = Advert {
        priority: 200,
        vrid: VRID,
        interval: Duration::from_secs(1),
        ..Advert::default()
    };
    scene.asker.send(&advert.frame())?;
    let (told, mut asked) = (Instant::now(), 0);
    while told.elapsed() < Duration::from_millis(500) {
        let answerers = scene.ask()?;
        ensure!(answerers.is_empty(), "{answerers:?} after a better advert");
        asked += 1;
    }
    println!("{asked} questions after a better advert, none answered");
    daemon.thaw()
}
