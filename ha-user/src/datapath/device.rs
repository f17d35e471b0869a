//! What netlink says of an interface that matters for attaching XDP to it.

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkMessage, LinkXdp};

use crate::net::netlink::{Netlink, Refusal};

/// An interface as XDP sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Device {
    pub(super) ifindex: u32,
    pub(super) name: String,
    /// Hardware address, if it is an Ethernet address.
    pub(super) mac: Option<[u8; 6]>,
    /// Ids of the programs attached, by mode.
    pub(super) native: Option<u32>,
    pub(super) generic: Option<u32>,
    /// In the hardware itself, which is never ours.
    pub(super) offloaded: Option<u32>,
}

impl Device {
    /// Reads the interface `ifindex` of our network namespace.
    pub(super) fn read(netlink: &mut Netlink, ifindex: u32) -> Result<Self, Refusal> {
        let mut request = LinkMessage::default();
        request.header.index = ifindex;
        let answer = netlink.query(RouteNetlinkMessage::GetLink(request), 0)?;
        answer
            .into_iter()
            .find_map(|message| match message {
                RouteNetlinkMessage::NewLink(link) => Some(device(link)),
                _ => None,
            })
            .ok_or(Refusal {
                errno: libc::ENODEV,
                explanation: None,
            })
    }
}

fn device(message: LinkMessage) -> Device {
    let mut device = Device {
        ifindex: message.header.index,
        ..Device::default()
    };
    for attribute in message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => device.name = name,
            LinkAttribute::Address(octets) => device.mac = octets.try_into().ok(),
            LinkAttribute::Xdp(programs) => device.note_programs(&programs),
            _ => {}
        }
    }
    device
}

impl Device {
    fn note_programs(&mut self, programs: &[LinkXdp]) {
        for attribute in programs {
            match attribute {
                LinkXdp::DrvProgId(id) => self.native = Some(*id),
                LinkXdp::SkbProgId(id) => self.generic = Some(*id),
                LinkXdp::HwProgId(id) => self.offloaded = Some(*id),
                _ => {}
            }
        }
    }
}
