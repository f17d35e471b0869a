//! Directors of which the best one meets with faults, and what was seen of each.

use std::fmt;
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::eyes::{Eyes, FLIGHT, Record};
use ha_tests::lab::{Capture, Daemon, Frame, Tools, pause, until};
use ha_tests::watched::{INTERFACE, Pair, Setup};

use crate::manner::Manner;

/// How long after its takeover the successor must stay alone.
const HOLD: Duration = Duration::from_millis(400);
/// Far more than an election takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// Promised beyond Active_Down_Interval.
const PROMISE: Duration = Duration::from_millis(20);
/// Promised for two Active directors that meet: beyond an interval, and from the advert that the
/// lower one hears.
const MEETING: Duration = Duration::from_millis(5);
/// What is logged when two Active directors have met.
const DUAL_ACTIVE: &str = "DUAL_ACTIVE";
/// What happens to the best director.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// All its processes stop, and go on.
    Freeze,
    /// All its processes are killed, and started again.
    Kill,
    /// Its cable is cut, and healed.
    Cut,
}

impl Fault {
    pub(crate) const ALL: [Self; 3] = [Self::Freeze, Self::Kill, Self::Cut];
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Freeze => "SIGSTOP and thaw",
            Self::Kill => "SIGKILL of all and start",
            Self::Cut => "cable cut and healed",
        })
    }
}

/// lb1 is the best director, lb2 the next; faults are lb1's own.
pub(crate) struct Arena<const N: usize> {
    pair: Pair<N>,
    manner: Manner,
    daemons: [Daemon; N],
    eyes: Eyes,
    /// Adverts of lb1 as they reach lb2.
    adverts: Capture,
    broken: Option<Fault>,
}

/// What a fault and the return after it have shown.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Round {
    pub(crate) questions: usize,
    /// The longest time without answers after the fault.
    pub(crate) silence: Duration,
    /// How long two answered when lb1 came back.
    pub(crate) two: Duration,
    /// From the first advert that lb2 heard of lb1 then to the last answer of lb2.
    pub(crate) yielded: Duration,
    /// Reports that there were two.
    pub(crate) dual_active: usize,
}

impl Round {
    /// The worst of both.
    pub(crate) fn worse(self, other: Self) -> Self {
        Self {
            questions: self.questions + other.questions,
            silence: self.silence.max(other.silence),
            two: self.two.max(other.two),
            yielded: self.yielded.max(other.yielded),
            dual_active: self.dual_active + other.dual_active,
        }
    }
}

impl<const N: usize> Arena<N> {
    pub(crate) fn new(setup: Setup<N>, manner: Manner) -> Result<Self> {
        let pair = Pair::new(setup)?;
        let vipd = Tools::vipd()?;
        let daemons = pair.start_each(|index, host| {
            Daemon::start(host, &vipd, &manner.config(pair.setup(), index))
        })?;
        let lb1 = pair.macs[0];
        let of_lb1 = move |frame: &Frame| frame.is_advert() && frame.source() == Some(lb1);
        Ok(Self {
            eyes: Eyes::open(&pair)?,
            adverts: Capture::start(pair.directors[1].netns(), INTERFACE, of_lb1)?,
            pair,
            manner,
            daemons,
            broken: None,
        })
    }

    pub(crate) fn setup(&self) -> &Setup<N> {
        self.pair.setup()
    }

    pub(crate) fn eyes(&self) -> &Eyes {
        &self.eyes
    }

    /// Makes `fault`, watches, mends it, watches.
    pub(crate) fn round(&mut self, fault: Fault) -> Result<Round> {
        self.mend()?;
        self.settle()?;
        let struck = Instant::now();
        self.strike(fault)?;
        let held = Instant::now();
        pause(FLIGHT)?;
        let record = self.eyes.take_before(held);
        let silence = self
            .judge_fault(&record, &(struck..held))
            .with_context(|| self.logs())?;

        let back = Instant::now();
        self.mend()?;
        self.eyes.wait_for_owner(self.pair.macs[0], PATIENCE)?;
        let end = Instant::now();
        pause(FLIGHT)?;
        let record = self.eyes.take_before(end);
        let round = Round {
            questions: record.transcript.questions.len(),
            silence,
            two: record
                .doubled(&(held..end))
                .map_or(Duration::ZERO, |two| two.length()),
            yielded: self.yielded(&record, back..end)?,
            dual_active: self.dual_active_since(back, fault)?,
        };
        self.judge_return(fault, &round)
            .with_context(|| self.logs())?;
        Ok(round)
    }

