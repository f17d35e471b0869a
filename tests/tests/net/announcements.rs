//! The thread that tells neighbours who answers.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use ha_tests::lab::PacketSocket;
use ha_user::net::Held;
use ha_user::net::announce::{Announcement, Announcer, Manner};

use super::{PATIENCE, Pair, ifindex};

const MAC: [u8; 6] = [2, 0, 0, 0, 0, 7];
/// Silence after which nothing more is expected.
const SILENCE: Duration = Duration::from_millis(500);
const AT_ONCE: Duration = Duration::ZERO;

fn address(number: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x0a00_0000 + number)
}

struct Link {
    pair: Pair,
    neighbour: PacketSocket,
    announcer: Announcer,
}

impl Link {
    fn new() -> Result<Self> {
        let pair = Pair::new(1)?;
        Ok(Self {
            neighbour: PacketSocket::open(&pair.right, "eth0")?,
            announcer: pair.left.enter(Announcer::spawn)??,
            pair,
        })
    }

    fn announce(&self, numbers: std::ops::Range<u32>, manner: Manner, held: Held) -> Result<()> {
        let ifindex = ifindex(&self.pair.left, "eth0")?;
        let announcement = |number| Announcement {
            ifindex,
            mac: MAC,
            address: address(number).into(),
        };
        let announcements = numbers.map(announcement).collect();
        self.announcer.announce(announcements, manner, held);
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
    let mut link = Link::new()?;
    let manner = Manner {
        repeat: 2,
        pause: AT_ONCE,
    };
    link.announce(0..ADDRESSES, manner, always())?;
    let heard: Vec<_> = link.hear_all()?.into_iter().map(|(who, _)| who).collect();
    let once: Vec<_> = (0..ADDRESSES).map(address).collect();
    assert_eq!(heard, once.repeat(2));
    Ok(())
}

#[test]
fn a_pause_lies_between_any_two() -> Result<()> {
    let mut link = Link::new()?;
    let pause = Duration::from_millis(10);
    let manner = Manner { repeat: 2, pause };
    // Two routers on one interface share its pauses.
    link.announce(0..10, manner, always())?;
    link.announce(10..20, manner, always())?;
    let heard = link.hear_all()?;
    assert_eq!(heard.len(), 40);
    let taken = heard[39].1 - heard[0].1;
    // The first ones may have waited for this thread.
    assert!(taken >= pause * 35, "39 pauses in {taken:?}");
    Ok(())
}

#[test]
fn nothing_is_announced_that_is_no_longer_held() -> Result<()> {
    let mut link = Link::new()?;
    let held = Arc::new(AtomicBool::new(true));
    let pause = Duration::from_millis(20);
    let asked = Arc::clone(&held);
    let held_now: Held = Arc::new(move || asked.load(Ordering::SeqCst));
    link.announce(0..1000, Manner { repeat: 1, pause }, held_now)?;
    assert!(link.hear(PATIENCE)?.is_some());
    held.store(false, Ordering::SeqCst);
    // What had already left; were the rest still announced, this would take 20 s.
    let rest = link.hear_all()?.len();
    assert!(rest < 500, "{rest} more after the end");
    let manner = Manner {
        repeat: 1,
        pause: AT_ONCE,
    };
    link.announce(0..1, manner, always())?;
    assert_eq!(link.hear(PATIENCE)?.map(|(who, _)| who), Some(address(0)));
    Ok(())
}
