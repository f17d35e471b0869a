//! A thousand reloads at random moments, with random edits, on both directors of a running pair:
//! only those transitions that the edits imply, and never two owners.

mod draft;

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::eyes::{Eyes, FLIGHT};
use ha_tests::lab::{CONFIG_PATH, Daemon, Host, Signal, Tools, pause, until, vipctl};
use ha_tests::rng::Rng;
use ha_tests::watched::{INSTANCE, Pair, Setup};

use self::draft::{Draft, STEADY, broken};
use crate::answers::check_never_two;

const RELOADS: usize = 1000;
/// Between two of them, at most.
const PAUSE: Duration = Duration::from_millis(60);
/// Far more than an election takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// Of one in this many reloads the file is broken.
const BROKEN: u64 = 20;
/// Edits that an error shows.
const SHOWN: usize = 12;

/// The files of [`Draft::new`].
const SETUP: Setup = Setup {
    version: 3,
    interval_ms: 100,
    preempt: true,
    priorities: [120, 90],
    xdp: None,
};

#[test]
fn a_storm_of_reloads_moves_nothing_but_what_the_edits_imply() -> Result<()> {
    let mut storm = Storm::new()?;
    let blown = storm.blow();
    let journal = storm.journal.iter().rev().take(SHOWN).rev();
    let journal: Vec<&str> = journal.map(String::as_str).collect();
    blown.with_context(|| format!("after {}\n{}", journal.join("\n      "), storm.logs()))?;
    println!(
        "{} reloads, {} takeovers by edits",
        storm.reloads, storm.takeovers
    );
    ensure!(storm.takeovers > 5, "too few edits that move anything");
    Ok(())
}

/// Two directors, their files, and what is expected of them.
struct Storm {
    pair: Pair,
    daemons: [Daemon; 2],
    eyes: Eyes,
    rng: Rng,
    /// In force.
    drafts: [Draft; 2],
    owner: usize,
    /// Of [`INSTANCE`], since the beginning.
    transitions: [usize; 2],
    takeovers: usize,
    reloads: usize,
    /// What was done.
    journal: Vec<String>,
}

impl Storm {
    fn new() -> Result<Self> {
        let rng = Rng::announced();
        let pair = Pair::new(SETUP)?;
        let drafts = [0, 1].map(Draft::new);
        let texts = [drafts[0].text()?, drafts[1].text()?];
        let vipd = Tools::vipd()?;
        let daemons = pair.start_each(|index, host| Daemon::start(host, &vipd, &texts[index]))?;
        daemons[1].wait_for(STEADY, "MASTER", PATIENCE)?;
        daemons[0].wait_for(STEADY, "BACKUP", PATIENCE)?;
        let eyes = Eyes::open(&pair)?;
        eyes.wait_for_owner(pair.macs[0], PATIENCE)?;
        let mut storm = Self {
            pair,
            daemons,
            eyes,
            rng,
            drafts,
            owner: 0,
            transitions: [0; 2],
            takeovers: 0,
            reloads: 0,
            journal: Vec::new(),
        };
        storm.transitions = [0, 1].map(|at| storm.transitions_of(at, INSTANCE));
        Ok(storm)
    }

    fn blow(&mut self) -> Result<()> {
        let begun = Instant::now();
        let steady = [0, 1].map(|at| self.transitions_of(at, STEADY));
        while self.reloads < RELOADS {
            let wait = self.rng.duration(Duration::ZERO..PAUSE);
            pause(wait)?;
            if self.rng.number().is_multiple_of(BROKEN) {
                self.break_one()?;
            } else {
                self.edit()?;
            }
            self.follow()?;
        }
        pause(PATIENCE / 20)?;
        self.follow()?;
        let now = [0, 1].map(|at| self.transitions_of(at, STEADY));
        ensure!(now == steady, "{STEADY} has moved: {steady:?}, {now:?}");
        let end = Instant::now();
        pause(FLIGHT)?;
        let transcript = self.eyes.take_before(end).transcript;
        let asked = transcript.during(begun..end).len();
        ensure!(asked > RELOADS, "{asked} questions in all that time");
        check_never_two(&transcript)
    }

