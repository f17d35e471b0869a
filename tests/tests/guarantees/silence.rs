//! A director whose processes are frozen or killed stops answering before the other starts.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use ha_tests::lab::{CONFIG_PATH, Daemon, Host, Tools, pause};
use ha_tests::watched::{INSTANCE, Pair, Setup};

use crate::answers::{LAST_ANSWERS, SLACK, Tally, check_never_two};

/// How long answers must stay right.
const WATCH: Duration = Duration::from_secs(6);
/// Questions without which a run proves nothing.
const ENOUGH: usize = 5_000;

const V2: Setup = Setup {
    version: 2,
    interval_ms: 1000,
    preempt: false,
    priorities: [150, 100],
    xdp: Some("native"),
};
const V3: Setup = Setup {
    version: 3,
    interval_ms: 100,
    ..V2
};

type Start = fn(&Host, &str) -> Result<Daemon>;

#[test]
fn one_owner_of_version_2() -> Result<()> {
    all(&[
        ("native", V2, plain),
        (
            "generic",
            Setup {
                xdp: Some("generic"),
                ..V2
            },
            plain,
        ),
    ])
}

#[test]
fn one_owner_of_version_3() -> Result<()> {
    all(&[
        ("native", V3, plain),
        (
            "tc",
            Setup {
                xdp: Some("tc"),
                ..V3
            },
            plain,
        ),
        ("ip netns exec", V3, by_ip_netns_exec),
    ])
}

/// The same questions find two owners where the kernel answers for an address that nobody takes
/// away. If they did not, the tests above would prove nothing.
#[test]
fn two_owners_of_keepalived() -> Result<()> {
    let setup = Setup { xdp: None, ..V3 };
    let pair = Pair::new(setup)?;
    let [first, _second] = pair.start(&Tools::keepalived()?)?;
    let prober = pair.probe()?;
    first.freeze()?;
    let taken_over = Instant::now() + setup.active_down_interval(1) + SLACK;
    pause_until(taken_over + WATCH)?;
    let end = Instant::now();
    pause(LAST_ANSWERS)?;
    let transcript = prober.finish()?;
    let asked = transcript.during(taken_over..end);
    let two = asked
        .iter()
        .filter(|question| question.answers.len() == 2)
        .count();
    println!(
        "keepalived: {two} of {} questions had two answers",
        asked.len()
    );
    ensure!(
        two > ENOUGH / 5,
        "only {two} of {} questions had two answers",
        asked.len()
    );
    Ok(())
}

/// Runs every cell of a matrix at the same time: they mostly wait.
fn all(cells: &[(&'static str, Setup, Start)]) -> Result<()> {
    thread::scope(|scope| {
        let running: Vec<_> = cells
            .iter()
            .map(|&(name, setup, start)| {
                (
                    name,
                    scope.spawn(move || freeze_thaw_and_kill(setup, start)),
                )
            })
            .collect();
        for (name, cell) in running {
            let tallies = cell
                .join()
                .map_err(|_| anyhow!("{name}: panicked"))?
                .context(name)?;
            for tally in tallies {
                println!("{name}: {tally}");
                tally.check().context(name)?;
                ensure!(tally.asked >= ENOUGH, "{name}: too few");
            }
        }
        Ok(())
    })
}

/// Freezes the Active director, thaws it, then kills the other, which owns the VIP by now.
/// Returns what was asked after each fault.
fn freeze_thaw_and_kill(setup: Setup, start: Start) -> Result<[Tally; 2]> {
    let pair = Pair::new(setup)?;
    let [first, mut second] = pair.start_with(start)?;
    let prober = pair.probe()?;
    pause(Duration::from_millis(300))?;

    first.freeze()?;
    let taken_over = Instant::now() + setup.active_down_interval(1) + SLACK;
    pause_until(taken_over + WATCH)?;
    let thawed = Instant::now();
    first.thaw()?;
    first.wait_for_since(INSTANCE, "BACKUP", thawed, Duration::from_secs(2))?;
    // It must have heard the new owner, or it would not know whom to follow.
    pause(2 * setup.interval())?;

    let killed = Instant::now();
    second.kill()?;
    let taken_back = Instant::now() + setup.active_down_interval(0) + SLACK;
    pause_until(taken_back + WATCH)?;
    let end = Instant::now();
    pause(LAST_ANSWERS)?;

    let transcript = prober.finish()?;
    check_never_two(&transcript)?;
    let [lb1, lb2] = pair.macs;
    Ok([
        Tally::of(&transcript, taken_over..killed, lb2).context("frozen and thawed")?,
        Tally::of(&transcript, taken_back..end, lb1).context("killed")?,
    ])
}

fn plain(host: &Host, config: &str) -> Result<Daemon> {
    Daemon::start(host, &Tools::vipd()?, config)
}

/// `ip netns exec` gives the daemon a mount namespace of its own, whose /sys has no bpffs.
fn by_ip_netns_exec(host: &Host, config: &str) -> Result<Daemon> {
    Tools::vipd()?.install(host)?;
    host.write(CONFIG_PATH, config)?;
    host.sh("ip netns attach director 1")?;
    let mut command = Command::new("ip");
    command.args([
        "netns",
        "exec",
        "director",
        "keepalived",
        "-n",
        "-l",
        "-f",
        CONFIG_PATH,
    ]);
    let daemon = Daemon::launch(host, &mut command)?;
    daemon
        .log()
        .wait_for("Entering", Instant::now(), Duration::from_secs(20))?;
    for pid in daemon.processes()? {
        let mounts = std::fs::read_to_string(format!("/proc/{}/mounts", pid.as_raw_pid()))?;
        ensure!(
            !mounts.contains(" bpf "),
            "a daemon by ip netns exec still sees a bpffs"
        );
    }
    Ok(daemon)
}

fn pause_until(at: Instant) -> Result<()> {
    pause(at.saturating_duration_since(Instant::now()))
}
