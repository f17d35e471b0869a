//! Without a data path the kernel answers for a dead daemon, but only as long as the address lives.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::eyes::FLIGHT;
use ha_tests::findings::Doubled;
use ha_tests::lab::{Daemon, Host, Tools, pause, until};
use ha_tests::watched::{Pair, Setup};

/// How long the successor must stay alone.
const ALONE: Duration = Duration::from_secs(1);
/// How long thousands of addresses may take to be put on.
const PATIENCE: Duration = Duration::from_secs(10);

/// Addresses that outlive their owner.
#[derive(Clone, Copy)]
struct Legacy {
    /// `xdp` block.
    xdp: &'static str,
    /// `address_lifetime`, as in there.
    lifetime: Duration,
    /// How many there are.
    count: u16,
}

#[test]
fn one_owner_again_without_a_data_path() -> Result<()> {
    one_owner_again(Legacy {
        xdp: "off\n    address_lifetime 3",
        lifetime: Duration::from_secs(3),
        count: 1,
    })
}

#[test]
fn one_owner_again_of_thousands_of_addresses() -> Result<()> {
    one_owner_again(Legacy {
        xdp: "off\n    address_lifetime 6",
        lifetime: Duration::from_secs(6),
        count: 4000,
    })
}

fn one_owner_again(legacy: Legacy) -> Result<()> {
    let Legacy {
        lifetime, count, ..
    } = legacy;
    let setup = legacy.setup();
    let pair = Pair::new(setup)?;
    let vipd = Tools::vipd()?;
    let excluded = excluded(count - 1)?;
    let [mut first, _second] = pair.start_each(|index, host| {
        Daemon::start(host, &vipd, &setup.config_with(index, &excluded))
    })?;
    let [lb1, lb2] = &pair.directors;
    let all = usize::from(count) + 1;
    let complete = |host: &Host| Ok(host.addresses()?.len() == all);
    until("every address", PATIENCE, || complete(lb1))?;
    let prober = pair.probe()?;
    // Long enough for the lifetime to be refreshed.
    for _ in 0..2 * lifetime.as_secs() {
        pause(Duration::from_secs(1))?;
        ensure!(complete(lb1)?, "an address was not refreshed in time");
    }
    let killed = Instant::now();
    first.kill()?;
    pause(lifetime)?;
    let left = lb1.addresses()?.len() - 1;
    ensure!(
        left == 0,
        "{left} addresses live after {:?}",
        killed.elapsed()
    );
    until("every address on lb2", PATIENCE, || complete(lb2))?;
    pause(ALONE)?;
    let end = Instant::now();
    pause(FLIGHT)?;
    let transcript = prober.finish()?;
    let before = Doubled::of(&transcript, killed - lifetime..killed);
    ensure!(before.is_none(), "before it was killed: {before:?}");
    let two = Doubled::of(&transcript, killed..end).context("the kernel did not answer")?;
    let ended = two.span.end - killed;
    println!(
        "mode off, {count} addresses, SIGKILL of all, address_lifetime {lifetime:?}: two until \
         {ended:.1?} after"
    );
    ensure!(ended <= lifetime, "two answered until {ended:?} after");
    let [_, lb2] = pair.macs;
    let answering = transcript.answerers(end - ALONE / 2..end);
    ensure!(
        answering == [lb2].into(),
        "{answering:?} answer, not {lb2} alone"
    );
    Ok(())
}

impl Legacy {
    fn setup(&self) -> Setup {
        Setup {
            version: 3,
            interval_ms: 100,
            preempt: false,
            priorities: [150, 100],
            xdp: Some(self.xdp),
        }
    }
}

/// A block with so many addresses.
fn excluded(count: u16) -> Result<String> {
    let mut block = "    virtual_ipaddress_excluded {\n".to_owned();
    for index in 0..count {
        let [high, low] = index.to_be_bytes();
        writeln!(block, "        10.1.{high}.{low}/32")?;
    }
    Ok(block + "    }\n")
}
