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
    address: Ipv4Addr,
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
            address,
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

    /// Asks `times` times at once, and does not wait for answers.
    ///
    /// # Errors
    /// The questions cannot be sent.
    pub(super) fn ask_all(&self, times: usize) -> Result<()> {
        Ok(self.socket.send_all(&vec![&self.question[..]; times])?)
    }

    /// Asks. Returns the MAC of whoever answers within `limit`.
    ///
    /// # Errors
    /// The question cannot be sent, or the interface is gone.
    pub fn answer_within(&mut self, limit: Duration) -> Result<Option<Mac>> {
        self.ask()?;
        self.answer_before(Instant::now() + limit)
    }

    /// The MAC of whoever is the next to answer before `deadline`.
    ///
    /// # Errors
    /// The interface is gone.
    pub(super) fn answer_before(&mut self, deadline: Instant) -> Result<Option<Mac>> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Some(frame) = self.socket.receive(left)? else {
                return Ok(None);
            };
            if let Some(answer) = answer(frame, self.asked, self.address) {
                return Ok(Some(answer));
            }
        }
    }
}

/// Who says in `frame` to `address` that it has `asked`, if that is what `frame` says.
fn answer(frame: &[u8], asked: Ipv4Addr, address: Ipv4Addr) -> Option<Mac> {
    let body = frame.get(ethernet::HEADER_LEN..QUESTION_LEN)?;
    let view = arp::Packet::new_checked(body).ok()?;
    let message = arp::Repr::parse(&view).ok()?;
    let is_reply = message.operation == arp::Operation::Reply;
    let answers = is_reply && message.sender_ip == asked.octets();
    let to_us = message.target_ip == address.octets();
    (answers && to_us).then_some(Mac(message.sender_mac))
}
