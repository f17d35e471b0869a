//! The kernel's neighbours, and what it holds for those that have not answered: packets that wait for
//! the hardware address of their next hop.

use std::net::IpAddr;

use netlink_packet_core::{NLM_F_DUMP, NLM_F_REPLACE};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::RouteNetlinkMessage::{DelNeighbour, GetNeighbour, NewNeighbour};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState,
};

use super::netlink::{Netlink, Refusal};

/// A host, and the interface that it is reached by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Neighbour {
    /// Interface.
    pub ifindex: u32,
    /// Its address.
    pub address: IpAddr,
}

impl Neighbour {
    /// What the kernel knows of it.
    ///
    /// # Errors
    /// `ENOENT` for one that the kernel does not know; others as of the socket.
    pub fn state(self, netlink: &mut Netlink) -> Result<Option<NeighbourState>, Refusal> {
        let question = GetNeighbour(self.message(NeighbourState::None));
        let answer = netlink.query(question, 0)?;
        Ok(answer.iter().find_map(|message| match message {
            NewNeighbour(neighbour) => Some(neighbour.header.state),
            _ => None,
        }))
    }

    /// Has the kernel wait for its answer no longer: what waits is dropped, and the next packet makes
    /// the kernel ask anew.
    ///
    /// # Errors
    /// The kernel's refusal, or that of the socket.
    pub fn give_up(self, netlink: &mut Netlink) -> Result<(), Refusal> {
        let failed = NewNeighbour(self.message(NeighbourState::Failed));
        netlink.tell(failed, NLM_F_REPLACE)
    }

    fn message(self, state: NeighbourState) -> NeighbourMessage {
        let mut message = NeighbourMessage::default();
        let (family, address) = match self.address {
            IpAddr::V4(address) => (AddressFamily::Inet, NeighbourAddress::Inet(address)),
            IpAddr::V6(address) => (AddressFamily::Inet6, NeighbourAddress::Inet6(address)),
        };
        message.header.family = family;
        message.header.ifindex = self.ifindex;
        message.header.state = state;
        let destination = NeighbourAttribute::Destination(address);
        message.attributes.push(destination);
        message
    }
}

/// Has the kernel forget all neighbours on `ifindex` that have not answered yet, and with them what
/// waits.
///
/// # Errors
/// The kernel's refusal, or that of the socket.
pub fn forget_unanswered(netlink: &mut Netlink, ifindex: u32) -> Result<(), Refusal> {
    // Of every family.
    let all = NeighbourMessage::default();
    let neighbours = netlink.query(GetNeighbour(all), NLM_F_DUMP)?;
    let unanswered = neighbours.into_iter().filter_map(|message| match message {
        NewNeighbour(neighbour) if is_unanswered(&neighbour, ifindex) => Some(neighbour),
        _ => None,
    });
    let requests: Vec<_> = unanswered.map(|one| (DelNeighbour(one), 0)).collect();
    if !requests.is_empty() {
        // One that has answered meanwhile has its packets already.
        netlink.execute(requests)?;
    }
    Ok(())
}

fn is_unanswered(neighbour: &NeighbourMessage, ifindex: u32) -> bool {
    neighbour.header.ifindex == ifindex && neighbour.header.state == NeighbourState::Incomplete
}
