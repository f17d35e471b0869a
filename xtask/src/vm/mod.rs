//! `cargo xtask vm`: the tests that need another kernel than this machine's, in a virtual machine.

mod contents;
mod cpio;
mod image;
mod machine;
mod plan;

use anyhow::{Result, bail};

use self::contents::Contents;
use self::machine::Machine;
use self::plan::Section;
use crate::setup::{Qemu, Series};
use crate::test::Tally;

/// The test suite that runs nowhere else: it wants VLANs, bonds, dummies and netem.
pub(crate) const SUITE: &str = "vm";

/// Boots Debian's kernels under qemu and tests vipd on them.
///
/// The machine is emulated in software (no KVM, no root needed), sees copies of this host's
/// programs in memory and has no network: nothing it does is seen outside, and nothing is left of
/// it but its console under target/vm. On each kernel it runs the XDP fixtures, the tests of
/// attaching, those of VLANs, bonds, dummies and packet loss, and `cargo xtask run`.
///
/// qemu (17 MB) and the kernels (27 and 34 MB) come from Debian's archive by way of this
/// machine's apt sources, once, into the cache; they are not installed.
#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Only this kernel
    #[arg(long)]
    kernel: Option<Series>,
    /// Only steps whose name contains this
    filter: Option<String>,
    /// A shell in the machine instead; it ends with the machine, by `exit` or Ctrl-A X
    #[arg(long)]
    shell: bool,
}

/// Boots the kernels that `arguments` select, one after the other.
///
/// # Errors
/// qemu, a kernel or a program is not to be had, a step fails, or a machine does not come to its
/// end.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut kernels = Vec::from(Series::ALL);
    kernels.retain(|series| arguments.kernel.is_none_or(|chosen| chosen == *series));
    let contents = Contents::build(arguments)?;
    let qemu = Qemu::ensure()?;
    let mut failed = Vec::new();
    for series in kernels {
        let machine = Machine::new(series, &contents)?;
        if arguments.shell {
            return machine.become_terminal(&qemu);
        }
        if !is_good(&machine, &qemu)? {
            failed.push(series.name());
        }
    }
    if !failed.is_empty() {
        bail!("not everything works on kernel {}", failed.join(" and "));
    }
    Ok(())
}

/// Whether every step was good; prints what each did.
fn is_good(machine: &Machine<'_>, qemu: &Qemu) -> Result<bool> {
    println!("kernel {}", machine.release());
    let (sections, done) = machine.run(qemu)?;
    for section in &sections {
        print(section);
    }
    let good = done && sections.iter().all(Section::is_good);
    if !good {
        println!("{}", machine.last_words());
    }
    Ok(good)
}

fn print(section: &Section) {
    let Section { name, output, end } = section;
    let end = end.as_deref().unwrap_or("the machine died");
    let tally = Tally::of(name, output, section.is_good().then_some(()).ok_or(end));
    if !section.is_good() || tally.is_empty() {
        print!("{output}");
    }
    match tally.is_empty() {
        true => println!("{name:<28} {end}"),
        false => println!("{name:<28} {tally}: {end}"),
    }
}
