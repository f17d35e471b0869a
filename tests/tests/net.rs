//! Sockets and netlink against a real kernel: adverts, announcements, addresses, links.

use std::io;
use std::net::Ipv4Addr;
use std::num::NonZeroU16;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::BytesMut;
use ha_common::{Priority, Vrid};
use ha_tests::lab::{Netns, PacketSocket, until};
use ha_user::net::address::{AddressChange, AddressWorker, Operation, Outcome};
use ha_user::net::advert::{Cast, Framing, GROUP};
use ha_user::net::announce::Announcer;
use ha_user::net::filter::Rules;
use ha_user::net::link::{Links, Monitor};
use ha_user::net::socket::AdvertSocket;
use ha_user::vrrp::Version;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

const LEFT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const RIGHT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
const PATIENCE: Duration = Duration::from_secs(5);
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

fn packet(id: u8, to: Ipv4Addr) -> BytesMut {
    let framing = Framing {
        vrid: vrid(id),
        version: Version::V3,
        source: LEFT,
        auth: None,
        addresses: vec![VIP],
        interval: Duration::from_secs(1),
        cast: Cast::Multicast,
        checksum_as_v2: false,
        check_unicast_source: false,
    };
    let mut packet = BytesMut::new();
    framing.encode(Priority::DEFAULT, to, NonZeroU16::MIN, &mut packet);
    packet
}

/// Two hosts with a socket each, on the two ends of `cables` veth cables eth0, eth1, ...
struct Pair {
    left: Netns,
    right: Netns,
    sender: AdvertSocket,
    receiver: AdvertSocket,
}

impl Pair {
    fn new(cables: usize) -> Result<Self> {
        let (left, right) = (Netns::new()?, Netns::new()?);
        for cable in 0..cables {
            let name = format!("eth{cable}");
            let other = right.path();
            let other = other.display();
            left.ip(&format!(
                "link add {name} type veth peer name {name} netns {other}"
            ))?;
            left.ip(&format!("link set {name} up"))?;
            right.ip(&format!("link set {name} up"))?;
        }
        left.ip(&format!("address add {LEFT}/24 dev eth0"))?;
        right.ip(&format!("address add {RIGHT}/24 dev eth0"))?;
        Ok(Self {
            sender: left.enter(AdvertSocket::open)??,
            receiver: right.enter(AdvertSocket::open)??,
            left,
            right,
        })
    }

    fn send(&self, id: u8, interface: &str, to: Ipv4Addr) -> Result<io::Result<()>> {
        let ifindex = ifindex(&self.left, interface)?;
        Ok(self.sender.send(ifindex, LEFT, to, &packet(id, to)))
    }

