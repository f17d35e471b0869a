//! From answers to the times in which somebody owned the VIP.

use std::ops::Range;
use std::time::{Duration, Instant};

use ha_tests::lab::{Mac, Transcript};

/// Silence that ends a time of ownership; shorter ones are a busy machine's.
const SILENCE: Duration = Duration::from_millis(20);

/// A time in which somebody answered, without a silence.
pub(super) type Span = Range<Instant>;

/// The times in which `director` answered questions, in order.
pub(super) fn spans(transcript: &Transcript, director: Mac) -> Vec<Span> {
    let questions = transcript.questions.iter();
    let answered = questions.filter(|question| question.answers.contains(&director));
    join(answered.map(|question| question.at))
}

/// The longest time in which both owned the VIP.
pub(super) fn longest_overlap(one: &[Span], other: &[Span]) -> Duration {
    let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
    let overlaps = pairs.map(|(a, b)| {
        a.end
            .min(b.end)
            .saturating_duration_since(a.start.max(b.start))
    });
    overlaps.max().unwrap_or_default()
}

fn join(instants: impl Iterator<Item = Instant>) -> Vec<Span> {
    let mut spans = Vec::<Span>::new();
    for at in instants {
        match spans.last_mut() {
            Some(last) if at - last.end <= SILENCE => last.end = at,
            _ => spans.push(at..at),
        }
    }
    spans
}

#[test]
fn a_silence_separates_spans_and_only_common_time_is_overlap() {
    let start = Instant::now();
    let at = |ms| start + Duration::from_millis(ms);
    let one = join([0, 10, 25, 60, 70].map(at).into_iter());
    assert_eq!(one, [at(0)..at(25), at(60)..at(70)]);
    let other = join([22, 40, 60, 64].map(at).into_iter());
    assert_eq!(other, [at(22)..at(64)]);
    assert_eq!(longest_overlap(&one, &other), Duration::from_millis(4));
    assert_eq!(longest_overlap(&one, &[at(30)..at(50)]), Duration::ZERO);
}
