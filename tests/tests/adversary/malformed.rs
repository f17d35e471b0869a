//! Frames that are no adverts, or almost.

use anyhow::{Result, ensure};
use ha_common::Reason;
use ha_common::wire::{ethernet, ipv4};
use ha_tests::forgery::{sent_by_stranger, stranger};
use ha_tests::lab::{Lan, PacketSocket};
use ha_tests::watched::Pair;
use ha_tests::xdp::frame::{Advert, DOUBLE_TAG, as_fragment, tagged};

use crate::scene::{Scene, V2, V3};

/// Fragment flag: more follow.
const MORE: u16 = 0x2000;
const HEADERS: usize = ethernet::HEADER_LEN + ipv4::HEADER_LEN;

/// What would end an ownership if it were taken for an advert.
fn strongest(scene: &Scene) -> Result<Advert> {
    Ok(Advert {
        priority: 255,
        ..stranger(&scene.pair)?
    })
}

#[test]
fn jumbo_adverts() -> Result<()> {
    for setup in [V2, V3] {
        let scene = Scene::on(Pair::on(Lan::with_mtu(9000)?, setup)?)?;
        let mut jumbo = sent_by_stranger(&scene.pair, strongest(&scene)?.frame())?;
        jumbo.resize(HEADERS + 8000, 0);
        lengthen_packet(&mut jumbo);
        scene.bear(&jumbo)?;
        for index in [0, 1] {
            scene.wait_for_packets(index, Reason::AdvertLength)?;
        }
    }
    Ok(())
}

/// Makes the IPv4 header's length that of the frame.
fn lengthen_packet(frame: &mut [u8]) {
    let length = u16::try_from(frame.len() - ethernet::HEADER_LEN).unwrap_or(u16::MAX);
    let header = &mut frame[ethernet::HEADER_LEN..HEADERS];
    header[2..4].copy_from_slice(&length.to_be_bytes());
    let checksum = pnet_packet::util::checksum(header, 5);
    header[10..12].copy_from_slice(&checksum.to_be_bytes());
}

#[test]
fn truncated_adverts() -> Result<()> {
    for setup in [V2, V3] {
        let scene = Scene::new(setup)?;
        let whole = sent_by_stranger(&scene.pair, strongest(&scene)?.frame())?;
        // At the directors' own ports: a bridge may look into packets, and forward none of these.
        for port in ["port1", "port2"] {
            let cable = PacketSocket::open(scene.pair.lan.netns(), port)?;
            for length in ethernet::HEADER_LEN..whole.len() {
                cable.send(&whole[..length])?;
            }
        }
        scene.check_calm()?;
        for index in [0, 1] {
            scene.wait_for_packets(index, Reason::Unparsable)?;
            scene.wait_for_packets(index, Reason::AdvertLength)?;
        }
        // A message that lacks its addresses, in a packet that says so.
        let mut cut = whole[..HEADERS + 8].to_vec();
        lengthen_packet(&mut cut);
        scene.bear(&cut)?;
        scene.wait_for_line(1, Reason::AdvertLength.describe())?;
    }
    Ok(())
}

/// Routers live on the interface where the tags are gone.
#[test]
fn adverts_behind_two_vlan_tags() -> Result<()> {
    let scene = Scene::new(V3)?;
    let frame = sent_by_stranger(&scene.pair, strongest(&scene)?.frame())?;
    scene.bear(&tagged(&frame, &DOUBLE_TAG))?;
    for index in [0, 1] {
        let foreign = scene.packets(index, Reason::AdvertForeign)?;
        let other = scene.packets(index, Reason::Foreign)?;
        ensure!(foreign + other > 0, "nothing arrived");
        ensure!(scene.packets(index, Reason::AdvertFenced)? == 0);
    }
    Ok(())
}

/// A piece of an advert is none, however often it comes.
#[test]
fn fragments_of_an_advert() -> Result<()> {
    for setup in [V2, V3] {
        let scene = Scene::new(setup)?;
        let whole = sent_by_stranger(&scene.pair, strongest(&scene)?.frame())?;
        let mut first = whole[..HEADERS + 8].to_vec();
        lengthen_packet(&mut first);
        scene.bear(&as_fragment(&first, MORE))?;
        scene.bear(&as_fragment(&whole, 8))?;
        for index in [0, 1] {
            scene.wait_for_packets(index, Reason::Unparsable)?;
        }
    }
    Ok(())
}
