//! A cable between a director and a client that asks it for the VIP.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result};
use ha_tests::lab::{Asker, Mac, Netns};
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
        Asker::new(&self.client, mac(&self.client)?, CLIENT, VIP)
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
