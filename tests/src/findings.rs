//! What questions and speech prove about who owned the VIP.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use crate::lab::{Frame, Mac, Question, Subject, Transcript};

/// How far from a word an answer of its speaker may be: a round, and what lies between two
/// threads that note times.
pub(crate) const REACH: Duration = Duration::from_millis(5);

/// The questions that were asked at the same time.
#[derive(Clone, Copy, Debug)]
pub struct Round<'a>(&'a [Question]);

impl<'a> Round<'a> {
    /// The rounds of `transcript` in `period`.
    pub fn of(transcript: &'a Transcript, period: Range<Instant>) -> impl Iterator<Item = Self> {
        Self::among(transcript.during(period))
    }

    /// All rounds of `transcript`.
    pub fn all(transcript: &'a Transcript) -> impl Iterator<Item = Self> {
        Self::among(&transcript.questions)
    }

    fn among(questions: &'a [Question]) -> impl Iterator<Item = Self> {
        questions.chunk_by(|a, b| a.at == b.at).map(Self)
    }

    /// When it was asked.
    #[must_use]
    pub fn at(&self) -> Instant {
        self.0[0].at
    }

    /// Everybody who answered anything.
    #[must_use]
    pub fn answerers(&self) -> BTreeSet<Mac> {
        let answers = self.0.iter().flat_map(|question| &question.answers);
        answers.copied().collect()
    }

    /// Whether a question had two answers: one frame to everybody, or the same to each director.
    #[must_use]
    pub fn is_doubled(&self) -> bool {
        self.arp().count() > 1 || self.echoes().count() > 1
    }

    /// Whether every kind of question had an answer.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.arp().next().is_some() && self.echoes().next().is_some()
    }

    fn arp(&self) -> impl Iterator<Item = &'a Mac> {
        self.answers(|subject| subject == Subject::Arp)
    }

    fn echoes(&self) -> impl Iterator<Item = &'a Mac> {
        self.answers(|subject| subject != Subject::Arp)
    }

    fn answers(&self, is_meant: fn(Subject) -> bool) -> impl Iterator<Item = &'a Mac> {
        let meant = self.0.iter();
        let meant = meant.filter(move |question| is_meant(question.subject));
        meant.flat_map(|question| &question.answers)
    }
}

/// A time in which the same questions had two answers.
#[derive(Clone, Debug)]
pub struct Doubled {
    /// The first of these questions, and the last.
    pub span: Range<Instant>,
    /// Who answered them.
    pub by: BTreeSet<Mac>,
}

impl Doubled {
    /// All questions of `period` that had two answers, in one piece.
    #[must_use]
    pub fn of(transcript: &Transcript, period: Range<Instant>) -> Option<Self> {
        let rounds = Round::of(transcript, period);
        let mut doubled = rounds.filter(Round::is_doubled).peekable();
        let start = doubled.peek()?.at();
        let mut all = Self {
            span: start..start,
            by: BTreeSet::new(),
        };
        for round in doubled {
            all.span.end = round.at();
            all.by.extend(round.answerers());
        }
        Some(all)
    }

    /// From the first to the last.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.span.end - self.span.start
    }
}

/// The longest time in `period` from one answered round to the next, or to its end.
#[must_use]
pub fn longest_silence(transcript: &Transcript, period: Range<Instant>) -> Range<Instant> {
    let answered = Round::of(transcript, period.clone()).filter(Round::is_answered);
    let ends = answered.map(|round| round.at()).chain([period.end]);
    let mut last = period.start;
    let mut longest = last..last;
    for end in ends {
        if end - last > longest.end - longest.start {
            longest = last..end;
        }
        last = end;
    }
    longest
}

/// Frames of `speech` in `period` whose source answered no question at that time, though there
/// were questions, before it spoke and after: an owner answers the last one or the next one.
#[must_use]
pub fn strangers<'a>(
    transcript: &Transcript,
    speech: &'a [Frame],
    period: &Range<Instant>,
) -> Vec<&'a Frame> {
    let speech = speech.iter().filter(|frame| period.contains(&frame.at));
    let is_strange = |frame: &&Frame| {
        let unanswered = |span: Range<Instant>| {
            let mut rounds = Round::of(transcript, span).peekable();
            let by_source = |round: Round<'_>| {
                frame
                    .source()
                    .is_some_and(|mac| round.answerers().contains(&mac))
            };
            rounds.peek().is_some() && !rounds.any(by_source)
        };
        unanswered(frame.at - REACH..frame.at) && unanswered(frame.at..frame.at + REACH)
    };
    speech.filter(is_strange).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LB1: Mac = Mac::of_lab(1);
    const LB2: Mac = Mac::of_lab(2);

    /// One round per element: who answers the ARP question, who of lb1 and lb2 the echo.
    fn transcript(start: Instant, rounds: &[(&[Mac], [bool; 2])]) -> Transcript {
        let questions = (0..).zip(rounds).flat_map(|(ms, (arp, echoes))| {
            let at = start + Duration::from_millis(ms);
            let question = |subject, answers| Question {
                at,
                subject,
                answers,
            };
            let echo = |mac, answered: bool| {
                question(
                    Subject::Echo(mac),
                    if answered { vec![mac] } else { vec![] },
                )
            };
            [
                question(Subject::Arp, arp.to_vec()),
                echo(LB1, echoes[0]),
                echo(LB2, echoes[1]),
            ]
        });
        Transcript {
            questions: questions.collect(),
        }
    }

    fn ms(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn two_answers_of_a_kind_are_doubled_and_one_of_each_is_not() {
        let start = Instant::now();
        let all = start..ms(start, 9);
        let handed_over = transcript(start, &[(&[LB1], [false, true])]);
        assert!(Doubled::of(&handed_over, all.clone()).is_none());
        let lies = transcript(
            start,
            &[
                (&[LB1], [true, false]),
                (&[LB1, LB2], [true, false]),
                (&[LB2], [false, true]),
                (&[], [true, true]),
                (&[LB1], [true, false]),
            ],
        );
        let doubled = Doubled::of(&lies, all).unwrap();
        assert_eq!(doubled.span, ms(start, 1)..ms(start, 3));
        assert_eq!(doubled.by, [LB1, LB2].into());
        assert!(Doubled::of(&lies, start..ms(start, 1)).is_none());
    }

    #[test]
    fn silence_ends_when_both_kinds_are_answered() {
        let start = Instant::now();
        let answers = [
            (&[LB1][..], [true, false]),
            (&[LB1], [false, false]),
            (&[], [true, false]),
            (&[LB2], [false, true]),
        ];
        let transcript = transcript(start, &answers);
        let silence = longest_silence(&transcript, start..ms(start, 4));
        assert_eq!(silence, start..ms(start, 3));
        let silence = longest_silence(&transcript, start..ms(start, 9));
        assert_eq!(silence, ms(start, 3)..ms(start, 9));
    }

    #[test]
    fn who_speaks_must_answer() {
        let start = Instant::now();
        let rounds: Vec<(&[Mac], _)> = vec![(&[LB1], [true, false]); 30];
        let transcript = transcript(start, &rounds);
        let word = |at, source: Mac| Frame {
            at: ms(start, at),
            bytes: [Mac::BROADCAST.0, source.0].concat(),
        };
        // After the last round nobody knows whether it would have answered the next.
        let speech = [word(10, LB1), word(20, LB2), word(31, LB2), word(99, LB2)];
        let found = strangers(&transcript, &speech, &(start..ms(start, 100)));
        assert_eq!(found.len(), 1, "nothing is known about what nobody asked");
        assert_eq!(found[0].at, ms(start, 20));
    }
}
