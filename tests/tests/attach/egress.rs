//! What leaves a director: nothing that speaks for an address which it does not own.

use std::net::Ipv4Addr;
use std::time::Instant;

use anyhow::Result;
use ha_common::Nanos;
use ha_common::wire::{arp, ethernet, ipv4};
use ha_tests::lab::PacketSocket;
use ha_tests::owner::{ROUTER, VIP};
use ha_user::datapath::{AttachMode, Datapath};

use crate::cable::{Cable, PATIENCE, SILENCE, attach, mac, owner};

const UDP: u8 = 17;

/// Speaks from the director, and listens at the client.
struct Speech {
    mouth: PacketSocket,
    ear: PacketSocket,
    own: [u8; 6],
}

impl Speech {
    fn new(cable: &Cable) -> Result<Self> {
        Ok(Self {
            mouth: PacketSocket::open(&cable.director, "eth0")?,
            ear: PacketSocket::open(&cable.client, "eth0")?,
            own: mac(&cable.director)?.0,
        })
    }

    fn frame(&self, ethertype: u16, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0; ethernet::HEADER_LEN];
        let header = ethernet::Repr {
            destination: ethernet::BROADCAST,
            source: self.own,
            ethertype,
        };
        header.emit(&mut frame);
        frame.extend(payload);
        frame
    }

    fn announcement(&self, address: Ipv4Addr) -> Vec<u8> {
        let mut payload = [0; arp::PACKET_LEN];
        arp::Repr::announcement(self.own, address.octets()).emit(&mut payload);
        self.frame(ethernet::TYPE_ARP, &payload)
    }

    fn packet(&self, source: Ipv4Addr) -> Vec<u8> {
        let mut payload = [0; ipv4::HEADER_LEN + 8];
        let destination = [192, 0, 2, 255];
        let mut header = ipv4::Repr::vrrp(source.octets(), destination, 1, 8);
        header.protocol = UDP;
        header.emit(&mut payload);
        self.frame(ethernet::TYPE_IPV4, &payload)
    }

    /// Whether the client hears `frame`.
    fn is_heard(&mut self, frame: &[u8], expected: bool) -> Result<bool> {
        match self.mouth.send(frame) {
            // What a sender is told of a packet that was dropped on its way out.
            Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {}
            sent => sent?,
        }
        let deadline = Instant::now() + if expected { PATIENCE } else { SILENCE };
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.ear.receive(left)? {
                Some(heard) if heard.starts_with(frame) => return Ok(true),
                Some(_) => {}
                None => return Ok(false),
            }
        }
    }
}

fn lose(datapath: &Datapath, installed: bool) {
    let records = datapath.records();
    let record = records.record(ROUTER);
    if installed {
        record.set_installed();
    } else {
        record.set_taken_off(Nanos::NEVER);
    }
    record.set_owned_until(Nanos::NEVER);
}

#[test]
fn only_the_owner_speaks_for_an_address() -> Result<()> {
    for mode in [AttachMode::Generic, AttachMode::Tc] {
        let cable = Cable::new()?;
        let mut datapath = owner(&cable.director)?;
        attach(&cable.director, &mut datapath, mode)?;
        let mut speech = Speech::new(&cable)?;
        let (arp, ip) = (speech.announcement(VIP), speech.packet(VIP));
        assert!(speech.is_heard(&arp, true)?, "the owner announces");
        assert!(speech.is_heard(&ip, true)?, "the owner speaks");

        lose(&datapath, true);
        assert!(
            !speech.is_heard(&arp, false)?,
            "{mode:?}: ARP of the former owner"
        );
        assert!(
            !speech.is_heard(&ip, false)?,
            "{mode:?}: IP of the former owner"
        );
        let other = Ipv4Addr::new(192, 0, 2, 1);
        for frame in [speech.announcement(other), speech.packet(other)] {
            assert!(speech.is_heard(&frame, true)?, "others are not touched");
        }

        lose(&datapath, false);
        assert!(!speech.is_heard(&arp, false)?, "{mode:?}: ARP of a Backup");
        assert!(speech.is_heard(&ip, true)?, "an address of the operator's");
    }
    Ok(())
}

#[test]
fn a_dead_daemons_gate_stays_shut() -> Result<()> {
    let cable = Cable::new()?;
    let mut datapath = owner(&cable.director)?;
    attach(&cable.director, &mut datapath, AttachMode::Auto)?;
    lose(&datapath, true);
    drop(datapath);
    let mut speech = Speech::new(&cable)?;
    let announcement = speech.announcement(VIP);
    assert!(!speech.is_heard(&announcement, false)?);
    Ok(())
}
