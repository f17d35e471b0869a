//! The timelines as a drawing.

use std::fmt::Write;

use super::lane::{self, Cell};
use super::outcome::{CELL, LEAD, Outcome};

/// Left edge of the timelines, in pixels.
const LEFT: f64 = 190.0;
/// Length of the timelines, in pixels.
const LENGTH: f64 = 640.0;
/// Height of one fault, in pixels.
const ROW: f64 = 62.0;
/// Where the first fault begins, in pixels.
const TOP: f64 = 64.0;

const STYLE: &str = "text { font: 13px sans-serif; fill: #222 }
.small { font-size: 11px; fill: #555 }
.lb1 { fill: #2e7d32 } .lb2 { fill: #1565c0 } .gap { fill: #c62828 }
.axis { stroke: #999; stroke-width: 1 } .fault { stroke: #222; stroke-dasharray: 3 3 }";

/// One lane per director and one for the client's gap, for each fault.
pub(super) fn draw(directors: [&str; 2], outcomes: &[Outcome]) -> String {
    let longest = outcomes.iter().map(|outcome| outcome.timeline.len()).max();
    let scale = Scale {
        milliseconds: longest.unwrap_or(1).max(1) as f64 * CELL.as_secs_f64() * 1e3,
    };
    let height = TOP + ROW * outcomes.len() as f64 + 30.0;
    let width = LEFT + LENGTH + 130.0;
    let mut drawing = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n<style>{STYLE}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{}",
        legend(directors)
    );
    for (index, outcome) in outcomes.iter().enumerate() {
        drawing.push_str(&row(outcome, TOP + ROW * index as f64, &scale));
    }
    drawing.push_str(&axis(height - 30.0, &scale));
    drawing.push_str("</svg>\n");
    drawing
}

struct Scale {
    milliseconds: f64,
}

impl Scale {
    /// Position of a time after the fault.
    fn x(&self, milliseconds: f64) -> f64 {
        let lead = LEAD.as_secs_f64() * 1e3;
        LEFT + (milliseconds + lead) / self.milliseconds * LENGTH
    }

    fn bar(&self, class: &str, y: f64, from: f64, to: f64) -> String {
        let (x, end) = (self.x(from), self.x(to));
        let width = (end - x).max(1.0);
        format!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"10\"/>\n"
        )
    }
}

fn legend([lb1, lb2]: [&str; 2]) -> String {
    let entry = |x: f64, class: &str, name: &str| {
        format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"34\" width=\"10\" height=\"10\"/>\
             <text class=\"small\" x=\"{}\" y=\"43\">{name}</text>\n",
            x + 15.0
        )
    };
    let title =
        "<text x=\"12\" y=\"22\">Who answers for the VIP, and what the client misses</text>\n";
    [
        title.to_owned(),
        entry(12.0, "lb1", &format!("lb1 ({lb1}) answers")),
        entry(172.0, "lb2", &format!("lb2 ({lb2}) answers")),
        entry(332.0, "gap", "client without pages"),
    ]
    .concat()
}

fn row(outcome: &Outcome, top: f64, scale: &Scale) -> String {
    let mut text = format!(
        "<text x=\"12\" y=\"{}\">{}</text>\n",
        top + 24.0,
        outcome.fault.name()
    );
    for (cell, first, end) in lane::runs(&outcome.timeline) {
        let at = |index: usize| (CELL.as_secs_f64() * index as f64 - LEAD.as_secs_f64()) * 1e3;
        if matches!(cell, Cell::One(0) | Cell::Both) {
            text.push_str(&scale.bar("lb1", top + 4.0, at(first), at(end)));
        }
        if matches!(cell, Cell::One(1) | Cell::Both) {
            text.push_str(&scale.bar("lb2", top + 18.0, at(first), at(end)));
        }
    }
    let label = match outcome.gap {
        Some(gap) => {
            let length = gap.length.as_secs_f64() * 1e3;
            text.push_str(&scale.bar("gap", top + 32.0, gap.from_ms, gap.from_ms + length));
            format!("{length:.0} ms, {} lost", outcome.lost)
        }
        None => format!("never back, {} lost", outcome.lost),
    };
    let x = LEFT + LENGTH + 10.0;
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "<text class=\"small\" x=\"{x}\" y=\"{}\">{label}</text>",
        top + 24.0
    );
    let fault = scale.x(0.0);
    let _ = writeln!(
        text,
        "<line class=\"fault\" x1=\"{fault:.1}\" x2=\"{fault:.1}\" y1=\"{top}\" y2=\"{}\"/>",
        top + 46.0
    );
    text
}

fn axis(y: f64, scale: &Scale) -> String {
    let mut text = format!(
        "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/>\n",
        LEFT + LENGTH
    );
    let seconds = (scale.milliseconds / 1e3) as u32;
    for second in 0..=seconds {
        let x = scale.x(f64::from(second) * 1e3);
        if x <= LEFT + LENGTH {
            let _ = writeln!(
                text,
                "<text class=\"small\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{second} s</text>",
                y + 16.0
            );
        }
    }
    text
}
