//! A director that comes back leaves a living MASTER of lower priority alone for `preempt_delay`.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::pair::{Make, Pair, SOON, Side};

use crate::profile::{PRIORITIES, Profile, VIP};
use crate::story::PORTS;

const INTERVAL: Duration = Duration::from_millis(100);
const DELAY: Duration = Duration::from_secs(1);
/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(1);

/// The first of `makes` has the higher priority, and the patience.
pub(super) fn is_shown(makes: [Make; 2]) -> Result<()> {
    let profile = Profile::v3(INTERVAL);
    let [patient, lower] = PRIORITIES.map(|priority| profile.configuration(priority));
    let delay = format!("virtual_router_id 51\npreempt_delay {}", DELAY.as_secs());
    let patient = patient.replace("virtual_router_id 51", &delay);
    let told = Pair::new(PORTS)?.play(|pair| {
        pair.at_mut(Side::Lb2).start(makes[1], &lower)?;
        pair.settle("VI_1", VIP, Side::Lb2, 2 * SOON)?;
        let started = Instant::now();
        pair.at_mut(Side::Lb1).start(makes[0], &patient)?;
        pair.settle("VI_1", VIP, Side::Lb1, 2 * SOON)?;
        let entered = pair.at(Side::Lb1).log()?.matching("Entering MASTER");
        let waited = entered.first().context("no line")?.at - started;
        let limit = DELAY + profile.down_interval(PRIORITIES[0]) + SLACK;
        ensure!(
            (DELAY..limit).contains(&waited),
            "took over after {waited:?}, not within {DELAY:?} and {limit:?}"
        );
        // A silence is no reason for patience.
        pair.at_mut(Side::Lb1).stop()?;
        pair.settle("VI_1", VIP, Side::Lb2, 2 * SOON)
    });
    told.with_context(|| format!("{} against {}", makes[0], makes[1]))
}
