//! Somebody who asks for an address by ARP.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::Result;
use ha_common::wire::{arp, ethernet};

use super::{Mac, Netns, PacketSocket};

const QUESTION_LEN: usize = ethernet::HEADER_LEN + arp::PACKET_LEN;

/// A host's end of a cable, which asks who has an address.
#[derive(Debug)]
pub struct Asker {
    socket: PacketSocket,
    asked: Ipv4Addr,
    question: [u8; QUESTION_LEN],
}

impl Asker {
    /// Asks for `asked` by eth0 of `netns`, as `own` with the address `address`.
    ///
    /// # Errors
    /// There is no such interface.
    pub fn new(netns: &Netns, own: Mac, address: Ipv4Addr, asked: Ipv4Addr) -> Result<Self> {
        let header = ethernet::Repr {
            destination: ethernet::BROADCAST,
            source: own.0,
            ethertype: ethernet::TYPE_ARP,
        };
        let message = arp::Repr {
            operation: arp::Operation::Request,
            sender_mac: own.0,
            sender_ip: address.octets(),
            target_mac: [0; 6],
            target_ip: asked.octets(),
        };
        let mut question = [0; QUESTION_LEN];
        header.emit(&mut question);
        message.emit(&mut question[ethernet::HEADER_LEN..]);
        Ok(Self {
            socket: PacketSocket::open(netns, "eth0")?,
            asked,
            question,
        })
    }

    /// Asks, and does not wait for an answer.
    ///
    /// # Errors
    /// The question cannot be sent.
    pub fn ask(&self) -> Result<()> {
        Ok(self.socket.send(&self.question)?)
    }

    /// Asks. Returns the MAC of whoever answers within `limit`.
    ///
    /// # Errors
    /// The question cannot be sent, or the interface is gone.
    pub fn answer_within(&mut self, limit: Duration) -> Result<Option<Mac>> {
        self.ask()?;
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Some(frame) = self.socket.receive(left)? else {
                return Ok(None);
            };
            let Some(body) = frame.get(ethernet::HEADER_LEN..QUESTION_LEN) else {
                continue;
            };
            let Ok(message) =
                arp::Packet::new_checked(body).and_then(|view| arp::Repr::parse(&view))
            else {
                continue;
            };
            let answers = message.operation == arp::Operation::Reply;
            if answers && message.sender_ip == self.asked.octets() {
                return Ok(Some(Mac(message.sender_mac)));
            }
        }
    }
}
