//! A cable from a client to a host that vipd guards, or nobody.

use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ha_user::net::link::Links;

use crate::lab::{Daemon, Host, Netns, Tools, status, until, xdp_pass};

/// Interface of the host.
const INTERFACE: &str = "eth0";
/// Last octets of the addresses of both ends, in a network of 24 bits.
const HOST: u8 = 1;
const CLIENT: u8 = 2;
/// That of the VIP, which is not what the traffic goes to.
const VIP: u8 = 100;
/// How long vipd may take to own its VIP, alone on the wire.
const ELECTION: Duration = Duration::from_secs(10);

/// What is different from road to road.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// `mode` of vipd's `xdp` block; `None` is a host without vipd.
    pub(super) mode: Option<&'static str>,
    /// The client's end runs an XDP program that passes everything.
    pub(super) passes: bool,
}

/// A road for traffic that has nothing to do with the VIP.
#[derive(Debug)]
pub(super) struct Road {
    pub(super) host: Host,
    pub(super) client: Netns,
    /// Address of the host.
    pub(super) address: Ipv4Addr,
    /// How vipd's program is attached, by `vipctl status`.
    pub(super) attached: Option<String>,
    _daemon: Option<Daemon>,
    _pass: Option<OwnedFd>,
}

impl Road {
    /// Builds it; vipd, if any, owns a VIP on the host.
    pub(super) fn build(plan: Plan) -> Result<Self> {
        let (host, client) = (Host::new("host")?, Netns::new()?);
        lay(&host, &client)?;
        let pass = || client.enter(|| xdp_pass::attach(index_of_client()?))?;
        let pass = plan.passes.then(pass).transpose()?;
        let daemon = plan.mode.map(|mode| guard(&host, mode)).transpose()?;
        let attached = plan.mode.map(|mode| attached(&host, mode)).transpose()?;
        Ok(Self {
            host,
            client,
            address: address(HOST),
            attached,
            _daemon: daemon,
            _pass: pass,
        })
    }
}

/// Both ends keep their offloads: bulk traffic is what they are for.
fn lay(host: &Host, client: &Netns) -> Result<()> {
    let inside = host.netns().path();
    client.ip(&format!(
        "link add {INTERFACE} type veth peer name {INTERFACE} netns {}",
        inside.display()
    ))?;
    for (netns, number) in [(client, CLIENT), (host.netns(), HOST)] {
        netns.ip(&format!(
            "address add {}/24 dev {INTERFACE}",
            address(number)
        ))?;
        netns.ip(&format!("link set {INTERFACE} up"))?;
    }
    Ok(())
}

const fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(198, 51, 100, number)
}

/// Index of the client's interface, in whose namespace the calling thread is.
fn index_of_client() -> Result<u32> {
    let links = Links::read()?;
    Ok(links.named(INTERFACE).context("no such interface")?.ifindex)
}

fn guard(host: &Host, mode: &str) -> Result<Daemon> {
    let vip = address(VIP);
    let config = format!(
        "xdp {{\n    mode {mode}\n}}\nvrrp_instance VI_1 {{\n    state MASTER\n    \
         interface {INTERFACE}\n    virtual_router_id 51\n    priority 100\n    advert_int 1\n    \
         virtual_ipaddress {{\n        {vip}/24\n    }}\n}}\n"
    );
    let daemon = Daemon::start(host, &Tools::vipd()?, &config)?;
    daemon.wait_for("VI_1", "MASTER", ELECTION)?;
    Ok(daemon)
}

/// What vipd says about its program; an error unless that is what `mode` asks for.
fn attached(host: &Host, mode: &str) -> Result<String> {
    let mut seen = None;
    until("word of the program in vipctl status", ELECTION, || {
        // Just started, it may not listen yet.
        seen = status(host)
            .ok()
            .and_then(|all| all.interfaces.into_iter().next());
        Ok(seen.is_some())
    })?;
    let seen = seen.map(|first| first.xdp).unwrap_or_default();
    ensure!(
        seen == mode || mode == "auto" && seen != "off",
        "with mode {mode} the program is attached as \"{seen}\""
    );
    Ok(seen)
}
