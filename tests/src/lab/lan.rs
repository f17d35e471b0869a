//! The network between hosts.

use std::os::fd::OwnedFd;

use anyhow::{Context, Result};

use super::bridge_port::{Ports, State};
use super::device::Devices;
use super::{Host, Mac, Netns, xdp_pass};
use crate::xdp::raw::{self, Way};

const BRIDGE: &str = "lan";

/// One bridge in a network namespace of its own, with a cable to each host.
#[derive(Debug)]
pub struct Lan {
    netns: Netns,
    devices: Devices,
    ports: Ports,
    mtu: u32,
    cables: Vec<Cable>,
}

#[derive(Debug)]
struct Cable {
    host: String,
    interface: String,
    port: u32,
    mac: Mac,
    /// Keeps XDP_PASS on the bridge's end.
    _pass: OwnedFd,
}

/// Seen from a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the others to the host.
    Incoming,
    /// From the host to the others.
    Outgoing,
}

/// A cable that carries nothing in one direction until this is dropped.
#[derive(Debug)]
pub struct OneWayCut(#[expect(dead_code, reason = "dropping it mends")] Vec<OwnedFd>);

impl Lan {
    /// A bridge without hosts, of MTU 1500.
    ///
    /// # Errors
    /// Without root, or where the kernel has no bridges.
    pub fn new() -> Result<Self> {
        Self::with_mtu(1500)
    }

    /// A bridge without hosts; `mtu`, in bytes, is that of every interface.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_mtu(mtu: u32) -> Result<Self> {
        let netns = Netns::new()?;
        netns
            .enter(|| std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"))?
            .ok();
        netns.ip(&format!(
            "link add {BRIDGE} mtu {mtu} type bridge stp_state 0 mcast_snooping 0"
        ))?;
        netns.ip(&format!("link set {BRIDGE} up"))?;
        Ok(Self {
            devices: Devices::of(&netns)?,
            ports: Ports::of(&netns)?,
            netns,
            mtu,
            cables: Vec::new(),
        })
    }

    /// Gives `host` an interface with `address` (as `192.0.2.1/24`; none if empty) and plugs it
    /// in. Returns the interface's own MAC.
    ///
    /// # Errors
    /// When the interface exists already, or the kernel refuses.
    pub fn attach(&mut self, host: &Host, interface: &str, address: &str) -> Result<Mac> {
        let number = self.cables.len() + 1;
        let mac = Mac::of_lab(u8::try_from(number).context("too many hosts on one bridge")?);
        let port = self
            .lay_cable(host, interface, &port_name(number), mac)
            .with_context(|| format!("cannot connect {interface} of {}", host.name()))?;
        if !address.is_empty() {
            host.netns().ip(&format!(
                "address add {address} broadcast + dev {interface}"
            ))?;
        }
        self.devices.plug(BRIDGE, port)?;
        self.cables.push(Cable {
            host: host.name().to_owned(),
            interface: interface.to_owned(),
            port,
            mac,
            _pass: self.netns.enter(|| xdp_pass::attach(port))??,
        });
        Ok(mac)
    }

    fn lay_cable(&self, host: &Host, interface: &str, port: &str, mac: Mac) -> Result<u32> {
        let (mtu, inside) = (self.mtu, host.netns().path());
        self.netns.ip(&format!(
            "link add {port} mtu {mtu} type veth peer name {interface} mtu {mtu} address {mac} netns {}",
            inside.display()
        ))?;
        let devices = Devices::of(host.netns())?;
        devices.disable_transmit_checksum_offload(interface)?;
        self.devices.disable_transmit_checksum_offload(port)?;
        host.netns().ip(&format!("link set {interface} up"))?;
        self.netns.ip(&format!("link set {port} up"))?;
        self.devices.index(port)
    }

    /// Cuts every cable of `host`, silently: interfaces at both ends keep their carrier.
    ///
    /// # Errors
    /// As of the kernel.
    pub fn cut(&self, host: &Host) -> Result<()> {
        self.cables_of(host)
            .try_for_each(|cable| self.ports.set(cable.port, State::Disabled))
    }

    /// Mends what [`Self::cut`] has cut.
    ///
    /// # Errors
    /// As of the kernel.
    pub fn heal(&self, host: &Host) -> Result<()> {
        self.cables_of(host)
            .try_for_each(|cable| self.ports.set(cable.port, State::Forwarding))
    }

    /// Pulls the cable of `interface` of `host`: other than with [`Self::cut`], its ends lose their
    /// carrier.
    ///
    /// # Errors
    /// When there is no such cable.
    pub fn unplug(&self, host: &Host, interface: &str) -> Result<()> {
        let port = self.port(host, interface).context("no such cable")?;
        self.netns.ip(&format!("link set {port} down")).map(drop)
    }

    /// Name of the bridge's end of the cable of `interface` of `host`, in [`Self::netns`].
    #[must_use]
    pub fn port(&self, host: &Host, interface: &str) -> Option<String> {
        let mut cables = self.cables.iter();
        let at =
            cables.position(|cable| cable.host == host.name() && cable.interface == interface)?;
        Some(port_name(at + 1))
    }

    /// Cuts every cable of `host` in one direction, silently.
    ///
    /// # Errors
    /// Where the kernel has no tcx (Linux 6.6).
    pub fn cut_one_way(&self, host: &Host, direction: Direction) -> Result<OneWayCut> {
        let way = match direction {
            Direction::Incoming => Way::Out,
            Direction::Outgoing => Way::In,
        };
        let ports = self.cables_of(host).map(|cable| cable.port);
        let ports: Vec<_> = ports.collect();
        let cut = || ports.iter().map(|port| raw::drop_all(*port, way)).collect();
        let links: Result<_> = self.netns.enter(cut)?;
        Ok(OneWayCut(links?))
    }

    fn cables_of<'a>(&'a self, host: &'a Host) -> impl Iterator<Item = &'a Cable> {
        self.cables.iter().filter(|cable| cable.host == host.name())
    }

    /// Whose MAC this is.
    #[must_use]
    pub fn owner_of(&self, mac: Mac) -> Option<&str> {
        let cable = self.cables.iter().find(|cable| cable.mac == mac)?;
        Some(&cable.host)
    }

    /// MAC of an interface of `host`.
    #[must_use]
    pub fn mac(&self, host: &Host, interface: &str) -> Option<Mac> {
        self.cables_of(host)
            .find(|cable| cable.interface == interface)
            .map(|cable| cable.mac)
    }

    /// The bridge's own namespace, where every frame can be seen.
    #[must_use]
    pub fn netns(&self) -> &Netns {
        &self.netns
    }

    /// Interface of the bridge in [`Self::netns`].
    #[must_use]
    pub fn interface(&self) -> &'static str {
        BRIDGE
    }
}

fn port_name(number: usize) -> String {
    format!("port{number}")
}
