//! What is on the wire: the adverts, gratuitous ARPs and unsolicited Neighbor Advertisements of both makes
//! under one configuration, field by field.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Capture, Daemon, Frame, Host, Lan, pause, until};
use ha_tests::pair::{Make, SOON};

use crate::at_once;

/// Three intervals of a second, and a dozen daemons that start beside this one.
const TAKEOVER: Duration = Duration::from_secs(15);
/// Beyond `garp_master_delay`.
const WATCH: Duration = Duration::from_millis(1500);

/// Lines of the instance and its addresses, by what they are about.
const CASES: [(&str, &str, &str); 12] = [
    ("version 2", "version 2\nadvert_int 1\n", IPV4),
    (
        "version 2 with a password",
        "version 2\nadvert_int 1\nauthentication {\nauth_type PASS\nauth_pass secret\n}\n",
        IPV4,
    ),
    ("version 3", "version 3\nadvert_int 0.1\n", IPV4),
    (
        "unicast, version 2",
        "version 2\nadvert_int 1\nunicast_src_ip 192.0.2.1\nunicast_peer {\n192.0.2.9\n}\n",
        IPV4,
    ),
    (
        "unicast, version 3",
        "version 3\nadvert_int 0.1\nunicast_peer {\n192.0.2.9\n}\n",
        IPV4,
    ),
    (
        "another group",
        "version 3\nadvert_int 0.1\nmcast_dst_ip 239.200.0.99\n",
        IPV4,
    ),
    (
        "unicast, a TTL",
        "version 3\nadvert_int 0.1\nunicast_ttl 7\nunicast_peer {\n192.0.2.9\n}\n",
        IPV4,
    ),
    (
        "IPv6, another group",
        "advert_int 0.1\nmcast_dst_ip ff02::99\n",
        IPV6,
    ),
    (
        "IPv6, unicast, a hop limit",
        "advert_int 0.1\nunicast_ttl 7\nunicast_src_ip 2001:db8::1\nunicast_peer {\n2001:db8::9\n}\n",
        IPV6,
    ),
    ("IPv6", "advert_int 0.1\n", IPV6),
    ("IPv6, version 2", "version 2\nadvert_int 1\n", IPV6),
    (
        "IPv6, unicast",
        "advert_int 0.1\nunicast_src_ip 2001:db8::1\nunicast_peer {\n2001:db8::9\n}\n",
        IPV6,
    ),
];
const IPV4: &str = "virtual_ipaddress {\n192.0.2.100/24\n192.0.2.101/32\n198.51.100.7/24\n}\n\
    virtual_ipaddress_excluded {\n192.0.2.110/24\n2001:db8::110/64\n}\n";
const IPV6: &str = "virtual_ipaddress {\nfe80::100/64\n2001:db8::100/64\n2001:db8:1::100\n}\n\
    virtual_ipaddress_excluded {\n2001:db8::110/64\n192.0.2.110/24\n}\n";

/// Fields of a frame by name, and how many bytes they have.
type Fields = &'static [(&'static str, usize)];
/// A frame, header by header. What the last field is long is the rest.
type Layout = [Fields; 3];

const ETHERNET: Fields = &[
    ("Ethernet destination", 6),
    ("Ethernet source", 6),
    ("EtherType", 2),
];

const IPV4_HEADER: Fields = &[
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
];
/// Each sender has its own count.
const IDENTIFICATION: &str = "identification";
/// Of the above, among others.
const HEADER_CHECKSUM: &str = "header checksum";

const IPV6_HEADER: Fields = &[
    ("version, traffic class and flow label", 4),
    ("payload length", 2),
    ("next header", 1),
    ("hop limit", 1),
    ("source", 16),
    ("destination", 16),
];

const ADVERT: Fields = &[
    ("VRRP version and type", 1),
    ("VRID", 1),
    ("priority", 1),
    ("count of addresses", 1),
    ("authentication type, or interval", 1),
    ("interval", 1),
    ("checksum", 2),
    ("addresses and authentication", usize::MAX),
];

const NEIGHBOUR: Fields = &[
    ("type and code", 2),
    ("checksum", 2),
    ("flags", 4),
    ("target", 16),
    ("options", usize::MAX),
];

