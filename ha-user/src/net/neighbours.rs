//! The kernel's neighbours, and what it holds for those that have not answered.

use netlink_packet_core::NLM_F_DUMP;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::RouteNetlinkMessage::{self, DelNeighbour, GetNeighbour, NewNeighbour};
use netlink_packet_route::neighbour::{NeighbourMessage, NeighbourState};

use super::netlink::{Netlink, Refusal};

/// Has the kernel forget the neighbours on `ifindex` that have not told their hardware address yet,
/// and with them the packets that wait for it. It asks again for the next packet.
///
/// # Errors
/// The kernel's refusal, or that of the socket.
pub fn forget_unresolved(netlink: &mut Netlink, ifindex: u32) -> Result<(), Refusal> {
    let mut request = NeighbourMessage::default();
    request.header.family = AddressFamily::Inet;
    let neighbours = netlink.query(GetNeighbour(request), NLM_F_DUMP)?;
    let unresolved = neighbours.into_iter().filter_map(|message| match message {
        NewNeighbour(neighbour) if is_unresolved(&neighbour, ifindex) => Some(neighbour),
        _ => None,
    });
    let requests: Vec<(RouteNetlinkMessage, u16)> = unresolved
        .map(|neighbour| (DelNeighbour(neighbour), 0))
        .collect();
    if !requests.is_empty() {
        // One that has answered meanwhile has its packets already.
        netlink.execute(requests)?;
    }
    Ok(())
}

fn is_unresolved(neighbour: &NeighbourMessage, ifindex: u32) -> bool {
    neighbour.header.ifindex == ifindex && neighbour.header.state == NeighbourState::Incomplete
}
