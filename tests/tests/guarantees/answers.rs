//! What the prober's questions prove.

use std::fmt;
use std::ops::{AddAssign, Range};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::{Mac, Question, Subject, Transcript};

/// After Active_Down_Interval, until answers must be right.
pub(crate) const SLACK: Duration = Duration::from_millis(100);
/// For an answer that is under way when the asking ends.
pub(crate) const LAST_ANSWERS: Duration = Duration::from_millis(200);
/// One question in this many may stay without an answer where the machine itself stands still:
/// cables hold 256 frames, and the kernel has one lock for the addresses of all networks. A
/// director that keeps silent when it must answer loses far more.
const LOSS: usize = 50;

/// Questions of times in which all answers had to come from one director.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// All of them.
    pub(crate) asked: usize,
    /// Answered by nobody, against the rule. None on a calm machine.
    unanswered: usize,
}

impl Tally {
    /// Counts the questions of `period`.
    ///
    /// # Errors
    /// When one was answered by anybody but `owner`, or twice.
    pub(crate) fn of(transcript: &Transcript, period: Range<Instant>, owner: Mac) -> Result<Self> {
        let wrong = transcript.wrong(period.clone(), owner);
        let (unanswered, lies): (Vec<_>, Vec<_>) = wrong
            .into_iter()
            .partition(|question| question.answers.is_empty());
        if let Some(Question {
            at,
            subject,
            answers,
        }) = lies.first()
        {
            let (at, of) = (*at - period.start, period.end - period.start);
            let count = lies.len();
            anyhow::bail!(
                "{count} answers not of {owner}, first {answers:?} to {subject:?} after {at:?} of {of:?}"
            );
        }
        Ok(Self {
            asked: transcript.during(period).len(),
            unanswered: unanswered.len(),
        })
    }

    /// Fails if more questions stayed without an answer than a busy machine explains.
    pub(crate) fn check(&self) -> Result<()> {
        ensure!(self.unanswered * LOSS <= self.asked, "{self}");
        Ok(())
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.asked += other.asked;
        self.unanswered += other.unanswered;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, unanswered } = self;
        write!(
            f,
            "{asked} questions answered by exactly the owner, but {unanswered} by nobody"
        )
    }
}

/// Fails if any question at all was answered twice, or an echo by whom it was not sent to.
pub(crate) fn check_never_two(transcript: &Transcript) -> Result<()> {
    let lie = |question: &&Question| match question.subject {
        Subject::Arp => question.answers.len() > 1,
        Subject::Echo(to) => {
            question.answers.len() > 1 || question.answers.iter().any(|by| *by != to)
        }
    };
    let lie = transcript.questions.iter().find(lie);
    ensure!(lie.is_none(), "two answers: {lie:?}");
    Ok(())
}
