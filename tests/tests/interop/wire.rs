//! What is on the wire: the adverts and gratuitous ARPs of both makes under one configuration, field by
//! field.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Capture, Daemon, Frame, Host, Lan, pause, until};
use ha_tests::pair::{Make, SOON};

use crate::at_once;

/// Beyond `garp_master_delay`.
const WATCH: Duration = Duration::from_millis(1500);

/// Lines of the instance, by what they are about.
const CASES: [(&str, &str); 5] = [
    ("version 2", "version 2\nadvert_int 1\n"),
    (
        "version 2 with a password",
        "version 2\nadvert_int 1\nauthentication {\nauth_type PASS\nauth_pass secret\n}\n",
    ),
    ("version 3", "version 3\nadvert_int 0.1\n"),
    (
        "unicast, version 2",
        "version 2\nadvert_int 1\nunicast_src_ip 192.0.2.1\nunicast_peer {\n192.0.2.9\n}\n",
    ),
    (
        "unicast, version 3",
        "version 3\nadvert_int 0.1\nunicast_peer {\n192.0.2.9\n}\n",
    ),
];

/// Fields of a frame by name, and how many bytes they have. What is not listed is the rest.
type Layout = &'static [(&'static str, usize)];

const ADVERT: Layout = &[
    ("Ethernet destination", 6),
    ("Ethernet source", 6),
    ("EtherType", 2),
    ("IP version and header length", 1),
    ("type of service", 1),
    ("total length", 2),
    (IDENTIFICATION, 2),
    ("flags and fragment offset", 2),
    ("time to live", 1),
    ("protocol", 1),
    (HEADER_CHECKSUM, 2),
    ("source", 4),
    ("destination", 4),
    ("VRRP version and type", 1),
    ("VRID", 1),
    ("priority", 1),
    ("count of addresses", 1),
    ("authentication type, or interval", 1),
    ("interval", 1),
    ("checksum", 2),
    ("addresses and authentication", usize::MAX),
];
/// Each sender has its own count.
const IDENTIFICATION: &str = "identification";
/// Of the above, among others.
const HEADER_CHECKSUM: &str = "header checksum";

const ARP: Layout = &[
    ("Ethernet destination", 6),
    ("Ethernet source", 6),
    ("EtherType", 2),
    ("hardware type", 2),
    ("protocol type", 2),
    ("lengths", 2),
    ("operation", 2),
    ("sender MAC", 6),
    ("sender address", 4),
    ("target MAC", 6),
    ("target address", 4),
    ("padding", usize::MAX),
];

/// Frames, each as lines of fields, and whether one came at all or how many did.
type Seen = BTreeMap<String, usize>;

/// A director alone on its LAN, with one who hears unicast adverts.
struct Stage {
    director: Host,
    peer: Host,
    _lan: Lan,
}

impl Stage {
    fn new() -> Result<Self> {
        let mut lan = Lan::new()?;
        let (director, peer) = (Host::new("lb1")?, Host::new("peer")?);
        lan.attach(&director, "eth0", "192.0.2.1/24")?;
        lan.attach(&peer, "eth0", "192.0.2.9/24")?;
        Ok(Self {
            director,
            peer,
            _lan: lan,
        })
    }

    /// What a daemon sends from its start to its end: adverts, and gratuitous ARPs with their number.
    fn watch(&self, make: Make, lines: &str) -> Result<[Seen; 2]> {
        let capture = |keep: fn(&Frame) -> bool| Capture::start(self.peer.netns(), "eth0", keep);
        let (adverts, arps) = (capture(Frame::is_advert)?, capture(is_gratuitous)?);
        let config = make.configuration(&config(lines));
        let mut daemon = Daemon::start(&self.director, &make.software()?, &config)?;
        daemon.wait_for("VI_1", "MASTER", SOON)?;
        pause(WATCH)?;
        daemon.stop()?;
        until("the farewell", SOON, || {
            Ok(adverts.last().and_then(|last| last.priority()) == Some(0))
        })?;
        let mut kinds = describe(&adverts.frames(), ADVERT)?;
        kinds.values_mut().for_each(|count| *count = 1);
        Ok([kinds, describe(&arps.frames(), ARP)?])
    }
}

fn config(lines: &str) -> String {
    format!(
        "vrrp_instance VI_1 {{\nstate BACKUP\ninterface eth0\nvirtual_router_id 51\npriority 150\n\
         {lines}garp_master_delay 1\ngarp_master_repeat 3\n\
         virtual_ipaddress {{\n192.0.2.100/24\n192.0.2.101/32\n198.51.100.7/24\n}}\n\
         virtual_ipaddress_excluded {{\n192.0.2.110/24\n}}\n}}\n"
    )
}

/// Whether it is an ARP question or answer of somebody about itself.
fn is_gratuitous(frame: &Frame) -> bool {
    frame.is_arp() && frame.bytes.get(28..32) == frame.bytes.get(38..42)
}

fn describe(frames: &[Frame], layout: Layout) -> Result<Seen> {
    let mut seen = Seen::new();
    for frame in frames {
        *seen.entry(fields(&frame.bytes, layout)?).or_default() += 1;
    }
    Ok(seen)
}

fn fields(mut bytes: &[u8], layout: Layout) -> Result<String> {
    let mut text = String::new();
    for (name, length) in layout {
        let (field, rest) = bytes.split_at_checked(*length).unwrap_or((bytes, &[]));
        bytes = rest;
        if ![IDENTIFICATION, HEADER_CHECKSUM].contains(name) {
            writeln!(text, "  {name}: {field:02x?}")?;
        }
    }
    Ok(text)
}

#[test]
fn frames_are_those_of_keepalived_field_by_field() -> Result<()> {
    at_once(CASES, |(name, lines)| {
        frames_are_the_same(lines).context(name)
    })
}

fn frames_are_the_same(lines: &str) -> Result<()> {
    let stage = Stage::new()?;
    let theirs = stage.watch(Make::Keepalived, lines)?;
    for make in [Make::Vipd, Make::VipdWithoutXdp] {
        let ours = stage.watch(make, lines)?;
        for (ours, theirs) in ours.iter().zip(&theirs) {
            compare(ours, theirs).with_context(|| make.to_string())?;
        }
    }
    Ok(())
}

fn compare(ours: &Seen, theirs: &Seen) -> Result<()> {
    ensure!(!theirs.is_empty(), "keepalived has sent nothing");
    let all = ours.keys().chain(theirs.keys());
    let differ = all.filter(|kind| ours.get(*kind) != theirs.get(*kind));
    let differ: String = differ
        .map(|kind| {
            let count = |of: &Seen| of.get(kind).copied().unwrap_or(0);
            format!(
                "{} of ours, {} of keepalived's:\n{kind}",
                count(ours),
                count(theirs)
            )
        })
        .collect();
    ensure!(differ.is_empty(), "{differ}");
    Ok(())
}
