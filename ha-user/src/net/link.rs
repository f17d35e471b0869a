//! The host's interfaces as netlink shows them, and word of their changes.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt};
use netlink_packet_core::NetlinkMessage;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::{AddressAttribute, AddressHeaderFlags, AddressMessage};
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkInfo, LinkMessage};
use rtnetlink::{Handle, MulticastGroup, new_connection, new_multicast_connection};
use tokio::task::JoinHandle;

/// The kind of interface that stands for a VLAN of another one.
const VLAN: &str = "vlan";

/// An address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<A> {
    /// The address.
    pub address: A,
    /// Length of its mask.
    pub prefix_len: u8,
    /// Of IPv4, it came after another one of its subnet; of IPv6, it is there for some time only. The
    /// kernel does not send from an IPv4 one unasked.
    pub secondary: bool,
}

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Index, the same for the interface's whole life.
    pub ifindex: u32,
    /// Name, which may change.
    pub name: String,
    /// Hardware address; `None` where it is not an Ethernet address.
    pub mac: Option<[u8; 6]>,
    /// It is up and has carrier.
    pub up: bool,
    /// Largest IP packet, in octets.
    pub mtu: u32,
    /// Kind of a virtual interface, such as `veth`; `None` for hardware.
    pub kind: Option<String>,
    /// The interface that a virtual one lies on, as a VLAN on its card; `None` also where that is in
    /// another network namespace.
    pub below: Option<u32>,
    /// IPv4 addresses, in the kernel's order.
    pub addresses: Vec<Address<Ipv4Addr>>,
    /// IPv6 addresses, in the kernel's order.
    pub ipv6_addresses: Vec<Address<Ipv6Addr>>,
}

impl Link {
    /// All addresses, with the length of their masks.
    pub fn every_address(&self) -> impl Iterator<Item = (IpAddr, u8)> {
        let ipv4 = self.addresses.iter();
        let ipv6 = self.ipv6_addresses.iter();
        ipv4.map(|one| (one.address.into(), one.prefix_len))
            .chain(ipv6.map(|one| (one.address.into(), one.prefix_len)))
    }
}

/// All interfaces of a network namespace at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links(BTreeMap<u32, Link>);

impl Links {
    /// Reads all interfaces, waiting for them; for a thread outside of any tokio runtime.
    ///
    /// # Errors
    /// Netlink does not answer.
    pub fn read() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        runtime.block_on(async {
            let (connection, handle, _) = new_connection()?;
            tokio::spawn(connection);
            Self::dump(&handle).await
        })
    }

    /// The interface with this index.
    #[must_use]
    pub fn get(&self, ifindex: u32) -> Option<&Link> {
        self.0.get(&ifindex)
    }

    /// The interface with this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Link> {
        self.iter().find(|link| link.name == name)
    }

    /// All interfaces, by index.
    pub fn iter(&self) -> impl Iterator<Item = &Link> {
        self.0.values()
    }

    /// Has the interface with this index count as up, or as down.
    pub fn count_as(&mut self, ifindex: u32, up: bool) {
        if let Some(link) = self.0.get_mut(&ifindex) {
            link.up = up;
        }
    }

    /// Whether VLANs lie on the interface with this index.
    #[must_use]
    pub fn carries_vlans(&self, ifindex: u32) -> bool {
        self.iter()
            .any(|link| link.below == Some(ifindex) && link.kind.as_deref() == Some(VLAN))
    }

    async fn dump(handle: &Handle) -> io::Result<Self> {
        let mut links = Self::default();
        let mut messages = std::pin::pin!(handle.link().get().execute());
        while let Some(message) = messages.try_next().await.map_err(io::Error::other)? {
            let link = link(message);
            links.0.insert(link.ifindex, link);
        }
        let mut messages = std::pin::pin!(handle.address().get().execute());
        while let Some(message) = messages.try_next().await.map_err(io::Error::other)? {
            if let Some(link) = links.0.get_mut(&message.header.index) {
                link.addresses.extend(address(&message));
                link.ipv6_addresses.extend(ipv6_address(&message));
            }
        }
        Ok(links)
    }
}

/// Follows the interfaces of a network namespace.
///
/// It never trusts an event's content: any event, and any loss of events, only means that it is
/// time to look again.
#[derive(Debug)]
pub struct Monitor {
    events: futures_channel::mpsc::UnboundedReceiver<Event>,
    /// Questions have a socket of their own, which a burst of events cannot overflow.
    questions: Handle,
    tasks: [JoinHandle<()>; 2],
    seen: Links,
    /// Events were taken since `seen` was read.
    stale: bool,
}

