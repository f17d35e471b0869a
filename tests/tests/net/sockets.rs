//! Adverts and announcements from one host to another.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::BytesMut;
use ha_common::wire::ipv4::HEADER_LEN;
use ha_common::{Family, Priority, Vrid};
use ha_tests::lab::until;
use ha_user::net::advert::{Cast, Framing, group};
use ha_user::net::filter::Rules;
use ha_user::net::link::Links;
use ha_user::net::socket::{AdvertSocket, Path};
use ha_user::vrrp::Version;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

use super::{LEFT, PATIENCE, Pair, RIGHT, VIP, ifindex, link_local};

const GROUP: IpAddr = group(Family::Ipv4);
/// How long to listen for what must not come.
const SILENCE: Duration = Duration::from_millis(200);

fn vrid(id: u8) -> Vrid {
    Vrid::new(id).expect("a VRID")
}

/// Hears all adverts of these VRIDs.
fn rules(ids: &[u8]) -> Rules {
    ids.iter()
        .map(|id| (vrid(*id), Priority::LEAVING))
        .collect()
}

fn framing(id: u8) -> Framing {
    Framing {
        vrid: vrid(id),
        version: Version::V3,
        source: LEFT.into(),
        auth: None,
        addresses: vec![VIP.into()],
        interval: Duration::from_secs(1),
        cast: Cast::Multicast(group(Family::Ipv4)),
        checksum_as_v2: false,
        check_unicast_source: false,
        unicast_ttl: None,
        ignores_adverts: false,
        peer_ttls: BTreeMap::new(),
    }
}

fn packet(id: u8, to: IpAddr) -> BytesMut {
    let mut packet = BytesMut::new();
    framing(id).encode(Priority::DEFAULT, to, &mut packet);
    packet
}

/// Two hosts with a socket each.
struct Hosts {
    pair: Pair,
    sender: AdvertSocket,
    receiver: AdvertSocket,
}

impl Hosts {
    fn new(cables: usize) -> Result<Self> {
        let pair = Pair::new(cables)?;
        Ok(Self {
            sender: pair.left.enter(AdvertSocket::open)??,
            receiver: pair.right.enter(AdvertSocket::open)??,
            pair,
        })
    }

    fn send(&self, id: u8, interface: &str, to: IpAddr) -> Result<io::Result<()>> {
        let ifindex = ifindex(&self.pair.left, interface)?;
        Ok(send(&self.sender, ifindex, to, &packet(id, to)))
    }

    fn join(&mut self, ifindex: u32) -> Result<()> {
        let receiver = &mut self.receiver;
        Ok(self.pair.right.enter(|| receiver.join(ifindex, GROUP))??)
    }

    /// Interfaces that packets have come in by, waiting for the first one.
    fn heard(&mut self, limit: Duration) -> Result<Vec<u32>> {
        let mut heard = Vec::new();
        if is_readable(&self.receiver, limit)? {
            self.receiver
                .receive(1000, |received| heard.push(received.ifindex))?;
        }
        Ok(heard)
    }
}

fn send(socket: &AdvertSocket, ifindex: u32, to: IpAddr, packet: &[u8]) -> io::Result<()> {
    socket
        .send_all(path(ifindex, to), &[(to, packet)])
        .into_iter()
        .collect()
}

fn path(ifindex: u32, to: IpAddr) -> Path {
    Path {
        ifindex,
        source: LEFT.into(),
        multicast: to.is_multicast(),
    }
}

fn is_readable(socket: &AdvertSocket, limit: Duration) -> Result<bool> {
    let fds = socket.fds();
    let mut fds: Vec<_> = fds
        .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
        .collect();
    Ok(poll(&mut fds, Some(&Timespec::try_from(limit)?))? > 0)
}

