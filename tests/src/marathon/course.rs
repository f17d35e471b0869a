//! Directors that meet with one fault after the other.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::fault::{Change, Dice, Event, Fault};
use super::flood;
use super::judge::{Finding, Judge};
use super::patient::{Patient, SCRIPT, TRACKED};
use super::tally::Tally;
use super::timeline::Story;
use crate::eyes::{Eyes, FLIGHT, Record};
use crate::lab::{Capture, Daemon, Frame, Log, Tools, pause};
use crate::rng::Rng;
use crate::watched::{Pair, Setup};

/// Events from one time when everybody is well to the next.
const EVENTS: usize = 30;
/// What happened so long before counts for what is seen later, too.
const AFTERMATH: Duration = Duration::from_secs(1);
/// Until the best director answers alone when nothing is wrong any more.
const RECOVERY: Duration = Duration::from_secs(10);

/// Directors on their LAN, and those who watch.
pub(super) struct Course<const N: usize> {
    pair: Pair<N>,
    patients: Vec<Patient>,
    eyes: Eyes,
    /// Adverts of the directors.
    adverts: Capture,
    dice: Dice,
    events: Vec<Event>,
    /// Everything before was judged.
    judged: Instant,
    tally: Tally,
}

impl<const N: usize> Course<N> {
    /// Starts the directors: `setup`, and what a reload changes it to.
    pub(super) fn new(setup: Setup<N>, changed: Setup<N>, rng: Rng) -> Result<Self> {
        let pair = Pair::new(setup)?;
        let config = |setup: Setup<N>, index: usize| {
            let text = format!("{SCRIPT}{}", setup.config_with(index, TRACKED));
            (setup.priorities[index], text)
        };
        let mut patients = Vec::new();
        for (index, host) in pair.directors.iter().enumerate() {
            let configs = [config(setup, index), config(changed, index)];
            let daemon = Daemon::start(host, &Tools::vipd()?, &configs[0].1)?;
            patients.push(Patient::new(host, daemon, configs));
        }
        let (_, stranger) = pair.stranger()?;
        let of_directors =
            move |frame: &Frame| frame.is_advert() && frame.source() != Some(stranger);
        Ok(Self {
            eyes: Eyes::open(&pair)?,
            adverts: Capture::start(pair.lan.netns(), pair.lan.interface(), of_directors)?,
            pair,
            patients,
            dice: Dice::new(rng),
            events: Vec::new(),
            judged: Instant::now(),
            tally: Tally::default(),
        })
    }

    /// Goes on until `end`, or until it has to be given up. Prints what must not be.
    pub(super) fn run(mut self, end: Instant) -> Result<Tally> {
        self.recover()?;
        self.forget();
        while Instant::now() < end {
            for _ in 0..EVENTS {
                self.next()?;
            }
            self.recover()?;
            self.judge()?;
            println!("{N} directors: {}", self.tally);
        }
        Ok(self.tally)
    }

    fn next(&mut self) -> Result<()> {
        let ailments: Vec<_> = self.patients.iter().map(Patient::ailment).collect();
        let (director, change) = self.dice.roll(&ailments);
        pause(self.dice.rest())?;
        self.change(director, change)
    }

    fn change(&mut self, director: usize, change: Change) -> Result<()> {
        let from = Instant::now();
        self.patients[director].undergo(change, &self.pair.lan)?;
        if change == Change::Strike(Fault::Flood) {
            flood::burst(&self.pair)?;
        }
        if let Change::Strike(fault) = change {
            self.tally.count(fault);
        }
        self.events.push(Event {
            from,
            to: Instant::now(),
            director,
            change,
        });
        Ok(())
    }

    /// Cures everybody, and waits until the best one answers alone.
    fn recover(&mut self) -> Result<()> {
        for director in 0..N {
            if let Some(fault) = self.patients[director].ailment() {
                pause(self.dice.rest())?;
                self.change(director, Change::Cure(fault))?;
            }
        }
        let priority = |index: &usize| self.patients[*index].priority();
        let best = (0..N).max_by_key(priority).context("no directors")?;
        let recovered = self.eyes.wait_for_owner(self.pair.macs[best], RECOVERY);
        recovered.with_context(|| {
            let end = Instant::now();
            let record = self.eyes.take_before(end);
            let adverts = self.adverts.take_before(end);
            let timeline = self.story(&record, &adverts).render(&(end..end));
            format!("lb{} is the best\n{timeline}{}", best + 1, self.logs())
        })
    }

    fn forget(&mut self) {
        self.judged = Instant::now();
        let _ = self.eyes.take_before(self.judged);
        let _ = self.adverts.take_before(self.judged);
        self.events.clear();
    }

    /// Judges everything since the last time.
    fn judge(&mut self) -> Result<()> {
        let end = Instant::now();
        pause(FLIGHT)?;
        let record = self.eyes.take_before(end);
        let adverts = self.adverts.take_before(end);
        let judge = Judge {
            events: &self.events,
            adverts: &adverts,
            interval: self.pair.setup().interval(),
            stalls: &self.eyes.stalls,
        };
        let period = self.judged..end;
        self.tally.add(&record, &period);
        for finding in judge.findings(&record, &period) {
            self.tally.note(&finding);
            self.tell(&finding, &self.story(&record, &adverts));
        }
        self.judged = end;
        self.events.retain(|event| event.to + AFTERMATH > end);
        let panicked = |patient: &Patient| !patient.daemon().log().matching("panicked").is_empty();
        ensure!(!self.patients.iter().any(panicked), "{}", self.logs());
        Ok(())
    }

    fn tell(&self, finding: &Finding, story: &Story<'_>) {
        let verdict = match finding.is_spoilt() {
            true => "spoilt by the machine",
            false => "MUST NOT BE",
        };
        let Finding { what, stall, span } = finding;
        println!(
            "{N} directors: {verdict} (it stood still for {stall:.1?}): {what}\n{}",
            story.render(span)
        );
    }

    fn story<'a>(&'a self, record: &'a Record, adverts: &'a [Frame]) -> Story<'a> {
        let logs = self.patients.iter().map(|patient| patient.daemon().log());
        Story {
            record,
            events: &self.events,
            adverts,
            logs: logs.map(Log::lines).collect(),
            directors: &self.pair.macs,
        }
    }

    fn logs(&self) -> String {
        let tails = self.patients.iter().map(|patient| {
            let daemon = patient.daemon();
            let (name, processes) = (daemon.host().name(), daemon.host().picture());
            let log = daemon.log().tail(25);
            format!("{name}'s processes\n{processes}{name}'s log ends with\n{log}")
        });
        tails.collect()
    }
}
