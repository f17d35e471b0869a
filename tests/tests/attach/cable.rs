//! A cable between a director and a client that asks it for the VIP.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ha_common::wire::{arp, ethernet};
use ha_tests::lab::{Mac, Netns, PacketSocket};
use ha_tests::owner::{VIP, own_vip};
use ha_user::datapath::{AttachMode, Attachment, Datapath, LoadOptions};
use ha_user::net::link::Links;

const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 9);
/// Far more than an answer takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);
/// How long to listen for what must not come.
pub(crate) const SILENCE: Duration = Duration::from_millis(200);

/// A veth cable between a director and a client, without XDP at the client's end.
pub(crate) struct Cable {
    pub(crate) director: Netns,
    pub(crate) client: Netns,
}

impl Cable {
    pub(crate) fn new() -> Result<Self> {
        let (director, client) = (Netns::new()?, Netns::new()?);
        director.ip(&format!(
            "link add eth0 type veth peer name eth0 netns {}",
            client.path().display()
        ))?;
        director.ip("link set eth0 up")?;
        client.ip("link set eth0 up")?;
        Ok(Self { director, client })
    }

    pub(crate) fn ask(&self) -> Result<Asker> {
        Asker::new(&self.client, mac(&self.client)?, CLIENT)
    }
}

/// Asks for the VIP by ARP.
pub(crate) struct Asker {
    socket: PacketSocket,
    question: [u8; 42],
}

impl Asker {
    pub(crate) fn new(netns: &Netns, own: Mac, address: Ipv4Addr) -> Result<Self> {
        let mut question = [0; 42];
        question[..6].fill(0xff);
        question[6..12].copy_from_slice(&own.0);
        question[12..14].copy_from_slice(&ethernet::TYPE_ARP.to_be_bytes());
        let asked = arp::Repr {
            operation: arp::Operation::Request,
            sender_mac: own.0,
            sender_ip: address.octets(),
            target_mac: [0; 6],
            target_ip: VIP.octets(),
        };
        asked.emit(&mut question[14..]);
        let socket = PacketSocket::open(netns, "eth0")?;
        Ok(Self { socket, question })
    }

    pub(crate) fn ask(&self) -> Result<()> {
        Ok(self.socket.send(&self.question)?)
    }

    /// MAC of whoever answers within `limit`.
    pub(crate) fn answer_within(&mut self, limit: Duration) -> Result<Option<Mac>> {
        self.ask()?;
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Some(frame) = self.socket.receive(left)? else {
                return Ok(None);
            };
            let Some(body) = frame.get(14..42) else {
                continue;
            };
            let Ok(message) =
                arp::Packet::new_checked(body).and_then(|view| arp::Repr::parse(&view))
            else {
                continue;
            };
            if message.operation == arp::Operation::Reply && message.sender_ip == VIP.octets() {
                return Ok(Some(Mac(message.sender_mac)));
            }
        }
    }
}

pub(crate) fn mac(netns: &Netns) -> Result<Mac> {
    let links = netns.enter(Links::read)??;
    let link = links.named("eth0").context("eth0")?;
    Ok(Mac(link.mac.context("an Ethernet address")?))
}

pub(crate) fn ifindex(netns: &Netns, name: &str) -> Result<u32> {
    let links = netns.enter(Links::read)??;
    Ok(links.named(name).context("no such interface")?.ifindex)
}

pub(crate) fn load(netns: &Netns) -> Result<Datapath> {
    Ok(netns.enter(|| Datapath::load(LoadOptions::default()))??)
}

/// A loaded program that owns the VIP for an hour, on no interface yet.
pub(crate) fn owner(netns: &Netns) -> Result<Datapath> {
    own_vip(load(netns)?)
}

pub(crate) fn attach(
    netns: &Netns,
    datapath: &mut Datapath,
    mode: AttachMode,
) -> Result<Attachment> {
    let ifindex = ifindex(netns, "eth0")?;
    Ok(datapath.attach(ifindex, mode)?.clone())
}