#[test]
fn adverts_arrive_with_their_interface_and_no_others() -> Result<()> {
    let mut hosts = Hosts::new(2)?;
    let eth1 = ifindex(&hosts.pair.right, "eth1")?;
    hosts.join(eth1)?;
    hosts.join(eth1)?;
    hosts.receiver.listen_to(Family::Ipv4, rules(&[51, 255]))?;
    for id in [51, 52, 255] {
        hosts.send(id, "eth1", GROUP)??;
        // Nobody has joined here.
        hosts.send(id, "eth0", GROUP)??;
    }
    assert_eq!(hosts.heard(PATIENCE)?, [eth1, eth1]);
    hosts.receiver.listen_to(Family::Ipv4, rules(&[]))?;
    hosts.send(51, "eth1", GROUP)??;
    assert!(!is_readable(&hosts.receiver, SILENCE)?, "it never wakes");
    Ok(())
}

#[test]
fn a_sender_does_not_hear_itself() -> Result<()> {
    let mut hosts = Hosts::new(1)?;
    let eth0 = ifindex(&hosts.pair.left, "eth0")?;
    let sender = &mut hosts.sender;
    hosts.pair.left.enter(|| sender.join(eth0, GROUP))??;
    hosts.sender.listen_to(Family::Ipv4, rules(&[51]))?;
    hosts.send(51, "eth0", GROUP)??;
    assert!(!is_readable(&hosts.sender, SILENCE)?);
    Ok(())
}

#[test]
fn unicast_adverts_arrive() -> Result<()> {
    let mut hosts = Hosts::new(1)?;
    hosts.receiver.listen_to(Family::Ipv4, rules(&[51]))?;
    hosts.send(51, "eth0", RIGHT.into())??;
    assert_eq!(
        hosts.heard(PATIENCE)?,
        [ifindex(&hosts.pair.right, "eth0")?]
    );
    Ok(())
}

#[test]
fn many_leave_together_and_one_that_is_refused_stops_none() -> Result<()> {
    let mut hosts = Hosts::new(1)?;
    hosts.receiver.listen_to(Family::Ipv4, rules(&[51]))?;
    let right = RIGHT.into();
    let (from, advert) = (ifindex(&hosts.pair.left, "eth0")?, packet(51, right));
    // Without SO_BROADCAST nobody may send there.
    let forbidden = Ipv4Addr::BROADCAST.into();
    let mut packets = vec![(right, &advert[..]); 100];
    (packets[0].0, packets[42].0) = (forbidden, forbidden);
    let outcomes = hosts.sender.send_all(path(from, right), &packets);
    let refused: Vec<_> = (0..100).filter(|index| outcomes[*index].is_err()).collect();
    assert_eq!(refused, [0, 42]);
    assert_eq!(hosts.heard(PATIENCE)?.len(), 98);
    Ok(())
}

#[test]
fn a_packet_of_ipv6_arrives_as_it_left() -> Result<()> {
    let mut hosts = Hosts::new(1)?;
    let group = group(Family::Ipv6);
    let [from, to] = [&hosts.pair.left, &hosts.pair.right].map(|netns| ifindex(netns, "eth0"));
    let (from, to) = (from?, to?);
    let source = link_local(&hosts.pair.left, "eth0")?;
    let peer = link_local(&hosts.pair.right, "eth0")?;
    let receiver = &mut hosts.receiver;
    hosts.pair.right.enter(|| receiver.join(to, group))??;
    receiver.listen_to(Family::Ipv6, rules(&[51]))?;
    for destination in [group, peer] {
        for id in [50, 51] {
            let framing = Framing {
                source,
                addresses: vec!["2001:db8::66".parse()?],
                ..framing(id)
            };
            let mut packet = BytesMut::new();
            framing.encode(Priority::DEFAULT, destination, &mut packet);
            let path = Path {
                ifindex: from,
                source,
                multicast: destination == group,
            };
            let sent = hosts.sender.send_all(path, &[(destination, &packet)]);
            sent.into_iter().collect::<io::Result<()>>()?;
            if id == 51 {
                assert!(is_readable(&hosts.receiver, PATIENCE)?);
                let mut arrived = Vec::new();
                hosts.receiver.receive(10, |received| {
                    arrived.push((received.ifindex, received.packet.to_vec()));
                })?;
                assert_eq!(arrived, [(to, packet.to_vec())], "to {destination}");
            }
        }
    }
    Ok(())
}

