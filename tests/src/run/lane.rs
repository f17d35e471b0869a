//! Who answered, cell by cell of time.

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::lab::{Mac, Question, Subject, Transcript};

/// Who answered ARP questions in some stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// Most questions were not answered.
    Nobody,
    /// This director (0 or 1) answered most.
    One(usize),
    /// Both answered the same question.
    Both,
}

/// Cells of length `cell` over `period`.
pub(super) fn cells(
    transcript: &Transcript,
    directors: [Mac; 2],
    period: Range<Instant>,
    cell: Duration,
) -> Vec<Cell> {
    let starts = std::iter::successors(Some(period.start), |start| Some(*start + cell));
    let mut last = Cell::Nobody;
    starts
        .take_while(|start| *start + cell <= period.end)
        .map(|start| {
            // Where the machine kept the prober from asking, nothing has changed as far as we know.
            last = of(transcript.during(start..start + cell), directors).unwrap_or(last);
            last
        })
        .collect()
}

fn of(questions: &[Question], directors: [Mac; 2]) -> Option<Cell> {
    let arp = questions
        .iter()
        .filter(|question| question.subject == Subject::Arp);
    let answered = arp.map(|question| directors.map(|mac| question.answers.contains(&mac)));
    let answered: Vec<_> = answered.collect();
    let count = |by: [bool; 2]| answered.iter().filter(|other| **other == by).count();
    let (nobody, first, second) = (
        count([false, false]),
        count([true, false]),
        count([false, true]),
    );
    match count([true, true]) {
        _ if answered.is_empty() => None,
        both if both > 0 => Some(Cell::Both),
        _ if nobody >= first.max(second) => Some(Cell::Nobody),
        _ if first >= second => Some(Cell::One(0)),
        _ => Some(Cell::One(1)),
    }
}

/// Runs of equal cells, as `(cell, first, last + 1)`.
pub(super) fn runs(cells: &[Cell]) -> Vec<(Cell, usize, usize)> {
    let mut runs: Vec<(Cell, usize, usize)> = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        match runs.last_mut() {
            Some((last, _, end)) if last == cell => *end = index + 1,
            _ => runs.push((*cell, index, index + 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_follow_the_answers_to_arp() {
        let directors = [Mac::of_lab(1), Mac::of_lab(2)];
        let start = Instant::now();
        let ask = |ms, answers: &[usize]| Question {
            at: start + Duration::from_millis(ms),
            subject: Subject::Arp,
            answers: answers.iter().map(|index| directors[*index]).collect(),
        };
        let questions = vec![ask(0, &[0]), ask(10, &[]), ask(20, &[1]), ask(30, &[0, 1])];
        let cell = Duration::from_millis(10);
        let period = start..start + Duration::from_millis(40);
        let cells = cells(&Transcript { questions }, directors, period, cell);
        assert_eq!(
            cells,
            [Cell::One(0), Cell::Nobody, Cell::One(1), Cell::Both]
        );
        assert_eq!(runs(&cells[..1]), [(Cell::One(0), 0, 1)]);
    }
}
