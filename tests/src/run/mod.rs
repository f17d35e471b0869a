//! `ha-lab run`: two directors, one VIP, five faults, and what a client sees of them.

mod article;
mod fault;
mod guide;
mod lane;
mod outcome;
mod picture;
mod report;
mod stage;
mod table;
mod timeline;

use std::time::Duration;

use anyhow::Result;

use crate::lab::{Software, Tools, pause};
use crate::screen::Screen;

use self::fault::Fault;
use self::outcome::Outcome;
use self::stage::Stage;

/// What to run.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Leave the lab up at the end and say how to look around; Ctrl-C ends it
    #[arg(long)]
    keep: bool,
    /// How vipd attaches its XDP program
    #[arg(long, value_enum, default_value_t = Mode::Auto)]
    mode: Mode,
    /// The daemon of lb1, and if given twice that of lb2; vipd if not given
    #[arg(long = "director", value_enum, value_name = "DAEMON")]
    directors: Vec<Choice>,
}

/// `xdp { mode ... }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Mode {
    Auto,
    Native,
    Generic,
    Tc,
    Off,
}

/// A daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Choice {
    Vipd,
    Keepalived,
}

impl Choice {
    fn software(self) -> Result<Software> {
        match self {
            Self::Vipd => Tools::vipd(),
            Self::Keepalived => Tools::keepalived(),
        }
    }
}

impl Options {
    fn directors(&self) -> Result<[Software; 2]> {
        let lb1 = self.directors.first().copied().unwrap_or(Choice::Vipd);
        let lb2 = self.directors.get(1).copied().unwrap_or(lb1);
        Ok([lb1.software()?, lb2.software()?])
    }

    fn mode(&self) -> Option<&'static str> {
        match self.mode {
            Mode::Auto => None,
            Mode::Native => Some("native"),
            Mode::Generic => Some("generic"),
            Mode::Tc => Some("tc"),
            Mode::Off => Some("off"),
        }
    }
}

/// Runs the five faults, shows and writes what was seen. Returns whether after every fault exactly
/// one director answered, the other one, and the client came back.
///
/// # Errors
/// When the lab cannot be set up, a director does not recover, or the user interrupts.
pub fn run(options: &Options) -> Result<bool> {
    let screen = Screen::detect();
    let software = options.directors()?;
    screen.say("lb1, lb2, a client and a prober on one bridge; starting the directors ...");
    let mut stage = Stage::set(software, options.mode())?;
    stage.wait_for_lb1()?;
    screen.say(&article::explain(&stage)?);
    let outcomes = play(&mut stage, &screen)?;
    screen.say(&table::render(&outcomes, &screen));
    let files = report::write(&stage, &outcomes)?;
    screen.say(&files);
    if options.keep {
        keep(stage, &screen)?;
    }
    Ok(outcomes.iter().all(Outcome::is_good))
}

fn play(stage: &mut Stage, screen: &Screen) -> Result<Vec<Outcome>> {
    screen.say(&timeline::legend(screen));
    let mut outcomes = Vec::new();
    for fault in Fault::ALL {
        if !outcomes.is_empty() {
            stage.wait_for_lb1()?;
        }
        let outcome = outcome::observe(fault, stage, screen)?;
        fault.mend(stage)?;
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// Waits for Ctrl-C.
fn keep(stage: Stage, screen: &Screen) -> Result<()> {
    screen.say(&guide::render(&stage)?);
    // What they note down would grow for as long as somebody looks around.
    drop(stage.scene.client);
    drop(stage.scene.prober);
    while pause(Duration::from_secs(1)).is_ok() {}
    screen.say("taking the lab down");
    Ok(())
}
