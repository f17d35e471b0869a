//! Unicast peers that are off the LAN, and come back.

use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::{Capture, Host, until};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, Solo};

const INTERVAL: Duration = Duration::from_millis(50);
/// The peer that there is.
const PEER: &str = "192.0.2.9";
/// Last octets of those that there are not.
const MISSING: std::ops::Range<u8> = 10..22;
/// Within which what is sent to those would fill a socket, and stop adverts for more than a second.
const ABSENCE: Duration = Duration::from_secs(5);
/// What a busy machine may make of an interval.
const LONGEST_GAP: Duration = Duration::from_secs(1);
/// Cuts of the peer's cable; the median counts.
const CUTS: u32 = 7;
/// An interval, and what a busy machine may add to more than every second advert. The median is half
/// an interval; were one advert lost, three halves; the kernel asks once a second.
const SOON: Duration = Duration::from_millis(60);

/// Between two datagrams of something else that speaks to the peer.
const CHATTER: Duration = Duration::from_millis(3);

/// A director, and the one peer that there is.
struct Scene {
    solo: Solo,
    peer: Host,
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
            peer,
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

    /// Cuts the peer off for longer than `cut` and until the director's kernel has lost it, mends
    /// that, and returns when the next adverts came, from then on.
    fn return_of_the_peer(&self, cut: Duration) -> Result<Vec<Duration>> {
        let Self { solo, peer, .. } = self;
        solo.lan.cut(peer)?;
        solo.host.netns().ip("neighbour flush dev eth0")?;
        sleep(cut);
        let healed = Instant::now();
        solo.lan.heal(peer)?;
        until("three adverts", PATIENCE, || {
            Ok(self.arrivals_since(healed).len() >= 3)
        })?;
        let arrivals = self.arrivals_since(healed).into_iter();
        Ok(arrivals.map(|at| at - healed).collect())
    }
}

/// Does `work` while another process of the director's host sends to the peer all the time: its
/// datagrams make the kernel ask for the peer, not only adverts.
fn amid_chatter<T>(scene: &Scene, work: impl FnOnce() -> T) -> Result<T> {
    let netns = scene.solo.host.netns();
    let socket = netns.enter(|| UdpSocket::bind("0.0.0.0:0"))??;
    let done = AtomicBool::new(false);
    Ok(thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                // Refused while the peer is not there, and when it is, for nobody listens.
                let _ = socket.send_to(b"anybody?", (PEER, 9));
                sleep(CHATTER);
            }
        });
        let result = work();
        done.store(true, Relaxed);
        result
    }))
}

/// Cuts the peer off, mends that, and again: the first advert after that is an interval away at
/// most, and those that waited never arrive.
fn returns_of_the_peer(scene: &Scene) -> Result<()> {
    let mut delays = Vec::new();
    for round in 0..CUTS {
        // At any time within the second in which the kernel asks once.
        let cut = Duration::from_millis(600) + Duration::from_millis(143) * round;
        let arrivals = scene.return_of_the_peer(cut)?;
        // The kernel may keep as many as there were: twelve and more.
        let at_once = arrivals
            .iter()
            .filter(|at| **at < arrivals[0] + INTERVAL / 2)
            .count();
        ensure!(at_once <= 2, "{at_once} adverts at once");
        delays.push(arrivals[0]);
    }
    delays.sort();
    println!("the first advert comes after {delays:.1?}, at an interval of {INTERVAL:?}");
    let median = delays[CUTS as usize / 2];
    ensure!(median <= SOON, "{median:?} after the cable was mended");
    Ok(())
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

/// Who must not fall back to the group takes no part without peers.
#[test]
fn without_a_peer_it_is_in_fault_if_told_so() -> Result<()> {
    let solo = Solo::new()?;
    let lone = CONFIG.replace("    virtual_ip", "unicast_fault_no_peer\n    virtual_ip");
    let begun = Instant::now();
    let daemon = solo.launch(&lone, &["-n", "-l", "-D"])?;
    daemon.wait_for(INSTANCE, "FAULT", PATIENCE)?;
    let fault = solo.fault()?;
    ensure!(
        fault.as_deref() == Some("it has no unicast peers"),
        "{fault:?}"
    );
    ensure!(solo.adverts(begun).is_empty(), "it speaks");
    let with_peer = lone.replace(
        "unicast_fault",
        "unicast_peer {\n192.0.2.9\n}\nunicast_fault",
    );
    solo.reload(&daemon, &with_peer)?;
    daemon.wait_for(INSTANCE, "MASTER", PATIENCE)?;
    Ok(())
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

#[test]
fn a_peer_that_comes_back_hears_the_next_advert_and_none_that_waited() -> Result<()> {
    let scene = Scene::new()?;
    let _daemon = scene.solo.start(&config(&[PEER.to_owned()]))?;
    returns_of_the_peer(&scene)
}

#[test]
fn a_peer_that_something_else_looks_for_hears_the_next_advert_all_the_same() -> Result<()> {
    let scene = Scene::new()?;
    let _daemon = scene.solo.start(&config(&[PEER.to_owned()]))?;
    amid_chatter(&scene, || returns_of_the_peer(&scene))?
}
