//! The five rows.

use super::outcome::Outcome;
use super::timeline::milliseconds;
use crate::screen::{Colour, Screen};

const HEADINGS: [&str; 5] = [
    "fault",
    "gap",
    "requests lost",
    "owner after",
    "directors answering",
];

/// The table, and a verdict below.
pub(super) fn render(outcomes: &[Outcome], screen: &Screen) -> String {
    let rows: Vec<[String; 5]> = outcomes.iter().map(row).collect();
    let headings = HEADINGS.map(str::to_owned);
    let widths: [usize; 5] = std::array::from_fn(|column| {
        let all = rows.iter().chain([&headings]);
        all.map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    });
    let mut text = format!("\n{}\n", line(&headings, widths));
    text.push_str(&format!(
        "{}\n",
        "-".repeat(line(&headings, widths).chars().count())
    ));
    for (row, outcome) in rows.iter().zip(outcomes) {
        let line = line(row, widths);
        let shown = match outcome.is_good() {
            true => line,
            false => screen.paint(&line, Colour::Red),
        };
        text.push_str(&format!("{shown}\n"));
    }
    text + &verdict(outcomes, screen)
}

fn row(outcome: &Outcome) -> [String; 5] {
    let owner = match outcome.owners.as_slice() {
        [] => "nobody".to_owned(),
        owners => owners.join(" and "),
    };
    [
        outcome.fault.name().to_owned(),
        outcome
            .gap
            .map_or("never".to_owned(), |gap| milliseconds(gap.length)),
        outcome.lost.to_string(),
        owner,
        outcome.owners.len().to_string(),
    ]
}

fn line(cells: &[String; 5], widths: [usize; 5]) -> String {
    let [fault, gap, lost, owner, directors] = cells;
    let [a, b, c, d, e] = widths;
    format!("{fault:a$}  {gap:>b$}  {lost:>c$}  {owner:d$}  {directors:>e$}")
}

fn verdict(outcomes: &[Outcome], screen: &Screen) -> String {
    let bad = outcomes.iter().filter(|outcome| !outcome.is_good()).count();
    match bad {
        0 => screen.paint(
            "after every fault exactly one director answers, and the client came back",
            Colour::Green,
        ),
        _ => screen.paint(
            &format!(
                "{bad} of {} faults did not end with one director that answers, and pages",
                outcomes.len()
            ),
            Colour::Red,
        ),
    }
}
