//! Bad adverts, and what both count them as.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ha_common::wire::vrrp::{Authentication, Version};
use ha_tests::lab::{PacketSocket, pause};
use ha_tests::xdp::frame::Advert;

use super::MASTER;
use super::node::Node;
use super::scene::{Play, Scene, with_both};

/// Password on the wire.
const PASSWORD: [u8; 8] = *b"secret\0\0";
/// How often each is sent, so that counters cannot be mistaken for one another.
const TIMES: [(&str, usize); 6] = [
    ("packet_len_err", 1),
    ("ip_ttl_err", 2),
    ("invalid_type_rcvd", 3),
    ("invalid_authtype", 4),
    ("authtype_mismatch", 5),
    ("auth_failure", 6),
];
/// Between two adverts, so that each is looked at for itself.
const APART: Duration = Duration::from_millis(20);

/// A director that is alone with a password.
fn play() -> Play {
    let own = "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n priority 200\n \
               authentication {\n auth_type PASS\n auth_pass secret\n }\n \
               virtual_ipaddress {\n 192.0.2.100\n }\n}\n";
    Play {
        own: own.to_owned(),
        other: String::from("global_defs {\n router_id lb2\n}\n"),
        states: &[("VI_1", MASTER)],
        before: &[],
    }
}

/// Frames with one fault each; of an old type of authentication nobody knows the number 7.
fn frame(fault: &str) -> Vec<u8> {
    let advert = |authentication| Advert {
        version: Version::V2(authentication),
        vrid: 51,
        priority: 100,
        interval: Duration::from_secs(1),
        source: [192, 0, 2, 9],
        pseudo_header: false,
        addresses: vec![[192, 0, 2, 100]],
        ..Advert::default()
    };
    let good = advert(Authentication::plain_text(PASSWORD));
    match fault {
        "packet_len_err" => good.frame_with(3, 2),
        "ip_ttl_err" => Advert { ttl: 64, ..good }.frame(),
        "invalid_type_rcvd" => good.frame_with(0, 0x22),
        "invalid_authtype" => good.frame_with(4, 7),
        "authtype_mismatch" => advert(Authentication::NONE).frame(),
        _ => advert(Authentication::plain_text(*b"guessed\0")).frame(),
    }
}

fn provoke(scene: &Scene) -> Result<Vec<f64>> {
    let socket = PacketSocket::open(scene.stranger.netns(), "eth0")?;
    for (fault, times) in TIMES {
        for _ in 0..times {
            socket.send(&frame(fault))?;
            pause(APART)?;
        }
    }
    let json: Node = serde_json::from_str(&scene.dump("JSON")?)?;
    let Node::Array(list) = json else {
        anyhow::bail!("no list");
    };
    let stats = list[0].get("stats").context("no counters")?;
    let counted = TIMES.iter().map(|(fault, _)| stats.number(fault));
    counted.collect::<Option<_>>().context("counters")
}

#[test]
fn bad_adverts_count_as_with_keepalived() -> Result<()> {
    let [keepalived, vipd] = with_both(&play(), provoke)?;
    let sent: Vec<f64> = TIMES.iter().map(|(_, times)| *times as f64).collect();
    ensure!(keepalived == sent, "keepalived: {keepalived:?}");
    ensure!(vipd == sent, "vipd: {vipd:?}");
    Ok(())
}