type Event = (NetlinkMessage<RouteNetlinkMessage>, netlink_sys::SocketAddr);

impl Monitor {
    /// Subscribes in the network namespace of the calling thread, which runs tokio, and reads the
    /// interfaces once.
    ///
    /// # Errors
    /// Netlink does not answer.
    pub async fn open() -> io::Result<Self> {
        let groups = [
            MulticastGroup::Link,
            MulticastGroup::Ipv4Ifaddr,
            MulticastGroup::Ipv6Ifaddr,
        ];
        let (listener, _, events) = new_multicast_connection(&groups)?;
        let (asker, questions, _) = new_connection()?;
        let tasks = [tokio::spawn(listener), tokio::spawn(asker)];
        let seen = Links::dump(&questions).await?;
        Ok(Self {
            events,
            questions,
            tasks,
            seen,
            stale: false,
        })
    }

    /// The interfaces as last seen.
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.seen
    }

    /// Waits until an interface or an address is not as last seen, and returns all of them. Can be
    /// cancelled without missing a change.
    ///
    /// # Errors
    /// The subscription has broken off; open a new one.
    pub async fn changed(&mut self) -> io::Result<&Links> {
        loop {
            if !self.stale {
                burst(&mut self.events).await?;
                self.stale = true;
            }
            // Who waits may be gone before the answer comes; the events are taken all the same.
            let links = Links::dump(&self.questions).await?;
            self.stale = false;
            if links != self.seen {
                self.seen = links;
                return Ok(&self.seen);
            }
        }
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Waits for one event and takes all others that have arrived with it.
async fn burst(events: &mut (impl Stream<Item = Event> + Unpin)) -> io::Result<()> {
    let closed = || io::Error::other("the netlink subscription has ended");
    events.next().await.ok_or_else(closed)?;
    while let Some(event) = events.next().now_or_never() {
        event.ok_or_else(closed)?;
    }
    Ok(())
}

fn link(message: LinkMessage) -> Link {
    let running = LinkFlags::Up | LinkFlags::Running;
    let mut link = Link {
        ifindex: message.header.index,
        name: String::new(),
        mac: None,
        up: message.header.flags.contains(running),
        mtu: 0,
        kind: None,
        below: None,
        addresses: Vec::new(),
        ipv6_addresses: Vec::new(),
    };
    let mut is_elsewhere = false;
    for attribute in message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name = name,
            LinkAttribute::Address(octets) => link.mac = octets.try_into().ok(),
            LinkAttribute::Mtu(mtu) => link.mtu = mtu,
            LinkAttribute::LinkInfo(infos) => link.kind = kind(&infos),
            LinkAttribute::Link(ifindex) => link.below = Some(ifindex),
            LinkAttribute::LinkNetNsId(_) => is_elsewhere = true,
            _ => {}
        }
    }
    link.below = link.below.filter(|_| !is_elsewhere);
    link
}

/// Kind of a virtual interface, as `ip link` spells it.
fn kind(infos: &[LinkInfo]) -> Option<String> {
    infos.iter().find_map(|info| match info {
        LinkInfo::Kind(kind) => Some(kind.to_string()),
        _ => None,
    })
}

fn address(message: &AddressMessage) -> Option<Address<Ipv4Addr>> {
    let address = message.attributes.iter().find_map(|attribute| {
        // The own address; `Address` is the other end's on a point-to-point link.
        match attribute {
            AddressAttribute::Local(IpAddr::V4(address)) => Some(*address),
            _ => None,
        }
    })?;
    Some(described(message, address))
}

fn described<A>(message: &AddressMessage, address: A) -> Address<A> {
    Address {
        address,
        prefix_len: message.header.prefix_len,
        secondary: message.header.flags.contains(AddressHeaderFlags::Secondary),
    }
}

/// One that the kernel has not made sure of yet is none: nothing can be sent from it.
fn ipv6_address(message: &AddressMessage) -> Option<Address<Ipv6Addr>> {
    let unsure = AddressHeaderFlags::Tentative | AddressHeaderFlags::Dadfailed;
    if message.header.flags.intersects(unsure) {
        return None;
    }
    let attributes = || message.attributes.iter();
    let own = |attribute: &AddressAttribute| match attribute {
        AddressAttribute::Local(IpAddr::V6(address)) => Some(*address),
        _ => None,
    };
    // The kernel names only this one where there is no other end.
    let named = |attribute: &AddressAttribute| match attribute {
        AddressAttribute::Address(IpAddr::V6(address)) => Some(*address),
        _ => None,
    };
    let address = attributes()
        .find_map(own)
        .or_else(|| attributes().find_map(named))?;
    Some(described(message, address))
}
