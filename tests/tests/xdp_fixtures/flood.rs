//! Adverts that nobody needs, too many of them.

use anyhow::Result;
use ha_common::Reason;
use ha_common::abi::{Election, flag};
use ha_tests::xdp::frame::Advert;
use ha_tests::xdp::{Director, Traces};
use ha_user::datapath::{Hook, LoadOptions};

/// Reasons that take more than one frame; the test below sees them.
pub(crate) const YIELDS: [Reason; 2] = [Reason::AdvertFloodBad, Reason::AdvertFloodRepeated];
/// Adverts in a flood: many times what may pass.
const FLOOD: usize = 200;
/// Most that may pass: what a router may send in any two periods, and one sample in each.
const FEW: usize = 40;

/// What becomes of [`FLOOD`] times `frame`.
fn flood(director: &mut Director, hook: Hook, frame: &[u8]) -> Result<Vec<Reason>> {
    director.hook = hook;
    director.datapath.gate().set_absorb_above(1);
    let judged = |_| Ok(director.receive(frame)?.reason);
    (0..FLOOD).map(judged).collect()
}

fn count(judged: &[Reason], reason: Reason) -> usize {
    judged.iter().filter(|judged| **judged == reason).count()
}

fn wrong_checksum() -> Vec<u8> {
    let mut frame = Advert::default().frame();
    frame[42] ^= 1;
    frame
}

#[test]
fn a_flood_ends_here_but_for_a_few_and_is_counted() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    for hook in [Hook::Xdp, Hook::Ingress] {
        for (frame, alone, in_flood) in [
            (
                wrong_checksum(),
                Reason::AdvertChecksum,
                Reason::AdvertFloodBad,
            ),
            (
                Advert::default().frame(),
                Reason::AdvertAlive,
                Reason::AdvertFloodRepeated,
            ),
        ] {
            director.reset()?;
            let judged = flood(&mut director, hook, &frame)?;
            let passed = count(&judged, alone);
            let ended = count(&judged, in_flood);
            assert_eq!(passed + ended, FLOOD, "{hook:?}: {judged:?}");
            assert!((1..=FEW).contains(&passed), "{hook:?}: {passed} {alone:?}");
        }
    }
    Ok(())
}

#[test]
fn a_flood_that_an_owner_ignores_ends_here_too() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    for hook in [Hook::Xdp, Hook::Ingress] {
        director.reset()?;
        director.record().set_election(Election {
            flags: flag::IGNORE_ADVERTS,
            ..Director::election()
        });
        let judged = flood(&mut director, hook, &Advert::default().frame())?;
        let passed = count(&judged, Reason::AdvertIgnored);
        let ended = count(&judged, Reason::AdvertFloodRepeated);
        assert_eq!(passed + ended, FLOOD, "{hook:?}: {judged:?}");
        assert!((1..=FEW).contains(&passed), "{hook:?}: {passed}");
        assert_eq!(Traces::of(director.record()).adverts, 0, "{hook:?}");
    }
    Ok(())
}

#[test]
fn without_a_limit_nothing_ends_here() -> Result<()> {
    let director = Director::new(LoadOptions::default())?;
    for _ in 0..FLOOD {
        let outcome = director.receive(&wrong_checksum())?;
        assert_eq!(outcome.reason, Reason::AdvertChecksum);
    }
    Ok(())
}