    fn join(&mut self, ifindex: u32) -> Result<()> {
        let receiver = &mut self.receiver;
        Ok(self.right.enter(|| receiver.join(ifindex, GROUP))??)
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

fn is_readable(socket: &AdvertSocket, limit: Duration) -> Result<bool> {
    let mut fds = [PollFd::new(socket, PollFlags::IN)];
    Ok(poll(&mut fds, Some(&Timespec::try_from(limit)?))? > 0)
}

fn ifindex(netns: &Netns, name: &str) -> Result<u32> {
    let links = netns.enter(Links::read)??;
    Ok(links.named(name).context("no such interface")?.ifindex)
}

#[test]
fn adverts_arrive_with_their_interface_and_no_others() -> Result<()> {
    let mut pair = Pair::new(2)?;
    let eth1 = ifindex(&pair.right, "eth1")?;
    pair.join(eth1)?;
    pair.join(eth1)?;
    pair.receiver.listen_to(rules(&[51, 255]))?;
    for id in [51, 52, 255] {
        pair.send(id, "eth1", GROUP)??;
        // Nobody has joined here.
        pair.send(id, "eth0", GROUP)??;
    }
    assert_eq!(pair.heard(PATIENCE)?, [eth1, eth1]);
    pair.receiver.listen_to(rules(&[]))?;
    pair.send(51, "eth1", GROUP)??;
    assert!(!is_readable(&pair.receiver, SILENCE)?, "it never wakes");
    Ok(())
}

#[test]
fn a_sender_does_not_hear_itself() -> Result<()> {
    let mut pair = Pair::new(1)?;
    let eth0 = ifindex(&pair.left, "eth0")?;
    let sender = &mut pair.sender;
    pair.left.enter(|| sender.join(eth0, GROUP))??;
    pair.sender.listen_to(rules(&[51]))?;
    pair.send(51, "eth0", GROUP)??;
    assert!(!is_readable(&pair.sender, SILENCE)?);
    Ok(())
}

#[test]
fn unicast_adverts_arrive() -> Result<()> {
    let mut pair = Pair::new(1)?;
    pair.receiver.listen_to(rules(&[51]))?;
    pair.send(51, "eth0", RIGHT)??;
    assert_eq!(pair.heard(PATIENCE)?, [ifindex(&pair.right, "eth0")?]);
    Ok(())
}

#[test]
fn more_interfaces_than_one_socket_may_join_groups_on() -> Result<()> {
    const CABLES: usize = 30;
    let mut pair = Pair::new(CABLES)?;
    pair.receiver.listen_to(rules(&[51]))?;
    let links = pair.right.enter(Links::read)??;
    let mut expected: Vec<u32> = Vec::new();
    for cable in 0..CABLES {
        let name = format!("eth{cable}");
        let link = links.named(&name).context("a cable")?;
        pair.join(link.ifindex)?;
        pair.send(51, &name, GROUP)??;
        expected.push(link.ifindex);
    }
    assert_eq!(pair.heard(PATIENCE)?, expected);
    pair.receiver.leave(expected[0], GROUP);
    pair.send(51, "eth0", GROUP)??;
    assert!(pair.heard(SILENCE)?.is_empty());
    Ok(())
}

#[test]
fn without_carrier_an_advert_is_not_sent() -> Result<()> {
    let pair = Pair::new(1)?;
    let refused = |what: &str| {
        until(what, PATIENCE, || {
            let result = pair.send(51, "eth0", GROUP)?;
            Ok(result.is_err_and(|error| error.raw_os_error() == Some(libc::ENETDOWN)))
        })
    };
    let sent = |what: &str| until(what, PATIENCE, || Ok(pair.send(51, "eth0", GROUP)?.is_ok()));
    sent("an advert leaves with carrier")?;
    pair.right.ip("link set eth0 down")?;
    refused("the other end is down")?;
    pair.right.ip("link set eth0 up")?;
    sent("carrier is back")?;
    pair.left.ip("link set eth0 down")?;
    refused("the interface is down")?;
    Ok(())
}

#[test]
fn a_flood_is_taken_in_turns() -> Result<()> {
    let mut pair = Pair::new(1)?;
    let eth0 = ifindex(&pair.right, "eth0")?;
    let from = ifindex(&pair.left, "eth0")?;
    pair.join(eth0)?;
    pair.receiver.listen_to(rules(&[51]))?;
    let advert = packet(51, GROUP);
    for _ in 0..2000 {
        pair.sender.send(from, LEFT, GROUP, &advert)?;
    }
    let mut turn = |budget| {
        pair.receiver.receive(budget, |received| {
            assert_eq!(received.packet, &advert[..]);
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
    let mut pair = Pair::new(1)?;
    let eth0 = ifindex(&pair.right, "eth0")?;
    let from = ifindex(&pair.left, "eth0")?;
    pair.join(eth0)?;
    let mut heard = |shed_below: Priority| -> Result<usize> {
        let rules = Rules::from([(vrid(51), shed_below)]);
        pair.receiver.listen_to(rules)?;
        let advert = packet(51, GROUP);
        (0..SENT).try_for_each(|_| pair.sender.send(from, LEFT, GROUP, &advert))?;
        Ok(pair.receiver.receive(2 * SENT, |_| ())?)
    };
    let sample = heard(Priority::new(Priority::DEFAULT.get() + 1))?;
    assert!((20..400).contains(&sample), "one in 64 of {SENT}: {sample}");
    let all = heard(Priority::DEFAULT)?;
    assert!(all > SENT / 2, "as many as fit the buffer: {all}");
    Ok(())
}

#[test]
fn announcements_arrive() -> Result<()> {
    let pair = Pair::new(1)?;
    let mut neighbour = PacketSocket::open(&pair.right, "eth0")?;
    let announcer = pair.left.enter(Announcer::open)??;
    let mac = [2, 0, 0, 0, 0, 7];
    announcer.announce(ifindex(&pair.left, "eth0")?, mac, VIP)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let frame = neighbour.receive(left)?.context("no announcement")?;
        if frame[12..14] == [0x08, 0x06] && frame[6..12] == mac {
            assert_eq!(frame[28..32], VIP.octets(), "sender");
            assert_eq!(frame[38..42], VIP.octets(), "target");
            return Ok(());
        }
    }
}

fn change(operation: Operation, ifindex: u32, address: Ipv4Addr, prefix_len: u8) -> AddressChange {
    AddressChange {
        operation,
        ifindex,
        address,
        prefix_len,
        label: None,
        broadcast: None,
        scope: 0,
    }
}

fn carry_out(worker: &AddressWorker, changes: Vec<AddressChange>) -> Result<Vec<Outcome>> {
    let (sender, outcomes) = channel();
    worker.submit(changes, move |done| {
        let _ = sender.send(done);
    });
    Ok(outcomes.recv_timeout(PATIENCE)?)
}

fn addresses(netns: &Netns) -> Result<Vec<(Ipv4Addr, u8)>> {
    let links = netns.enter(Links::read)??;
    let link = links.named("eth0").context("eth0")?;
    let pair = |address: &ha_user::net::link::Address| (address.address, address.prefix_len);
    Ok(link.addresses.iter().map(pair).collect())
}

#[test]
fn addresses_come_and_go() -> Result<()> {
    let pair = Pair::new(1)?;
    let eth0 = ifindex(&pair.left, "eth0")?;
    let worker = pair.left.enter(AddressWorker::spawn)??;
    let mut add = change(Operation::Add, eth0, VIP, 32);
    add.label = Some("eth0:vip".into());
    add.broadcast = Some(Ipv4Addr::new(192, 0, 2, 255));
    add.scope = 253;
    for _ in 0..2 {
        let outcomes = carry_out(&worker, vec![add.clone()])?;
        assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
    }
    let shown = pair.left.ip("-4 address show dev eth0")?;
    let expected = "inet 192.0.2.100/32 brd 192.0.2.255 scope link eth0:vip";
    assert!(shown.contains(expected), "{shown}");
    let remove = change(Operation::Remove, eth0, VIP, 32);
    for _ in 0..2 {
        let outcomes = carry_out(&worker, vec![remove.clone()])?;
        assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
    }
    assert_eq!(addresses(&pair.left)?, [(LEFT, 24)]);
    Ok(())
}

#[test]
fn an_operators_address_with_another_mask_is_left_alone() -> Result<()> {
    let pair = Pair::new(1)?;
    let eth0 = ifindex(&pair.left, "eth0")?;
    pair.left
        .ip(&format!("address add {VIP}/24 dev eth0 label eth0:0"))?;
    let worker = pair.left.enter(AddressWorker::spawn)??;
    carry_out(&worker, vec![change(Operation::Add, eth0, VIP, 32)])?;
    let both = addresses(&pair.left)?;
    assert!(
        both.contains(&(VIP, 32)) && both.contains(&(VIP, 24)),
        "{both:?}"
    );
    carry_out(&worker, vec![change(Operation::Remove, eth0, VIP, 32)])?;
    assert_eq!(addresses(&pair.left)?, [(LEFT, 24), (VIP, 24)]);
    Ok(())
}

#[test]
fn one_failure_in_many_changes_is_told_and_stops_none() -> Result<()> {
    let pair = Pair::new(1)?;
    let eth0 = ifindex(&pair.left, "eth0")?;
    let worker = pair.left.enter(AddressWorker::spawn)??;
    let address = |number: u8| Ipv4Addr::new(198, 51, 100, number);
    let mut changes: Vec<_> = (0..200)
        .map(|number| change(Operation::Add, eth0, address(number), 32))
        .collect();
    changes[77].ifindex = 4711;
    let started = Instant::now();
    let outcomes = carry_out(&worker, changes.clone())?;
    println!("200 addresses in {:?}", started.elapsed());
    for (number, (outcome, change)) in outcomes.iter().zip(&changes).enumerate() {
        assert_eq!(&outcome.change, change);
        assert_eq!(
            outcome.result.is_err(),
            number == 77,
            "{:?}",
            outcome.result
        );
    }
    assert_eq!(addresses(&pair.left)?.len(), 1 + 199);
    Ok(())
}

#[test]
fn the_worker_finishes_what_it_was_asked_before_it_ends() -> Result<()> {
    let pair = Pair::new(1)?;
    let eth0 = ifindex(&pair.left, "eth0")?;
    let worker = pair.left.enter(AddressWorker::spawn)??;
    for number in 0..100 {
        let address = Ipv4Addr::new(198, 51, 100, number);
        worker.submit(vec![change(Operation::Add, eth0, address, 32)], drop);
    }
    drop(worker);
    assert_eq!(addresses(&pair.left)?.len(), 1 + 100);
    Ok(())
}

/// Runs `scenario` with a monitor of `netns`.
fn monitored(
    netns: &Netns,
    scenario: impl AsyncFn(&mut Monitor) -> Result<()> + Sync,
) -> Result<()> {
    netns.enter(|| -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async { scenario(&mut Monitor::open().await?).await })
    })?
}

async fn next(monitor: &mut Monitor) -> Result<&Links> {
    Ok(tokio::time::timeout(PATIENCE, monitor.changed()).await??)
}

#[test]
fn a_monitor_sees_carrier_and_addresses_change() -> Result<()> {
    let pair = Pair::new(1)?;
    monitored(&pair.left, async |monitor| {
        let eth0 = monitor.links().named("eth0").context("eth0")?.clone();
        assert_eq!(eth0.kind.as_deref(), Some("veth"));
        assert!(eth0.up && eth0.mac.is_some() && eth0.mtu == 1500);
        pair.right.ip("link set eth0 down")?;
        while next(monitor)
            .await?
            .get(eth0.ifindex)
            .is_none_or(|link| link.up)
        {}
        pair.left.ip(&format!("address add {VIP}/24 dev eth0"))?;
        let links = next(monitor).await?;
        let vip = links.get(eth0.ifindex).context("eth0")?.addresses[1];
        assert_eq!((vip.address, vip.secondary), (VIP, true));
        pair.left.ip("link del eth0")?;
        while next(monitor).await?.get(eth0.ifindex).is_some() {}
        Ok(())
    })
}

/// More events than a socket's buffer holds: the monitor must still end up with the truth.
#[test]
fn a_monitor_survives_a_burst_that_overflows_it() -> Result<()> {
    let pair = Pair::new(1)?;
    let eth0 = ifindex(&pair.left, "eth0")?;
    let worker = pair.left.enter(AddressWorker::spawn)??;
    monitored(&pair.left, async |monitor| {
        let all = |operation| -> Vec<AddressChange> {
            (0..4000_u32)
                .map(|number| change(operation, eth0, Ipv4Addr::from(0x0a00_0000 + number), 32))
                .collect()
        };
        // The monitor does not read meanwhile: it shares this thread.
        carry_out(&worker, all(Operation::Add))?;
        carry_out(&worker, all(Operation::Remove))?;
        carry_out(&worker, vec![change(Operation::Add, eth0, VIP, 32)])?;
        let links = next(monitor).await?;
        assert_eq!(links.get(eth0).context("eth0")?.addresses.len(), 2);
        Ok(())
    })
}
