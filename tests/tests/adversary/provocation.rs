//! One router that errs about its place makes the Active director speak, and not often.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::Frame;
use ha_tests::stranger::{Flood, advert};
use ha_tests::watched::INTERFACE;

use crate::scene::{Scene, V2, V3};

/// How long the stranger speaks.
const TIME: Duration = Duration::from_secs(4);
/// `garp_master_repeat`, where nothing else is configured.
const ROUND: usize = 5;

/// At most one advert and one round of announcements more in an interval, however fast somebody of
/// lower priority speaks.
#[test]
fn a_lower_router_provokes_one_advert_and_one_round_an_interval() -> Result<()> {
    for setup in [V2, V3] {
        let scene = Scene::new(setup)?;
        for fast in [false, true] {
            provoke(&scene, fast)?;
        }
        scene.check_calm()?;
    }
    Ok(())
}

fn provoke(scene: &Scene, fast: bool) -> Result<()> {
    let frame = advert(&scene.pair)?;
    let begun = Instant::now();
    if fast {
        let netns = scene.pair.stranger.netns();
        let flood = Flood::start(netns, INTERFACE, frame, TIME)?;
        ha_tests::lab::pause(TIME)?;
        flood.stop()?;
    } else {
        scene.send_for(&frame, TIME)?;
    }
    let frames = scene.spoken(0, begun);
    let intervals = begun.elapsed().as_secs_f64() / scene.interval().as_secs_f64();
    let intervals = intervals.ceil() as usize + 1;
    let adverts = frames.iter().filter(|frame| frame.is_advert()).count();
    let announcements = frames
        .iter()
        .filter(|frame: &&Frame| frame.is_arp())
        .count();
    println!("{intervals} intervals: {adverts} adverts, {announcements} announcements");
    ensure!(announcements >= ROUND, "nobody was provoked");
    ensure!(adverts <= 2 * intervals, "{adverts} adverts");
    ensure!(
        announcements <= ROUND * intervals,
        "{announcements} announcements"
    );
    Ok(())
}
