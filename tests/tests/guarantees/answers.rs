//! What the prober's questions prove.

use std::fmt::Write as _;
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::{Mac, Transcript};

/// After Active_Down_Interval, until answers must be right.
pub(crate) const SLACK: Duration = Duration::from_millis(100);
/// For an answer that is under way when the asking ends.
pub(crate) const LAST_ANSWERS: Duration = Duration::from_millis(200);

/// Fails unless every question of `period` was answered by exactly `owner`; returns how many
/// there were.
pub(crate) fn check(
    transcript: &Transcript,
    period: Range<Instant>,
    owner: Mac,
    what: &str,
) -> Result<usize> {
    let asked = transcript.during(period.clone()).len();
    let wrong = transcript.wrong(period.clone(), owner);
    let since = |at: Instant| at - period.start;
    let mut text = String::new();
    for question in wrong.iter().take(5) {
        let (subject, answers) = (question.subject, &question.answers);
        writeln!(
            text,
            "  {:?}: {subject:?} answered by {answers:?}",
            since(question.at)
        )?;
    }
    ensure!(
        wrong.is_empty(),
        "{what}: {} of {asked} questions were not answered by exactly {owner}, the last after \
         {:?} of {:?}:\n{text}",
        wrong.len(),
        wrong.last().map(|question| since(question.at)),
        since(period.end),
    );
    Ok(asked)
}

/// Fails if any question at all was answered twice, or an echo by whom it was not sent to.
pub(crate) fn check_never_two(transcript: &Transcript) -> Result<()> {
    let two = transcript
        .questions
        .iter()
        .find(|question| question.answers.len() > 1);
    ensure!(two.is_none(), "two answers: {two:?}");
    Ok(())
}