    /// Changes the file of one director, or of both at once, and has them read it.
    fn edit(&mut self) -> Result<()> {
        let which: &[usize] = match self.rng.number() % 4 {
            0 => &[0, 1],
            1 => &[1],
            _ => &[0],
        };
        let mut edited = self.drafts.clone();
        for at in which {
            let edit = edited[*at].edit(&mut self.rng);
            self.note(*at, &edit);
        }
        let [new, old] = [&edited, &self.drafts];
        let on_the_way = [[&new[0], &old[1]], [&old[0], &new[1]], [&new[0], &new[1]]];
        if on_the_way.iter().any(|drafts| moves(*drafts, self.owner)) {
            // Whoever reads first might take over before the other one has read.
            return which.iter().try_for_each(|at| {
                self.write(*at, &edited[*at])?;
                self.reload(*at)?;
                self.follow()
            });
        }
        for at in which {
            self.write(*at, &edited[*at])?;
        }
        which.iter().try_for_each(|at| self.reload(*at))
    }

    fn write(&mut self, at: usize, draft: &Draft) -> Result<()> {
        self.drafts[at] = draft.clone();
        replace(&self.pair.directors[at], &draft.text()?)
    }

    /// Has one director see a file that it must not take; what it said before is in force.
    fn break_one(&mut self) -> Result<()> {
        let at = usize::try_from(self.rng.number() % 2)?;
        // What HUP asked for must not meet the broken file.
        ensure!(self.ask(at)?, "a good file was refused");
        self.note(at, "broken");
        replace(&self.pair.directors[at], broken(&mut self.rng))?;
        ensure!(!self.ask(at)?, "a broken file was taken");
        replace(&self.pair.directors[at], &self.drafts[at].text()?)
    }

    fn reload(&mut self, at: usize) -> Result<()> {
        if self.rng.number().is_multiple_of(2) {
            self.reloads += 1;
            self.daemons[at].signal(Signal::HUP);
            return Ok(());
        }
        ensure!(self.ask(at)?, "a good file was refused");
        Ok(())
    }

    /// Whether the director takes its file.
    fn ask(&mut self, at: usize) -> Result<bool> {
        self.reloads += 1;
        let output = vipctl(&self.pair.directors[at], &["reload"])?;
        Ok(output.status.success())
    }

    /// Waits for the transition that the edits imply; there must be no other one.
    fn follow(&mut self) -> Result<()> {
        let other = 1 - self.owner;
        if moves([&self.drafts[0], &self.drafts[1]], self.owner) {
            self.owner = other;
            self.takeovers += 1;
            self.transitions[0] += 1;
            self.transitions[1] += 1;
            self.note(other, "is to take over");
            let mac = self.pair.macs[other];
            until("the takeover", PATIENCE, || {
                Ok([0, 1].map(|at| self.transitions_of(at, INSTANCE)) == self.transitions)
            })?;
            self.eyes.wait_for_owner(mac, PATIENCE)?;
        }
        let seen = [0, 1].map(|at| self.transitions_of(at, INSTANCE));
        let expected = self.transitions;
        ensure!(seen == expected, "{seen:?} transitions, not {expected:?}");
        Ok(())
    }

    fn transitions_of(&self, at: usize, instance: &str) -> usize {
        let phrase = format!("({instance}) Entering");
        self.daemons[at].log().matching(&phrase).len()
    }

    fn note(&mut self, at: usize, what: &str) {
        let (number, director) = (self.reloads, at + 1);
        let entry = format!("{number}: lb{director}: {what}");
        self.journal.push(entry);
    }

    fn logs(&self) -> String {
        let tails = self.daemons.iter().map(|daemon| daemon.log().tail(60));
        tails.collect::<Vec<_>>().join("\n---\n")
    }
}

/// Whether the other one takes over from `owner`.
fn moves(drafts: [&Draft; 2], owner: usize) -> bool {
    let (is, may_be) = (drafts[owner], drafts[1 - owner]);
    may_be.preempts && may_be.priority() > is.priority()
}

/// Puts another file in the place of the configuration, as a careful editor does: nobody ever reads
/// half of it.
fn replace(host: &Host, text: &str) -> Result<()> {
    let fresh = format!("{CONFIG_PATH}.new");
    host.write(&fresh, text)?;
    fs::rename(host.outside(&fresh), host.outside(CONFIG_PATH)).context("cannot rename")
}
