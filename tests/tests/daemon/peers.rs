//! Unicast peers that are off the LAN.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::{Capture, Host};

use crate::solo::Solo;

const INTERVAL: Duration = Duration::from_millis(50);
/// The peer that there is.
const PEER: &str = "192.0.2.9";
/// Last octets of those that there are not.
const MISSING: std::ops::Range<u8> = 10..22;
/// Within which what is sent to those would fill a socket, and stop adverts for more than a second.
const ABSENCE: Duration = Duration::from_secs(5);
/// What a busy machine may make of an interval.
const LONGEST_GAP: Duration = Duration::from_secs(1);
/// A director, and the one peer that there is.
struct Scene {
    solo: Solo,
    _peer: Host,
    adverts: Capture,
}

impl Scene {
    fn new() -> Result<Self> {
        let mut solo = Solo::new()?;
        let peer = Host::new("peer")?;
        solo.lan.attach(&peer, "eth0", &format!("{PEER}/24"))?;
        let adverts = Capture::of_adverts(peer.netns(), "eth0")?;
        Ok(Self {
            solo,
            _peer: peer,
            adverts,
        })
    }

    fn arrivals_since(&self, since: Instant) -> Vec<Instant> {
        let frames = self.adverts.frames().into_iter();
        frames
            .map(|frame| frame.at)
            .filter(|at| *at >= since)
            .collect()
    }
}

fn config(peers: &[String]) -> String {
    let peers: String = peers
        .iter()
        .map(|peer| format!("        {peer}\n"))
        .collect();
    format!(
        "vrrp_instance VI_1 {{\n    state BACKUP\n    interface eth0\n    version 3\n    \
             virtual_router_id 51\n    priority 100\n    advert_int {}\n    \
             unicast_src_ip 192.0.2.1\n    unicast_peer {{\n{peers}    }}\n    \
             virtual_ipaddress {{\n        192.0.2.100/24\n    }}\n}}\n",
        INTERVAL.as_secs_f64()
    )
}

#[test]
fn peers_that_are_gone_keep_no_advert_from_those_that_are_there() -> Result<()> {
    let scene = Scene::new()?;
    let missing = MISSING.map(|last| format!("192.0.2.{last}"));
    let peers: Vec<_> = missing.chain([PEER.to_owned()]).collect();
    let _daemon = scene.solo.start(&config(&peers))?;
    let since = Instant::now();
    sleep(ABSENCE);
    let end = Instant::now();
    let times: Vec<_> = scene
        .arrivals_since(since)
        .into_iter()
        .chain([end])
        .collect();
    let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
    let longest = gaps.max().unwrap_or(ABSENCE);
    println!("{} adverts, at most {longest:.1?} apart", times.len() - 1);
    ensure!(longest <= LONGEST_GAP, "no advert for {longest:?}");
    Ok(())
}
