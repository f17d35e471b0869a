//! Forged adverts of every kind, more than anybody should have to look at.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_common::Reason;
use ha_tests::forgery::Forgery;
use ha_tests::lab::{PacketSocket, Tools, time_on_processors};
use ha_tests::watched::INTERFACE;

use crate::scene::{Scene, V2, V3};

/// Frames sent at once, in bursts as far apart: up to 50,000 in a second. More would push true
/// adverts out of the queues of a machine that has other things to do.
const BURST: usize = 50;
const RHYTHM: Duration = Duration::from_millis(1);
/// How long each kind lasts: longer than Active_Down_Interval of version 3.
const TIME: Duration = Duration::from_millis(1200);
/// Promised is 1 % of a processor, on a machine that has nothing else to do. keepalived takes 20
/// to 30 %.
const LOAD: f64 = 0.05;

#[test]
fn floods_mislead_nobody_and_cost_little() -> Result<()> {
    ensure!(Tools::vipd()?.path().exists(), "no vipd");
    for setup in [V2, V3] {
        let scene = Scene::new(setup)?;
        let kinds = Forgery::ALL.into_iter();
        for kind in kinds.filter(|kind| kind.is_of(setup.version)) {
            let load = flood(&scene, kind)?;
            println!(
                "version {}, {}: {:.2} %",
                setup.version,
                kind.name(),
                load * 1e2
            );
            ensure!(load <= LOAD, "{}: {:.1} %", kind.name(), load * 1e2);
            scene.check_calm()?;
        }
        for index in [0, 1] {
            for reason in [Reason::AdvertFloodBad, Reason::AdvertFloodRepeated] {
                ensure!(scene.packets(index, reason)? > 0, "{}", reason.name());
            }
        }
    }
    Ok(())
}

/// Returns the share of a processor that the busier one of both daemons has used.
fn flood(scene: &Scene, kind: Forgery) -> Result<f64> {
    let frames = vec![kind.frame(&scene.pair)?; BURST];
    let socket = PacketSocket::open(scene.pair.stranger.netns(), INTERFACE)?;
    let used = || -> Result<[Duration; 2]> {
        let [first, second] = &scene.daemons;
        let used = |daemon: &ha_tests::lab::Daemon| time_on_processors(&daemon.processes()?);
        Ok([used(first)?, used(second)?])
    };
    let (begun, before) = (Instant::now(), used()?);
    while begun.elapsed() < TIME {
        // A queue that is full has been flooded.
        let _ = socket.send_all(&frames);
        thread::sleep(RHYTHM);
    }
    let (after, time) = (used()?, begun.elapsed());
    let used = [0, 1].map(|index| (after[index] - before[index]).as_secs_f64());
    Ok(used[0].max(used[1]) / time.as_secs_f64())
}
