//! How a MASTER answers the adverts of others, beside keepalived under the same configuration.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::BytesMut;
use ha_common::wire::ethernet;
use ha_common::{Family, Priority, Vrid};
use ha_tests::lab::{Capture, Daemon, Frame, Host, Lan, Mac, PacketSocket, pause, until};
use ha_tests::pair::Make;
use ha_user::net::advert::{Cast, Framing, group};
use ha_user::vrrp::Version;

use crate::at_once;

const VIP: &str = "192.0.2.100";
const STRANGER: &str = "192.0.2.9";
/// Long enough for an advert that answers to be told from one that is due.
const INTERVAL: Duration = Duration::from_secs(2);
/// Beyond an election at that interval.
const PATIENCE: Duration = Duration::from_secs(20);
/// After an advert of the director, and after its first gratuitous ARPs.
const PAUSE: Duration = Duration::from_millis(300);
/// For what is said at once; over before the next advert is due.
const AT_ONCE: Duration = Duration::from_millis(900);
/// For what is said once more after [`DELAY`].
const LATER: Duration = Duration::from_millis(1500);
/// `garp_lower_prio_delay`, where something is said once more.
const DELAY: &str = "garp_lower_prio_delay 2\n";

/// What is answered to an advert, and how.
struct Case {
    global: &'static str,
    lines: &'static str,
    /// Of the stranger, against 150.
    priority: u8,
    /// What is seen then.
    seen: Seen,
}

/// Frames of the director.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    /// Gratuitous ARPs after the takeover.
    takeover: usize,
    /// Adverts, but for those that are due.
    adverts: usize,
    /// Gratuitous ARPs at once.
    at_once: usize,
    /// And later.
    later: usize,
}

const fn seen(takeover: usize, adverts: usize, at_once: usize, later: usize) -> Seen {
    Seen {
        takeover,
        adverts,
        at_once,
        later,
    }
}

fn cases() -> [Case; 8] {
    let case = |global, lines, priority, seen| Case {
        global,
        lines,
        priority,
        seen,
    };
    let one = "garp_lower_prio_repeat 1\n";
    [
        case("", "garp_lower_prio_repeat 3\n", 50, seen(2, 1, 3, 3)),
        case("", "garp_lower_prio_repeat 0\n", 50, seen(2, 1, 0, 0)),
        case(
            "vrrp_lower_prio_no_advert\nvrrp_garp_lower_prio_repeat 4\n",
            "",
            50,
            seen(2, 0, 4, 4),
        ),
        case("", "strict_mode on\n", 50, seen(2, 0, 0, 0)),
        case("", "lower_prio_no_advert\n", 0, seen(2, 1, 0, 0)),
        case("vrrp_min_garp\n", one, 50, seen(1, 1, 1, 1)),
        case("", "higher_prio_send_advert\n", 200, seen(2, 1, 0, 0)),
        case(
            "vrrp_higher_prio_send_advert\n",
            "higher_prio_send_advert off\n",
            200,
            seen(2, 0, 0, 0),
        ),
    ]
}

impl Case {
    fn config(&self) -> String {
        let takeover = match self.global.contains("min_garp") {
            true => "",
            false => "garp_master_delay 0\ngarp_master_repeat 2\n",
        };
        format!(
            "global_defs {{\n{}}}\n\
             vrrp_instance VI_1 {{\ninterface eth0\nvirtual_router_id 51\npriority 150\n\
             version 3\nadvert_int {}\n{takeover}{DELAY}{}\
             virtual_ipaddress {{\n{VIP}/24\n}}\n}}\n",
            self.global,
            INTERVAL.as_secs(),
            self.lines,
        )
    }

    /// What `make` must show. Where its data path has judged an advert, it does not answer any more,
    /// and so it does not speak.
    fn expected(&self, make: Make) -> Seen {
        let fenced = make == Make::Vipd && self.priority > 150;
        Seen {
            adverts: if fenced { 0 } else { self.seen.adverts },
            ..self.seen
        }
    }

    fn is_shown_by(&self, make: Make) -> Result<()> {
        let stage = Stage::new()?;
        let config = make.configuration(&self.config());
        let daemon = Daemon::start(&stage.director, &make.software()?, &config)?;
        daemon.wait_for("VI_1", "MASTER", PATIENCE)?;
        let told = stage.provoke(self.priority)?;
        let expected = self.expected(make);
        ensure!(told == expected, "{make}: {told:?}, not {expected:?}");
        Ok(())
    }
}

#[test]
fn others_are_answered_as_keepalived_does() -> Result<()> {
    for make in Make::ALL {
        at_once(cases(), |case| {
            case.is_shown_by(make).with_context(|| case.config())
        })?;
    }
    Ok(())
}

/// A director and a stranger, who hears all that it sends.
struct Stage {
    director: Host,
    stranger: Host,
    mac: Mac,
    adverts: Capture,
    arps: Capture,
    _lan: Lan,
}

impl Stage {
    fn new() -> Result<Self> {
        let mut lan = Lan::new()?;
        let (director, stranger) = (Host::new("lb1")?, Host::new("stranger")?);
        lan.attach(&director, "eth0", "192.0.2.1/24")?;
        let mac = lan.attach(&stranger, "eth0", &format!("{STRANGER}/24"))?;
        let capture = |keep: fn(&Frame) -> bool| Capture::start(stranger.netns(), "eth0", keep);
        Ok(Self {
            adverts: capture(Frame::is_advert)?,
            arps: capture(is_for_vip)?,
            director,
            stranger,
            mac,
            _lan: lan,
        })
    }

    /// Has the stranger say something between two adverts of the director, and counts what follows.
    fn provoke(&self, priority: u8) -> Result<Seen> {
        pause(INTERVAL + PAUSE)?;
        let spoken = self.adverts.frames().len();
        until("an advert", PATIENCE, || {
            Ok(self.adverts.frames().len() > spoken)
        })?;
        pause(PAUSE)?;
        let count = || (self.adverts.frames().len(), self.arps.frames().len());
        let before = count();
        PacketSocket::open(self.stranger.netns(), "eth0")?.send(&self.advert(priority)?)?;
        pause(AT_ONCE)?;
        let then = count();
        pause(LATER)?;
        let (_, arps) = count();
        Ok(Seen {
            takeover: before.1,
            adverts: then.0 - before.0,
            at_once: then.1 - before.1,
            later: arps - then.1,
        })
    }

    fn advert(&self, priority: u8) -> Result<Vec<u8>> {
        let framing = Framing {
            vrid: Vrid::new(51).context("a VRID")?,
            version: Version::V3,
            source: STRANGER.parse()?,
            auth: None,
            addresses: vec![VIP.parse()?],
            interval: INTERVAL,
            cast: Cast::Multicast(group(Family::Ipv4)),
            checksum_as_v2: false,
            check_unicast_source: false,
            unicast_ttl: None,
            ignores_adverts: false,
            peer_ttls: BTreeMap::new(),
        };
        let mut packet = BytesMut::new();
        let group = group(framing.family());
        framing.encode(Priority::new(priority), group, &mut packet);
        let header = [
            &ethernet::VRRP_GROUP,
            &self.mac.0,
            &ethernet::TYPE_IPV4.to_be_bytes()[..],
        ];
        Ok([header.concat(), packet.to_vec()].concat())
    }
}

/// Whether it is a gratuitous ARP for the address.
fn is_for_vip(frame: &Frame) -> bool {
    let vip = VIP.parse();
    frame.is_arp()
        && vip.is_ok_and(|vip| frame.speaks_as(vip))
        && frame.bytes.get(28..32) == frame.bytes.get(38..42)
}
