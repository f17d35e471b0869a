//! Who answers, as a line that grows while one watches.

use std::time::Duration;

use super::fault::Fault;
use super::lane::Cell;
use super::outcome::{CELL, LEAD, Outcome};
use crate::screen::{Colour, Screen};

/// Time that one character stands for, in cells.
const CELLS_PER_CHARACTER: usize = 20;
/// Characters of a timeline: eight seconds.
const WIDTH: usize = 40;
/// Characters before a timeline.
const NAME: usize = 23;

/// Explains the timeline, above a ruler of seconds from the fault.
pub(super) fn legend(screen: &Screen) -> String {
    format!(
        "\nwho answers ARP for the VIP: {} lb1, {} lb2, {} both, {} nobody\n{}",
        screen.paint("1", Colour::Green),
        screen.paint("2", Colour::Cyan),
        screen.paint("X", Colour::Red),
        screen.paint(".", Colour::Dim),
        screen.paint(&ruler(), Colour::Dim),
    )
}

fn ruler() -> String {
    let character = CELL * CELLS_PER_CHARACTER as u32;
    let characters_of = |time: Duration| (time.as_millis() / character.as_millis()) as usize;
    let second = characters_of(Duration::from_secs(1));
    let seconds = (WIDTH - characters_of(LEAD)).div_ceil(second);
    let marks: String = (0..seconds).map(|at| format!("{at:<second$}")).collect();
    let (name, marks) = ("seconds from the fault", marks.trim_end());
    format!("{name:0$}{marks}", NAME + characters_of(LEAD))
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
    format!("  {:1$}{bar}", fault.name(), NAME - 2)
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
