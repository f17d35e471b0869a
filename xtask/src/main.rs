//! Development commands: `cargo xtask <verb>`, one file per verb.

mod artifacts;
mod bench;
mod ci;
mod fuzz;
mod job;
mod lab;
mod marathon;
mod privilege;
mod progress;
mod run;
mod setup;
mod test;
mod vm;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Development commands of vipd")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Install what building and testing need, and nothing that is there already
    Setup,
    /// Show a failover between two directors in a lab of network namespaces
    Run(run::Arguments),
    /// Build once and run every test; those that need root through one sudo
    Test(test::Arguments),
    /// Test on Debian's kernels, in a virtual machine
    Vm(vm::Arguments),
    /// Measure, for example `bench failover`
    Bench(bench::Arguments),
    /// One fault after the other, and never two owners
    Marathon(marathon::Arguments),
    /// Look for configurations that cannot be read in a second, or break something
    Fuzz(fuzz::Arguments),
    /// Everything that has to hold before a change is merged
    Ci,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().verb {
        Verb::Setup => setup::run().map(drop),
        Verb::Run(arguments) => run::run(&arguments),
        Verb::Test(arguments) => test::run(&arguments),
        Verb::Vm(arguments) => vm::run(&arguments),
        Verb::Bench(arguments) => bench::run(&arguments),
        Verb::Marathon(arguments) => marathon::run(&arguments),
        Verb::Fuzz(arguments) => fuzz::run(&arguments),
        Verb::Ci => ci::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
