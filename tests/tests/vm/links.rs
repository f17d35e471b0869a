//! An address of a link on a cable, and what a VLAN on that cable has to do with it: nothing. Between
//! the VLAN's device and the cable the tag is beside the packet.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Netns, PacketSocket};
use ha_tests::owner::ROUTER;
use ha_tests::xdp::ipv6::{LINK_LOCAL, Message};
use ha_user::datapath::{AttachMode, Datapath, LoadOptions, VirtualAddress};
use ha_user::net::clock;
use ha_user::net::link::Links;

use crate::scene::{CABLE, SLACK};

const VLAN: &str = "eth0.5";
/// How long to listen for what must not come.
const SILENCE: Duration = Duration::from_secs(2);

/// A cable with a VLAN on it, whose director had the address on its end of the cable itself.
struct Scene {
    director: Netns,
    client: Netns,
    datapath: Datapath,
}

impl Scene {
    fn new() -> Result<Self> {
        let (director, client) = (Netns::new()?, Netns::new()?);
        director.ip(&format!(
            "link add {CABLE} type veth peer name {CABLE} netns {}",
            client.path().display()
        ))?;
        for end in [&director, &client] {
            end.ip(&format!("link set {CABLE} up"))?;
            end.ip(&format!("link add link {CABLE} name {VLAN} type vlan id 5"))?;
            end.ip(&format!("link set {VLAN} up"))?;
        }
        let links = director.enter(Links::read)??;
        let ifindex = links.named(CABLE).context(CABLE)?.ifindex;
        let mut datapath = director.enter(|| Datapath::load(LoadOptions::default()))??;
        let address = VirtualAddress::new(LINK_LOCAL.into(), ifindex);
        datapath.set_address(address, ROUTER)?;
        datapath.records().record(ROUTER).set_installed();
        datapath.gate().set_owned(1);
        datapath.attach(ifindex, AttachMode::Tc)?;
        Ok(Self {
            director,
            client,
            datapath,
        })
    }

    fn take_over(&self) {
        let now = clock::now();
        let records = self.datapath.records();
        let record = records.record(ROUTER);
        record.set_owned_since(now);
        record.set_owned_until(now + Duration::from_secs(3600));
    }
}

/// Whether `frame`, sent from `device` at one end, arrives at it at the other.
fn arrives(
    [from, to]: [&Netns; 2],
    device: &str,
    frame: &[u8],
    patience: Duration,
) -> Result<bool> {
    let mut ear = PacketSocket::open(to, device)?;
    match PacketSocket::open(from, device)?.send(frame) {
        // What a sender is told of a packet that was dropped on its way out.
        Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {}
        sent => sent?,
    }
    let deadline = Instant::now() + patience;
    loop {
        match ear.receive(deadline.saturating_duration_since(Instant::now()))? {
            Some(heard) if heard.starts_with(frame) => return Ok(true),
            Some(_) => {}
            None => return Ok(false),
        }
    }
}

#[test]
fn an_address_of_the_link_may_speak_in_a_vlan() -> Result<()> {
    let scene = Scene::new()?;
    let out = [&scene.director, &scene.client];
    let advertised = Message::advertisement(LINK_LOCAL).frame();
    let late = arrives(out, CABLE, &advertised, SILENCE)?;
    ensure!(!late, "a former owner advertises");
    let other = arrives(out, VLAN, &advertised, SLACK)?;
    ensure!(other, "the VLAN's own address cannot speak");
    Ok(())
}

#[test]
fn an_address_of_the_link_may_be_asked_for_in_a_vlan() -> Result<()> {
    let scene = Scene::new()?;
    let into = [&scene.client, &scene.director];
    let asked = Message::solicitation(LINK_LOCAL).frame();
    ensure!(
        arrives(into, VLAN, &asked, SLACK)?,
        "the VLAN's own address cannot be asked for, beside a former owner"
    );
    scene.take_over();
    ensure!(
        arrives(into, VLAN, &asked, SLACK)?,
        "the VLAN's own address cannot be asked for, beside an owner"
    );
    Ok(())
}