#[test]
fn more_interfaces_than_one_socket_may_join_groups_on() -> Result<()> {
    const CABLES: usize = 30;
    let mut hosts = Hosts::new(CABLES)?;
    hosts.receiver.listen_to(Family::Ipv4, rules(&[51]))?;
    let links = hosts.pair.right.enter(Links::read)??;
    let mut expected: Vec<u32> = Vec::new();
    for cable in 0..CABLES {
        let name = format!("eth{cable}");
        let link = links.named(&name).context("a cable")?;
        hosts.join(link.ifindex)?;
        hosts.send(51, &name, GROUP)??;
        expected.push(link.ifindex);
    }
    assert_eq!(hosts.heard(PATIENCE)?, expected);
    hosts.receiver.leave(expected[0], GROUP);
    hosts.send(51, "eth0", GROUP)??;
    assert!(hosts.heard(SILENCE)?.is_empty());
    Ok(())
}

#[test]
fn without_carrier_an_advert_is_not_sent() -> Result<()> {
    let hosts = Hosts::new(1)?;
    let refused = |what: &str| {
        until(what, PATIENCE, || {
            let result = hosts.send(51, "eth0", GROUP)?;
            Ok(result.is_err_and(|error| error.raw_os_error() == Some(libc::ENETDOWN)))
        })
    };
    let sent = |what: &str| {
        until(what, PATIENCE, || {
            Ok(hosts.send(51, "eth0", GROUP)?.is_ok())
        })
    };
    sent("an advert leaves with carrier")?;
    hosts.pair.right.ip("link set eth0 down")?;
    refused("the other end is down")?;
    hosts.pair.right.ip("link set eth0 up")?;
    sent("carrier is back")?;
    hosts.pair.left.ip("link set eth0 down")?;
    refused("the interface is down")?;
    Ok(())
}

#[test]
fn a_flood_is_taken_in_turns() -> Result<()> {
    let mut hosts = Hosts::new(1)?;
    let eth0 = ifindex(&hosts.pair.right, "eth0")?;
    let from = ifindex(&hosts.pair.left, "eth0")?;
    hosts.join(eth0)?;
    hosts.receiver.listen_to(Family::Ipv4, rules(&[51]))?;
    let advert = packet(51, GROUP);
    for _ in 0..2000 {
        send(&hosts.sender, from, GROUP, &advert)?;
    }
    let mut turn = |budget| {
        hosts.receiver.receive(budget, |received| {
            // The kernel has numbered it.
            assert_eq!(received.packet[HEADER_LEN..], advert[HEADER_LEN..]);
        })
    };
    assert_eq!(turn(100)?, 100);
    assert_eq!(turn(1)?, 1);
    let started = Instant::now();
    assert_eq!(
        turn(5000)?,
        1899,
        "a burst of 2000 fits the socket's buffer"
    );
    let each = started.elapsed() / 1899;
    println!("{each:?} for each advert received");
    assert!(each < Duration::from_micros(50), "{each:?}");
    assert_eq!(turn(10)?, 0);
    Ok(())
}

#[test]
fn a_flood_of_no_consequence_is_shed_before_it_wakes_anybody() -> Result<()> {
    const SENT: usize = 6400;
    let mut hosts = Hosts::new(1)?;
    let eth0 = ifindex(&hosts.pair.right, "eth0")?;
    let from = ifindex(&hosts.pair.left, "eth0")?;
    hosts.join(eth0)?;
    let mut heard = |shed_below: Priority| -> Result<usize> {
        let rules = Rules::from([(vrid(51), shed_below)]);
        hosts.receiver.listen_to(Family::Ipv4, rules)?;
        let advert = packet(51, GROUP);
        (0..SENT).try_for_each(|_| send(&hosts.sender, from, GROUP, &advert))?;
        Ok(hosts.receiver.receive(2 * SENT, |_| ())?)
    };
    let sample = heard(Priority::new(Priority::DEFAULT.get() + 1))?;
    assert!((20..400).contains(&sample), "one in 64 of {SENT}: {sample}");
    let all = heard(Priority::DEFAULT)?;
    assert!(all > SENT / 2, "as many as fit the buffer: {all}");
    Ok(())
}
