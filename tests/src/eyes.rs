//! The instrument that guarantees are measured with: a prober, a witness, and somebody who knows
//! when the machine itself stood still.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::findings::{Doubled, Round, longest_silence, strangers};
use crate::lab::{
    Daemon, Entry, Frame, Listener, Mac, Prober, Stalls, Talker, Tools, Transcript, Witness, until,
};
use crate::watched::{INTERFACE, Pair, Setup, VIP, WITNESS};

/// A processor that ran nothing for longer has stalled.
const STALL: Duration = Duration::from_millis(5);
/// How long an owner must have been alone.
const CALM: Duration = Duration::from_millis(100);
/// Between two rounds, with some noise.
const RHYTHM: Duration = Duration::from_millis(3);
/// Rounds without which nothing is known about [`CALM`].
const ENOUGH: usize = 30;
/// In which an answer arrives, or never.
pub const FLIGHT: Duration = Duration::from_millis(60);

/// Everybody who watches a [`Pair`]. On every director a local process speaks as the VIP whenever
/// it is an address of that host.
#[derive(Debug)]
pub struct Eyes {
    /// Asks every millisecond.
    pub prober: Prober,
    /// Hears who speaks.
    pub witness: Witness,
    /// Noted from before the first question.
    pub stalls: Stalls,
    _listener: Listener,
    _talkers: Vec<Talker>,
}

/// What was asked and said in some time.
#[derive(Debug)]
pub struct Record {
    /// The questions.
    pub transcript: Transcript,
    /// Frames that were spoken as the VIP.
    pub speech: Vec<Frame>,
    /// Changes of the witness's neighbour entry since the beginning.
    pub entries: Vec<Entry>,
}

impl Eyes {
    /// Opens them.
    ///
    /// # Errors
    /// As of [`Prober`], [`Witness`] and [`Talker`].
    pub fn open<const N: usize>(pair: &Pair<N>) -> Result<Self> {
        let stalls = Stalls::watch(STALL)?;
        let directors = pair.directors.iter();
        let talkers = directors.map(|director| Talker::start(director, VIP, WITNESS));
        Ok(Self {
            stalls,
            _listener: Listener::start(&pair.witness)?,
            witness: Witness::start(&pair.witness, INTERFACE, VIP)?,
            prober: pair.probe()?,
            _talkers: talkers.collect::<Result<_>>()?,
        })
    }

    /// Starts vipd on new directors, and watches them. The first one is Active when this returns.
    ///
    /// # Errors
    /// As of [`Self::open`], when vipd does not start, or when another one is Active after `limit`.
    pub fn on_new<const N: usize>(
        setup: Setup<N>,
        limit: Duration,
    ) -> Result<(Pair<N>, [Daemon; N], Self)> {
        let pair = Pair::new(setup)?;
        let daemons = pair.start(&Tools::vipd()?)?;
        let eyes = Self::open(&pair)?;
        eyes.wait_for_owner(pair.macs[0], limit)?;
        Ok((pair, daemons, eyes))
    }

    /// Waits until `owner` alone has answered for a while.
    ///
    /// # Errors
    /// When that is not so within `limit`.
    pub fn wait_for_owner(&self, owner: Mac, limit: Duration) -> Result<()> {
        let what = format!("{owner} to answer alone");
        until(&what, limit, || Ok(self.is_alone(owner)))
    }

    /// Whether `owner` has answered nearly every question of the last moment, and nobody else any.
    fn is_alone(&self, owner: Mac) -> bool {
        let now = Instant::now();
        // What was asked just now may not be answered yet.
        let period = now - CALM..now - RHYTHM;
        self.prober.look(|transcript| {
            let rounds: Vec<_> = Round::of(transcript, period).collect();
            let by_owner = rounds.iter().filter(|round| round.is_answered()).count();
            let alone = |round: &Round<'_>| round.answerers().iter().all(|by| *by == owner);
            rounds.iter().all(alone) && by_owner * 10 > rounds.len() * 9 && by_owner > ENOUGH
        })
    }

    /// What happened before `end`, which is forgotten but for the neighbour entry.
    #[must_use]
    pub fn take_before(&self, end: Instant) -> Record {
        Record {
            transcript: self.prober.take_before(end),
            speech: self.witness.take_speech_before(end),
            entries: self.witness.entries(),
        }
    }
}

impl Record {
    /// Questions of `period` that had two answers.
    #[must_use]
    pub fn doubled(&self, period: &Range<Instant>) -> Option<Doubled> {
        Doubled::of(&self.transcript, period.clone())
    }

    /// Frames of `period` that were spoken by others than the owner.
    #[must_use]
    pub fn strangers(&self, period: &Range<Instant>) -> Vec<&Frame> {
        strangers(&self.transcript, &self.speech, period)
    }

    /// The longest time without answers in `period`.
    #[must_use]
    pub fn silence(&self, period: &Range<Instant>) -> Range<Instant> {
        longest_silence(&self.transcript, period.clone())
    }

    /// When the last question of `period` was asked that `director` answered.
    #[must_use]
    pub fn last_answer_of(&self, director: Mac, period: Range<Instant>) -> Option<Instant> {
        let rounds = Round::of(&self.transcript, period);
        let answered = rounds.filter(|round| round.answerers().contains(&director));
        answered.last().map(|round| round.at())
    }

    /// Changes of the neighbour entry in `period`.
    #[must_use]
    pub fn entries(&self, period: &Range<Instant>) -> Vec<Entry> {
        let entries = self.entries.iter();
        entries
            .filter(|(at, _)| period.contains(at))
            .copied()
            .collect()
    }
}