const ARP: Fields = &[
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
        for (host, last) in [(&director, 1), (&peer, 9)] {
            let address = format!("address add 2001:db8::{last}/64 dev eth0 nodad");
            host.netns().ip(&address)?;
        }
        until("a link-local address", SOON, || {
            let shown = director.netns().ip("-6 address show dev eth0 scope link")?;
            Ok(shown.contains("fe80") && !shown.contains("tentative"))
        })?;
        Ok(Self {
            director,
            peer,
            _lan: lan,
        })
    }

    /// What a daemon sends from its start to its end: adverts, and announcements with their number.
    fn watch(&self, make: Make, config: &str) -> Result<[Seen; 2]> {
        let capture = |keep: fn(&Frame) -> bool| Capture::start(self.peer.netns(), "eth0", keep);
        let (adverts, announcements) = (capture(is_advert)?, capture(is_announcement)?);
        let config = make.configuration(config);
        let mut daemon = Daemon::start(&self.director, &make.software()?, &config)?;
        daemon.wait_for("VI_1", "MASTER", TAKEOVER)?;
        pause(WATCH)?;
        daemon.stop()?;
        until("the farewell", SOON, || {
            Ok(adverts.last().and_then(|last| priority(&last)) == Some(0))
        })?;
        let mut kinds = describe(&adverts.frames())?;
        kinds.values_mut().for_each(|count| *count = 1);
        Ok([kinds, describe(&announcements.frames())?])
    }
}

fn config(lines: &str, addresses: &str) -> String {
    format!(
        "vrrp_instance VI_1 {{\nstate BACKUP\ninterface eth0\nvirtual_router_id 51\npriority 150\n\
         {lines}garp_master_delay 1\ngarp_master_repeat 3\n{addresses}}}\n"
    )
}

fn is_ipv6(frame: &Frame) -> bool {
    frame.bytes.get(12..14) == Some(&[0x86, 0xdd])
}

fn is_advert(frame: &Frame) -> bool {
    frame.is_advert() || is_ipv6(frame) && frame.bytes.get(20) == Some(&112)
}

fn priority(advert: &Frame) -> Option<u8> {
    match is_ipv6(advert) {
        true => advert.bytes.get(56).copied(),
        false => advert.priority(),
    }
}

/// Whether it is an ARP question or answer of somebody about itself, or a Neighbor Advertisement that
/// nobody has asked for.
fn is_announcement(frame: &Frame) -> bool {
    let is_unsolicited = || {
        let (kind, flags) = (frame.bytes.get(54), frame.bytes.get(58));
        kind == Some(&136) && flags.is_some_and(|flags| flags & 0x40 == 0)
    };
    let is_gratuitous = || frame.bytes.get(28..32) == frame.bytes.get(38..42);
    frame.is_arp() && is_gratuitous() || is_ipv6(frame) && is_unsolicited()
}

fn layout(frame: &Frame) -> Layout {
    match (is_ipv6(frame), is_advert(frame)) {
        (true, true) => [ETHERNET, IPV6_HEADER, ADVERT],
        (true, false) => [ETHERNET, IPV6_HEADER, NEIGHBOUR],
        (false, true) => [ETHERNET, IPV4_HEADER, ADVERT],
        (false, false) => [ETHERNET, &[], ARP],
    }
}

fn describe(frames: &[Frame]) -> Result<Seen> {
    let mut seen = Seen::new();
    for frame in frames {
        let mut bytes = frame.bytes.clone();
        if is_ipv6(frame) && is_advert(frame) {
            // The kernel labels keepalived's flow with a number that it has drawn. Ours has none.
            bytes[15] &= 0xf0;
            bytes[16..18].fill(0);
        }
        *seen.entry(fields(&bytes, layout(frame))?).or_default() += 1;
    }
    Ok(seen)
}

fn fields(mut bytes: &[u8], layout: Layout) -> Result<String> {
    let mut text = String::new();
    for (name, length) in layout.into_iter().flatten() {
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
    at_once(CASES, |(name, lines, addresses)| {
        frames_are_the_same(&config(lines, addresses)).context(name)
    })
}

fn frames_are_the_same(config: &str) -> Result<()> {
    let stage = Stage::new()?;
    let theirs = stage.watch(Make::Keepalived, config)?;
    for make in [Make::Vipd, Make::VipdWithoutXdp] {
        let ours = stage.watch(make, config)?;
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
