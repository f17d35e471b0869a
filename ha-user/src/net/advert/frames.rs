//! Adverts that are encoded once and sent many times.

use std::net::IpAddr;

use bytes::BytesMut;
use ha_common::Priority;

use super::Framing;

/// The packets of one router's advert, one for each destination.
#[derive(Debug)]
pub struct Frames(Vec<(IpAddr, BytesMut)>);

impl Frames {
    /// The packets of an advert of `priority`.
    #[must_use]
    pub fn new(framing: &Framing, priority: Priority) -> Self {
        let encode = |destination: IpAddr| {
            let mut packet = BytesMut::new();
            framing.encode(priority, destination, &mut packet);
            (destination, packet)
        };
        Self(framing.destinations().into_iter().map(encode).collect())
    }

    /// Packets and where each is sent.
    pub fn packets(&self) -> impl ExactSizeIterator<Item = (IpAddr, &[u8])> {
        self.0.iter().map(|(to, packet)| (*to, &packet[..]))
    }
}
