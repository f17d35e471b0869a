//! `cargo xtask vm`: the tests that need another kernel than this machine's, in a virtual machine.

mod contents;
mod cpio;
mod image;
mod machine;
mod plan;
mod processor;

use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

use anyhow::{Result, bail};

use self::contents::Contents;
use self::machine::Machine;
use self::plan::Report;
use crate::setup::{Qemu, Series};
use crate::test::{Tally, test_threads};

/// The test suite that runs nowhere else: it wants VLANs, bonds, dummies and netem.
pub(crate) const SUITE: &str = "vm";

/// Tests are a little network each, and share one emulated processor.
fn one_at_a_time() -> String {
    test_threads(1)
}

/// Boots Debian's kernels under qemu and tests vipd on them.
///
/// The machine is emulated in software (no KVM, no root needed), sees copies of this host's
/// programs in memory and has no network: nothing it does is seen outside, and nothing is left of
/// it but its console under target/vm. On each kernel it runs the XDP fixtures, the tests of VLANs,
/// bonds, dummies, network cards and packet loss, and `cargo xtask run`. Without --kernel and FILTER,
/// packet loss is tested on 6.12 only.
///
/// qemu (17 MB) and the kernels (27 and 34 MB) come from Debian's archive by way of this
/// machine's apt sources, once, into the cache; they are not installed.
#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Only this kernel
    #[arg(long)]
    kernel: Option<Series>,
    /// Only steps and tests whose name contains this
    filter: Option<String>,
    /// A shell in the machine instead; it ends with the machine, by `exit` or Ctrl-A X
    #[arg(long)]
    shell: bool,
}

/// Boots the kernels that `arguments` select.
///
/// # Errors
/// qemu, a kernel or a program is not to be had, a step fails, or a machine does not come to its
/// end.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut kernels = Vec::from(Series::ALL);
    kernels.retain(|series| arguments.kernel.is_none_or(|chosen| chosen == *series));
    let contents = Contents::build(arguments)?;
    let qemu = Qemu::ensure()?;
    let machines = kernels
        .into_iter()
        .map(|series| Machine::new(series, &contents));
    let machines = machines.collect::<Result<Vec<_>>>()?;
    match machines.as_slice() {
        [machine, ..] if arguments.shell => machine.become_terminal(&qemu),
        machines => run_all(machines, &qemu),
    }
}

/// Runs them side by side, as most of the time they wait, and prints what came of each. One or two
/// failures on a kernel run once more.
fn run_all(machines: &[Machine<'_>], qemu: &Qemu) -> Result<()> {
    let started = Instant::now();
    let reports: Vec<_> = thread::scope(|scope| {
        let mut running = Vec::new();
        for machine in machines {
            running.push(scope.spawn(move || machine.run(qemu, machine.steps())));
        }
        let ended = running.into_iter().map(ScopedJoinHandle::join);
        ended.collect()
    });
    let mut total = Tally::default();
    for (machine, report) in machines.iter().zip(reports) {
        let Ok(report) = report else {
            bail!("the thread of kernel {} has panicked", machine.release());
        };
        let report = report?;
        let tally = print(machine, &report);
        total.add(match report.is_complete {
            true => tally.with_second_chance(|first| run_again(machine, qemu, first))?,
            false => tally,
        });
    }
    total.verdict(started)
}

/// Boots `machine` once more, beside no other one, for what has failed by `first`.
fn run_again(machine: &Machine<'_>, qemu: &Qemu, first: &Tally) -> Result<Tally> {
    println!("what failed runs once more");
    let again = machine.steps().iter().filter_map(|step| {
        let failed = first.failed_tests(&step.title(machine.release()));
        (!failed.is_empty()).then(|| step.only(failed))
    });
    let again: Vec<_> = again.collect();
    let report = machine.run(qemu, &again)?;
    Ok(print(machine, &report))
}

/// What every step of a machine did, in words and in numbers.
fn print(machine: &Machine<'_>, report: &Report) -> Tally {
    let release = machine.release();
    println!("kernel {release}");
    let mut total = Tally::default();
    for section in &report.sections {
        total.add(section.print(release));
    }
    if !report.is_complete {
        total.add(Tally::failure(release, "the machine died, or was too slow"));
    }
    if total.is_failure() {
        println!("{}", machine.last_words());
    }
    total
}
