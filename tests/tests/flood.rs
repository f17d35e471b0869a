//! A stranger sends valid adverts of lower priority as fast as it can while the Active router is
//! cut off: the Backup must take over as if nobody had spoken.

use std::net::Ipv4Addr;
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::BytesMut;
use ha_common::wire::{ethernet, ipv4};
use ha_common::{Priority, Vrid};
use ha_tests::lab::{Daemon, Host, Lan, Mac, PacketSocket, Tools, pause};
use ha_user::net::advert::{Cast, Framing, GROUP};
use ha_user::vrrp::Version;
use socket2::SockFilter;

const STRANGER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 66);
const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
const BACKUP_PRIORITY: u32 = 100;
/// What the takeover may be late by.
const LATENESS: Duration = Duration::from_millis(20);
/// Far more than an election takes.
const PATIENCE: Duration = Duration::from_secs(15);
/// Rounds, of which the median counts: the machine may be busy with something else in one.
const ROUNDS: usize = 5;

fn config(priority: u32, version: u8, advert_int: &str) -> String {
    format!(
        "vrrp_instance VI_1 {{
            interface eth0
            state BACKUP
            version {version}
            virtual_router_id 51
            priority {priority}
            advert_int {advert_int}
            virtual_ipaddress {{
                {VIP}
            }}
        }}
        "
    )
}

struct Scene {
    lan: Lan,
    first: Daemon,
    second: Daemon,
    stranger: Host,
    stranger_mac: Mac,
    second_mac: Mac,
}

impl Scene {
    fn new(version: u8, advert_int: &str) -> Result<Self> {
        let mut lan = Lan::new()?;
        let [lb1, lb2, stranger] = ["lb1", "lb2", "stranger"].map(Host::new);
        let (lb1, lb2, stranger) = (lb1?, lb2?, stranger?);
        lan.attach(&lb1, "eth0", "192.0.2.1/24")?;
        let second_mac = lan.attach(&lb2, "eth0", "192.0.2.2/24")?;
        let stranger_mac = lan.attach(&stranger, "eth0", &format!("{STRANGER}/24"))?;
        let vipd = Tools::vipd()?;
        let start = |host: &Host, priority| {
            Daemon::start(host, &vipd, &config(priority, version, advert_int))
        };
        Ok(Self {
            first: start(&lb1, BACKUP_PRIORITY + 50)?,
            second: start(&lb2, BACKUP_PRIORITY)?,
            lan,
            stranger,
            stranger_mac,
            second_mac,
        })
    }

    /// Cuts the Active router off under fire; how long the Backup took to speak.
    fn round(&self, frame: &[u8]) -> Result<Duration> {
        let began = Instant::now();
        let calm = |daemon: &Daemon, state| daemon.wait_for_since("VI_1", state, began, PATIENCE);
        if self.first.state("VI_1") != Some("MASTER") {
            calm(&self.first, "MASTER")?;
        }
        if self.second.state("VI_1") != Some("BACKUP") {
            calm(&self.second, "BACKUP")?;
        }
        let mut watch = PacketSocket::open(self.lan.netns(), self.lan.interface())?;
        watch.filter(&adverts_from(self.second_mac))?;
        let takeover = under_fire(&self.stranger, frame, || {
            pause(Duration::from_millis(500))?;
            let cut = Instant::now();
            self.lan.cut(self.first.host())?;
            watch
                .receive(PATIENCE)?
                .context("the Backup stays silent")?;
            Ok(cut.elapsed())
        });
        self.lan.heal(self.first.host())?;
        takeover
    }
}

/// Runs `scene` while `stranger` sends `frame` at full rate.
fn under_fire<T>(stranger: &Host, frame: &[u8], scene: impl FnOnce() -> Result<T>) -> Result<T> {
    let socket = PacketSocket::open(stranger.netns(), "eth0")?;
    let (over, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let began = Instant::now();
    let result = thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Relaxed) {
                // A full queue is as full as it gets.
                sent.fetch_add(socket.send(frame).is_ok().into(), Relaxed);
            }
        });
        let result = scene();
        over.store(true, Relaxed);
        result
    })?;
    let rate = sent.load(Relaxed) as f64 / began.elapsed().as_secs_f64();
    println!("{rate:.0} adverts/s from the stranger");
    ensure!(rate > 5_000.0, "that is no flood");
    Ok(result)
}

fn hostile_advert(version: Version, interval: Duration, from: Mac) -> Vec<u8> {
    let framing = Framing {
        vrid: Vrid::new(51).expect("a VRID"),
        version,
        source: STRANGER,
        auth: None,
        addresses: vec![VIP],
        interval,
        cast: Cast::Multicast,
        checksum_as_v2: false,
        check_unicast_source: false,
    };
    let mut packet = BytesMut::new();
    framing.encode(Priority::new(50), GROUP, NonZeroU16::MIN, &mut packet);
    let ethertype = ethernet::TYPE_IPV4.to_be_bytes();
    [&ethernet::VRRP_GROUP[..], &from.0, &ethertype, &packet].concat()
}

/// A classic BPF program: IPv4, VRRP, and the last four octets of the source's MAC.
fn adverts_from(mac: Mac) -> Vec<SockFilter> {
    let op = |code: u32, operand: u32| SockFilter::new(code as u16, 0, 0, operand);
    let unless = |value: u32, skip: u8| {
        let code = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
        SockFilter::new(code as u16, 0, skip, value)
    };
    let [_, _, a, b, c, d] = mac.0;
    vec![
        op(libc::BPF_LD | libc::BPF_B | libc::BPF_ABS, 23),
        unless(ipv4::PROTOCOL_VRRP.into(), 3),
        op(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 8),
        unless(u32::from_be_bytes([a, b, c, d]), 1),
        op(libc::BPF_RET | libc::BPF_K, u32::MAX),
        op(libc::BPF_RET | libc::BPF_K, 0),
    ]
}

fn assert_punctual(version: Version, advert_int: &str, skew: Duration) -> Result<()> {
    let interval = Duration::from_secs_f64(advert_int.parse()?);
    let number = if version == Version::V2 { 2 } else { 3 };
    let scene = Scene::new(number, advert_int)?;
    let frame = hostile_advert(version, interval, scene.stranger_mac);
    let mut takeovers = (0..ROUNDS)
        .map(|_| scene.round(&frame))
        .collect::<Result<Vec<_>>>()?;
    takeovers.sort();
    let down = 3 * interval + skew;
    println!("{version:?} {advert_int}: Active_Down_Interval {down:?}, takeovers {takeovers:?}");
    let median = takeovers[ROUNDS / 2];
    assert!(median > down - interval, "before its time: {median:?}");
    assert!(median <= down + LATENESS, "{median:?} of {takeovers:?}");
    Ok(())
}

#[test]
fn version_2_takes_over_in_time() -> Result<()> {
    let skew = Duration::from_secs(1) * (256 - BACKUP_PRIORITY) / 256;
    assert_punctual(Version::V2, "1", skew)
}

#[test]
fn version_3_takes_over_in_time() -> Result<()> {
    for (advert_int, interval) in [
        ("0.1", Duration::from_millis(100)),
        ("0.01", Duration::from_millis(10)),
    ] {
        assert_punctual(
            Version::V3,
            advert_int,
            interval * (256 - BACKUP_PRIORITY) / 256,
        )?;
    }
    Ok(())
}
