//! Who answers, as a line that grows while one watches.

use std::time::Duration;

use super::fault::Fault;
use super::lane::Cell;
use super::outcome::{CELL, Outcome};
use crate::screen::{Colour, Screen};

/// Time that one character stands for, in cells.
const CELLS_PER_CHARACTER: usize = 20;
/// Characters of a timeline: eight seconds.
const WIDTH: usize = 40;

/// Explains the timeline.
pub(super) fn legend(screen: &Screen) -> String {
    let cell = CELL * u32::try_from(CELLS_PER_CHARACTER).unwrap_or(1);
    format!(
        "\nwho answers ARP for the VIP, {} ms a character: {} lb1, {} lb2, {} both, {} nobody",
        cell.as_millis(),
        screen.paint("1", Colour::Green),
        screen.paint("2", Colour::Cyan),
        screen.paint("X", Colour::Red),
        screen.paint(".", Colour::Dim),
    )
}

/// Shows what has been seen of `fault` so far, where lines can be rewritten.
pub(super) fn live(screen: &Screen, fault: Fault, timeline: &[Cell]) {
    screen.rewrite(&line(screen, fault, timeline));
}

/// Shows what was seen of a fault.
pub(super) fn done(screen: &Screen, outcome: &Outcome) {
    let line = line(screen, outcome.fault, &outcome.timeline);
    let back = match outcome.gap {
        Some(gap) => format!("gap {}", milliseconds(gap.length)),
        None => screen.paint("never back", Colour::Red),
    };
    screen.say(&format!("{line} {back}"));
}

fn line(screen: &Screen, fault: Fault, timeline: &[Cell]) -> String {
    let characters = timeline.chunks(CELLS_PER_CHARACTER).take(WIDTH);
    let mut bar: String = characters
        .clone()
        .map(|cells| character(screen, cells))
        .collect();
    bar.push_str(&" ".repeat(WIDTH - characters.count()));
    format!("  {:20} {bar}", fault.name())
}

/// The worst of some cells, or the last one if all are well.
fn character(screen: &Screen, cells: &[Cell]) -> String {
    let nobody = cells.iter().filter(|cell| **cell == Cell::Nobody).count();
    match cells.last() {
        _ if cells.contains(&Cell::Both) => screen.paint("X", Colour::Red),
        _ if nobody * 2 > cells.len() => screen.paint(".", Colour::Dim),
        Some(Cell::One(0)) => screen.paint("1", Colour::Green),
        Some(Cell::One(_)) => screen.paint("2", Colour::Cyan),
        _ => screen.paint(".", Colour::Dim),
    }
}

/// A duration for a table.
pub(super) fn milliseconds(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}
