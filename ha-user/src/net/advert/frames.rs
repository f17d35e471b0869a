//! Adverts that are encoded once and sent many times.

use std::net::Ipv4Addr;

use bytes::BytesMut;
use ha_common::Priority;

use super::{Framing, Identification};

/// The packets of one router's advert, one for each destination.
///
/// From one advert to the next only the numbers of the packets change, unless the priority does.
#[derive(Debug, Default)]
pub struct Frames {
    /// What the packets say; `None` before the first.
    priority: Option<Priority>,
    packets: Vec<(Ipv4Addr, BytesMut)>,
}

impl Frames {
    /// Makes the packets of the next advert.
    pub fn prepare(
        &mut self,
        framing: &Framing,
        priority: Priority,
        identification: &mut Identification,
    ) {
        if self.priority != Some(priority) {
            self.packets = encode(framing, priority, identification);
            self.priority = Some(priority);
            return;
        }
        for (destination, packet) in &mut self.packets {
            framing.number(*destination, identification.take(), packet);
        }
    }

    /// Packets and where each is sent.
    pub fn packets(&self) -> impl ExactSizeIterator<Item = (Ipv4Addr, &[u8])> {
        self.packets.iter().map(|(to, packet)| (*to, &packet[..]))
    }
}

fn encode(
    framing: &Framing,
    priority: Priority,
    identification: &mut Identification,
) -> Vec<(Ipv4Addr, BytesMut)> {
    let encode = |destination: &Ipv4Addr| {
        let mut packet = BytesMut::new();
        framing.encode(priority, *destination, identification.take(), &mut packet);
        (*destination, packet)
    };
    framing.destinations().iter().map(encode).collect()
}
