//! The timelines as a drawing.

use super::lane::{self, Cell};
use super::outcome::{CELL, LEAD, Outcome};
use crate::svg::Drawing;

/// Left edge of the timelines, in pixels.
const LEFT: f64 = 190.0;
/// Length of the timelines, in pixels.
const LENGTH: f64 = 640.0;
/// Height of one fault, in pixels.
const ROW: f64 = 62.0;
/// Where the first fault begins, in pixels.
const TOP: f64 = 64.0;
/// Height of a bar, in pixels.
const BAR: f64 = 10.0;

const STYLE: &str = ".lb1 { fill: #2da44e } .lb2 { fill: #1a7fc4 } .gap { fill: #d1453b }
.fault { stroke-dasharray: 3 3 }";

/// One lane per director and one for the client's gap, for each fault.
pub(super) fn draw(directors: [&str; 2], outcomes: &[Outcome]) -> String {
    let longest = outcomes.iter().map(|outcome| outcome.timeline.len()).max();
    let mut picture = Picture {
        drawing: Drawing::new(),
        milliseconds: longest.unwrap_or(1).max(1) as f64 * milliseconds_of_cell(),
    };
    let bottom = TOP + ROW * outcomes.len() as f64;
    picture.legend(directors);
    picture.axis(bottom);
    for (index, outcome) in outcomes.iter().enumerate() {
        picture.row(outcome, TOP + ROW * index as f64);
    }
    let size = [LEFT + LENGTH + 130.0, bottom + 30.0];
    picture.drawing.finish(size, STYLE)
}

struct Picture {
    drawing: Drawing,
    /// Time that the lanes show.
    milliseconds: f64,
}

impl Picture {
    /// Position of a time after the fault.
    fn x(&self, milliseconds: f64) -> f64 {
        let lead = LEAD.as_secs_f64() * 1e3;
        LEFT + (milliseconds + lead) / self.milliseconds * LENGTH
    }

    fn legend(&mut self, [lb1, lb2]: [&str; 2]) {
        let title = "Who answers for the VIP, and what the client misses";
        self.drawing.text("", [12.0, 22.0], title);
        let names = [
            ("lb1", format!("lb1 ({lb1}) answers")),
            ("lb2", format!("lb2 ({lb2}) answers")),
            ("gap", "client without pages".to_owned()),
        ];
        for (x, (class, name)) in [12.0, 202.0, 392.0].into_iter().zip(names) {
            self.drawing.key(class, [x, 34.0], &name);
        }
    }

    fn row(&mut self, outcome: &Outcome, top: f64) {
        let label = outcome.fault.name();
        self.drawing.text("", [12.0, top + 24.0], label);
        for (cell, first, end) in lane::runs(&outcome.timeline) {
            let at =
                |index: usize| milliseconds_of_cell() * index as f64 - LEAD.as_secs_f64() * 1e3;
            if matches!(cell, Cell::One(0) | Cell::Both) {
                self.bar("lb1", top + 4.0, [at(first), at(end)]);
            }
            if matches!(cell, Cell::One(1) | Cell::Both) {
                self.bar("lb2", top + 18.0, [at(first), at(end)]);
            }
        }
        self.gap(outcome, top);
        let fault = self.x(0.0);
        self.drawing
            .line("mark fault", [fault, top], [fault, top + 46.0]);
    }

    fn gap(&mut self, outcome: &Outcome, top: f64) {
        let label = match outcome.gap {
            Some(gap) => {
                let length = gap.length.as_secs_f64() * 1e3;
                self.bar("gap", top + 32.0, [gap.from_ms, gap.from_ms + length]);
                format!("{length:.0} ms, {} lost", outcome.lost)
            }
            None => format!("never back, {} lost", outcome.lost),
        };
        let right = LEFT + LENGTH + 10.0;
        self.drawing.text("small", [right, top + 24.0], &label);
    }

    fn bar(&mut self, class: &str, y: f64, [from, to]: [f64; 2]) {
        let (x, end) = (self.x(from), self.x(to));
        self.drawing.bar(class, [x, y], [end - x, BAR]);
    }

    /// With a line up for every second.
    fn axis(&mut self, y: f64) {
        self.drawing.line("axis", [LEFT, y], [LEFT + LENGTH, y]);
        for second in 0..=(self.milliseconds / 1e3) as u32 {
            let x = self.x(f64::from(second) * 1e3);
            if x <= LEFT + LENGTH {
                let label = match second {
                    0 => "the fault".to_owned(),
                    _ => format!("{second} s"),
                };
                self.drawing.line("grid", [x, TOP], [x, y]);
                self.drawing.text("small middle", [x, y + 16.0], &label);
            }
        }
    }
}

fn milliseconds_of_cell() -> f64 {
    CELL.as_secs_f64() * 1e3
}
