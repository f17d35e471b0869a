//! Questions about a VIP, and who answered them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::Mac;

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// "Who has the VIP?", to everybody.
    Arp,
    /// An ICMP echo request for the VIP, to this MAC.
    Echo(Mac),
}

/// One question.
#[derive(Clone, Debug)]
pub struct Question {
    /// When it was sent.
    pub at: Instant,
    /// What was asked.
    pub subject: Subject,
    /// Sources of the answers, in the order of arrival.
    pub answers: Vec<Mac>,
}

impl Question {
    /// Whether it was answered as it must be while only `owner` owns the VIP: once and by
    /// `owner`, or not at all if it was for another one's ears.
    #[must_use]
    pub fn is_right(&self, owner: Mac) -> bool {
        match self.subject {
            Subject::Echo(to) if to != owner => self.answers.is_empty(),
            _ => self.answers == [owner],
        }
    }
}

/// Questions in the order of asking.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    /// All of them.
    pub questions: Vec<Question>,
}

impl Transcript {
    /// Questions asked in `period`.
    #[must_use]
    pub fn during(&self, period: Range<Instant>) -> &[Question] {
        let begin = self
            .questions
            .partition_point(|question| question.at < period.start);
        let end = self
            .questions
            .partition_point(|question| question.at < period.end);
        self.questions.get(begin..end).unwrap_or_default()
    }

    /// Everybody who answered a question asked in `period`.
    #[must_use]
    pub fn answerers(&self, period: Range<Instant>) -> BTreeSet<Mac> {
        let questions = self.during(period).iter();
        questions
            .flat_map(|question| question.answers.iter().copied())
            .collect()
    }

    /// Questions asked in `period` that were not answered by exactly `owner`.
    #[must_use]
    pub fn wrong(&self, period: Range<Instant>, owner: Mac) -> Vec<&Question> {
        let questions = self.during(period).iter();
        questions
            .filter(|question| !question.is_right(owner))
            .collect()
    }

    /// The longest time in `period` without a question: how well the rhythm was kept.
    #[must_use]
    pub fn longest_pause(&self, period: Range<Instant>) -> Duration {
        let questions = self.during(period);
        let pauses = questions.windows(2).map(|pair| match pair {
            [before, after] => after.at - before.at,
            _ => Duration::ZERO,
        });
        pauses.max().unwrap_or_default()
    }

    /// When `director` first answered a question asked at or after `since`.
    #[must_use]
    pub fn first_answer_of(&self, director: Mac, since: Instant) -> Option<Instant> {
        let mut questions = self
            .questions
            .iter()
            .filter(|question| question.at >= since);
        questions
            .find(|question| question.answers.contains(&director))
            .map(|question| question.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LB1: Mac = Mac::of_lab(1);
    const LB2: Mac = Mac::of_lab(2);

    fn question(at: Instant, subject: Subject, answers: &[Mac]) -> Question {
        Question {
            at,
            subject,
            answers: answers.to_vec(),
        }
    }

    #[test]
    fn only_the_owner_may_answer_and_only_once() {
        let at = Instant::now();
        let right = |subject, answers: &[Mac]| question(at, subject, answers).is_right(LB1);
        assert!(right(Subject::Arp, &[LB1]));
        assert!(!right(Subject::Arp, &[]));
        assert!(!right(Subject::Arp, &[LB1, LB1]));
        assert!(!right(Subject::Arp, &[LB1, LB2]));
        assert!(right(Subject::Echo(LB1), &[LB1]));
        assert!(right(Subject::Echo(LB2), &[]));
        assert!(!right(Subject::Echo(LB2), &[LB2]));
        assert!(
            !right(Subject::Echo(LB2), &[LB1]),
            "it must not be forwarded"
        );
    }

    #[test]
    fn a_period_has_its_start_but_not_its_end() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let questions = vec![
            question(at(0), Subject::Arp, &[LB1]),
            question(at(1), Subject::Arp, &[LB2]),
            question(at(4), Subject::Arp, &[]),
        ];
        let transcript = Transcript { questions };
        assert_eq!(transcript.during(at(1)..at(4)).len(), 1);
        assert_eq!(
            transcript.answerers(at(0)..at(9)),
            BTreeSet::from([LB1, LB2])
        );
        assert_eq!(transcript.wrong(at(0)..at(9), LB1).len(), 2);
        assert_eq!(
            transcript.longest_pause(at(0)..at(9)),
            Duration::from_millis(3)
        );
        assert_eq!(transcript.first_answer_of(LB2, at(1)), Some(at(1)));
        assert_eq!(transcript.first_answer_of(LB1, at(1)), None);
    }
}