    /// Waits until lb1 answers alone, and no neighbour sends elsewhere what it has for the VIP.
    fn settle(&self) -> Result<()> {
        let lb1 = self.pair.macs[0];
        self.eyes.wait_for_owner(lb1, PATIENCE)?;
        until("a neighbour to follow lb1", PATIENCE, || {
            let entries = self.eyes.witness.entries();
            Ok(entries.last().is_none_or(|(_, mac)| *mac == lb1))
        })
    }

    /// Reports of two Active directors since `back`, which must come where there were two.
    fn dual_active_since(&self, back: Instant, fault: Fault) -> Result<usize> {
        let count = || {
            let logs = self.daemons.iter().map(|daemon| daemon.log());
            let lines = logs.flat_map(|log| log.matching(DUAL_ACTIVE));
            lines.filter(|line| line.at >= back).count()
        };
        if fault == Fault::Cut {
            until(DUAL_ACTIVE, PATIENCE, || Ok(count() > 0)).with_context(|| self.logs())?;
        }
        Ok(count())
    }

    /// Makes the fault, and lets time pass for what follows.
    fn strike(&mut self, fault: Fault) -> Result<()> {
        let lb1 = &self.pair.directors[0];
        self.broken = Some(fault);
        match fault {
            Fault::Freeze => self.daemons[0].freeze()?,
            Fault::Kill => self.daemons[0].kill()?,
            Fault::Cut => self.pair.lan.cut(lb1)?,
        }
        pause(self.setup().active_down_interval(1) + HOLD / 2)?;
        // From now on its kernel asks everybody for its neighbours again, as the VIP.
        let lb1 = self.pair.directors[0].netns();
        lb1.ip(&format!("neighbour flush dev {INTERFACE}"))?;
        pause(HOLD / 2)
    }

    fn mend(&mut self) -> Result<()> {
        let lb1 = &self.pair.directors[0];
        match self.broken.take() {
            None => {}
            Some(Fault::Freeze) => self.daemons[0].thaw()?,
            Some(Fault::Cut) => self.pair.lan.heal(lb1)?,
            Some(Fault::Kill) => {
                let config = self.manner.config(self.setup(), 0);
                self.daemons[0] = Daemon::start(lb1, &Tools::vipd()?, &config)?;
            }
        }
        Ok(())
    }

    /// Nobody answers or speaks beside the owner, and a neighbour stays with lb2 once it knows.
    /// Returns the silence.
    fn judge_fault(&self, record: &Record, period: &Range<Instant>) -> Result<Duration> {
        let since = |at: Instant| at.saturating_duration_since(period.start);
        if let Some(two) = record.doubled(period) {
            let from = since(two.span.start);
            anyhow::bail!(
                "two answered for {:?}, {from:?} after the fault",
                two.length()
            );
        }
        if let Some(frame) = record.strangers(period).first() {
            let (at, bytes) = (since(frame.at), &frame.bytes);
            anyhow::bail!("somebody else spoke {at:?} after the fault: {bytes:02x?}");
        }
        let (entries, lb2) = (record.entries(period), self.pair.macs[1]);
        let macs: Vec<_> = entries.iter().map(|(_, mac)| *mac).collect();
        ensure!(
            macs == [lb2],
            "a neighbour followed {macs:?}, not only {lb2}"
        );
        let silence = record.silence(period);
        let (length, from) = (silence.end - silence.start, since(silence.start));
        let limit = self.setup().active_down_interval(1) + PROMISE;
        ensure!(
            length <= limit,
            "silence for {length:?}, {from:?} after the fault"
        );
        Ok(length)
    }

    /// Two may answer only where both were Active, and not for long.
    fn judge_return(&self, fault: Fault, round: &Round) -> Result<()> {
        let Round { two, yielded, .. } = *round;
        let limit = match fault {
            Fault::Cut => self.setup().interval() + MEETING,
            Fault::Freeze | Fault::Kill => Duration::ZERO,
        };
        ensure!(two <= limit, "two answered for {two:?} on return");
        ensure!(
            yielded <= MEETING,
            "the lower one answered for {yielded:?} after the advert"
        );
        Ok(())
    }

    /// How long lb2 answered after it first heard lb1 in `period`.
    fn yielded(&self, record: &Record, period: Range<Instant>) -> Result<Duration> {
        let adverts = self.adverts.take_before(period.end);
        let heard = adverts.iter().find(|frame| frame.at >= period.start);
        let heard = heard.context("lb2 heard no advert of lb1")?.at;
        let last = record.last_answer_of(self.pair.macs[1], heard..period.end);
        Ok(last.map_or(Duration::ZERO, |last| last - heard))
    }

    fn logs(&self) -> String {
        let tails = self.daemons.iter().map(|daemon| {
            let name = daemon.host().name();
            format!("{name}'s log ends with\n{}", daemon.log().tail(8))
        });
        tails.collect()
    }
}
