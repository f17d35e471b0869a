//! The thread that tells neighbours who answers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use ha_tests::lab::PacketSocket;
use ha_user::net::Held;
use ha_user::net::announce::{Announcement, Announcer, Pace, PaceGroup, Pacing};

use super::{PATIENCE, Pair, ifindex};

const MAC: [u8; 6] = [2, 0, 0, 0, 0, 7];
/// Silence after which nothing more is expected.
const SILENCE: Duration = Duration::from_millis(500);

fn address(number: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x0a00_0000 + number)
}

/// One gratuitous ARP of an interface at a time.
fn slowly(pause: Duration) -> Pacing {
    Pacing {
        alone: Pace {
            arp: pause,
            ..Pace::default()
        },
        ..Pacing::default()
    }
}

struct Link {
    pair: Pair,
    neighbour: PacketSocket,
    announcer: Announcer,
}

impl Link {
    /// Of several cables, the first is heard.
    fn new(cables: usize) -> Result<Self> {
        let pair = Pair::new(cables)?;
        Ok(Self {
            neighbour: PacketSocket::open(&pair.right, "eth0")?,
            announcer: pair.left.enter(Announcer::spawn)??,
            pair,
        })
    }

    fn announcement(&self, interface: &str, address: IpAddr) -> Result<Announcement> {
        Ok(Announcement {
            ifindex: ifindex(&self.pair.left, interface)?,
            mac: MAC,
            address,
        })
    }

    fn announce(
        &self,
        numbers: std::ops::Range<u32>,
        repeat: u32,
        pacing: &Pacing,
        held: Held,
    ) -> Result<()> {
        let one = self.announcement("eth0", address(0).into())?;
        let announcement = |number| Announcement {
            address: address(number).into(),
            ..one
        };
        let announcements = numbers.map(announcement).collect();
        self.announcer.announce(announcements, repeat, pacing, held);
        Ok(())
    }

    /// The next announced address, and when it came.
    fn hear(&mut self, limit: Duration) -> Result<Option<(Ipv4Addr, Instant)>> {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Some(frame) = self.neighbour.receive(left)? else {
                return Ok(None);
            };
            if frame[12..14] == [0x08, 0x06] && frame[6..12] == MAC {
                assert_eq!(frame[28..32], frame[38..42], "sender and target");
                let octets: [u8; 4] = frame[28..32].try_into()?;
                return Ok(Some((octets.into(), Instant::now())));
            }
        }
    }

    fn hear_all(&mut self) -> Result<Vec<(Ipv4Addr, Instant)>> {
        let mut heard: Vec<_> = self.hear(PATIENCE)?.into_iter().collect();
        while let Some(one) = self.hear(SILENCE)? {
            heard.push(one);
        }
        Ok(heard)
    }
}

fn always() -> Held {
    Arc::new(|| true)
}

#[test]
fn every_address_is_announced_before_one_is_repeated() -> Result<()> {
    const ADDRESSES: u32 = 300;
    let mut link = Link::new(1)?;
    link.announce(0..ADDRESSES, 2, &Pacing::default(), always())?;
    let heard: Vec<_> = link.hear_all()?.into_iter().map(|(who, _)| who).collect();
    let once: Vec<_> = (0..ADDRESSES).map(address).collect();
    assert_eq!(heard, once.repeat(2));
    Ok(())
}

#[test]
fn a_pause_lies_between_any_two() -> Result<()> {
    let mut link = Link::new(1)?;
    let pause = Duration::from_millis(10);
    // Two routers on one interface share its pauses.
    link.announce(0..10, 2, &slowly(pause), always())?;
    link.announce(10..20, 2, &slowly(pause), always())?;
    let heard = link.hear_all()?;
    assert_eq!(heard.len(), 40);
    let taken = heard[39].1 - heard[0].1;
    // The first ones may have waited for this thread.
    assert!(taken >= pause * 35, "39 pauses in {taken:?}");
    Ok(())
}

#[test]
fn nothing_is_announced_that_is_no_longer_held() -> Result<()> {
    let mut link = Link::new(1)?;
    let held = Arc::new(AtomicBool::new(true));
    let pause = Duration::from_millis(20);
    let asked = Arc::clone(&held);
    let held_now: Held = Arc::new(move || asked.load(Ordering::SeqCst));
    link.announce(0..1000, 1, &slowly(pause), held_now)?;
    assert!(link.hear(PATIENCE)?.is_some());
    held.store(false, Ordering::SeqCst);
    // What had already left; were the rest still announced, this would take 20 s.
    let rest = link.hear_all()?.len();
    assert!(rest < 500, "{rest} more after the end");
    link.announce(0..1, 1, &Pacing::default(), always())?;
    assert_eq!(link.hear(PATIENCE)?.map(|(who, _)| who), Some(address(0)));
    Ok(())
}

#[test]
fn interfaces_of_a_group_share_their_pauses() -> Result<()> {
    const EACH: u32 = 10;
    let mut first = Link::new(2)?;
    let mut second = PacketSocket::open(&first.pair.right, "eth1")?;
    let pause = Duration::from_millis(20);
    let interfaces = ["eth0", "eth1"].map(|name| ifindex(&first.pair.left, name));
    let together = Pacing {
        groups: vec![PaceGroup {
            pace: slowly(pause).alone,
            interfaces: interfaces.into_iter().collect::<Result<_>>()?,
        }],
        ..Pacing::default()
    };
    let began = Instant::now();
    first.announce(0..EACH, 1, &together, always())?;
    let other = first.announcement("eth1", address(EACH).into())?;
    first
        .announcer
        .announce(vec![other], 1, &together, always());
    while second
        .receive(PATIENCE)?
        .is_none_or(|frame| frame[12..14] != [0x08, 0x06])
    {
        assert!(began.elapsed() < PATIENCE, "nothing on the other interface");
    }
    let waited = began.elapsed();
    assert!(waited >= pause * (EACH - 1), "only {waited:?}");
    assert_eq!(first.hear_all()?.len(), EACH as usize);
    Ok(())
}

#[test]
fn each_kind_has_a_pace_of_its_own() -> Result<()> {
    const EACH: u32 = 10;
    let mut link = Link::new(1)?;
    let mut announcements = Vec::new();
    for number in 0..EACH {
        let ipv6 = Ipv6Addr::from(u128::from(number) + (0x2001_0db8 << 96));
        announcements.push(link.announcement("eth0", address(number).into())?);
        announcements.push(link.announcement("eth0", ipv6.into())?);
    }
    let slow = slowly(Duration::from_millis(50));
    link.announcer.announce(announcements, 1, &slow, always());
    let mut adverts = 0;
    let mut questions = 0;
    while adverts < EACH {
        let frame = link.neighbour.receive(PATIENCE)?.context("a frame")?;
        questions += u32::from(frame[12..14] == [0x08, 0x06]);
        // Neighbor Advertisements, and nothing else of this address, are ours.
        adverts += u32::from(frame[12..14] == [0x86, 0xdd] && frame[6..12] == MAC);
    }
    // One may have left before the others were asked for, and one with them.
    assert!(questions <= 2, "{questions} gratuitous ARPs came before");
    Ok(())
}
