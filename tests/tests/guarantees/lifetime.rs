//! Without a data path the kernel answers for a dead daemon, but only as long as the address lives.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::eyes::FLIGHT;
use ha_tests::findings::Doubled;
use ha_tests::lab::{Tools, pause};
use ha_tests::watched::{Pair, Setup};

/// `address_lifetime`, as in [`SETUP`].
const LIFETIME: Duration = Duration::from_secs(3);
/// How long the successor must stay alone.
const ALONE: Duration = Duration::from_secs(1);

const SETUP: Setup = Setup {
    version: 3,
    interval_ms: 100,
    preempt: false,
    priorities: [150, 100],
    xdp: Some("off\n    address_lifetime 3"),
};

#[test]
fn one_owner_again_without_a_data_path() -> Result<()> {
    let pair = Pair::new(SETUP)?;
    let [mut first, _second] = pair.start(&Tools::vipd()?)?;
    let prober = pair.probe()?;
    // Long enough for the lifetime to be refreshed.
    pause(2 * LIFETIME)?;
    let killed = Instant::now();
    first.kill()?;
    pause(LIFETIME + ALONE)?;
    let end = Instant::now();
    pause(FLIGHT)?;
    let transcript = prober.finish()?;
    let before = Doubled::of(&transcript, killed - LIFETIME..killed);
    ensure!(before.is_none(), "before it was killed: {before:?}");
    let two = Doubled::of(&transcript, killed..end).context("the kernel did not answer")?;
    let ended = two.span.end - killed;
    println!(
        "mode off, SIGKILL of all, address_lifetime {LIFETIME:?}: two until {ended:.1?} after"
    );
    ensure!(ended <= LIFETIME, "two answered until {ended:?} after");
    let [_, lb2] = pair.macs;
    let others = transcript.answerers(end - ALONE / 2..end);
    ensure!(others == [lb2].into(), "{others:?} answer, not {lb2} alone");
    Ok(())
}
