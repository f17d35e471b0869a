//! Drawings of boxes, lines and words, as SVG.

use std::fmt::{Display, Write};

/// What every drawing looks like, before its own rules, on a light page and on a dark one.
const STYLE: &str = "text { font: 13px sans-serif; fill: #1f2328 }
.small { font-size: 11px; fill: #59636e } .end { text-anchor: end } .middle { text-anchor: middle }
.paper { fill: #fff } .axis { stroke: #818b98 } .grid { stroke: #d1d9e0 } .mark { stroke: #1f2328 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .small { fill: #a9b3be } .paper { fill: #0d1117 }
.grid { stroke: #30363d } .mark { stroke: #f0f6fc } }";

/// A drawing in the making. Positions and sizes are in pixels from the upper left corner.
#[derive(Debug, Default)]
pub struct Drawing(String);

impl Drawing {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A filled box; at least a pixel wide, so that little is not nothing.
    pub fn bar(&mut self, class: &str, [x, y]: [f64; 2], [width, height]: [f64; 2]) {
        let width = width.max(1.0);
        self.add(format_args!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{height:.1}\"/>"
        ));
    }

    /// Words on one line; `[x, y]` is where their base line begins, or ends with class `end`.
    pub fn text(&mut self, class: &str, [x, y]: [f64; 2], words: &str) {
        let words = escape(words);
        self.add(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{words}</text>"
        ));
    }

    /// A straight line.
    pub fn line(&mut self, class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) {
        self.add(format_args!(
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        ));
    }

    /// A box of a colour and what it stands for.
    pub fn key(&mut self, class: &str, [x, y]: [f64; 2], name: &str) {
        self.bar(class, [x, y], [10.0, 10.0]);
        self.text("small", [x + 15.0, y + 9.0], name);
    }

    /// The file. `style` are rules for the classes that were used, as of CSS.
    #[must_use]
    pub fn finish(self, [width, height]: [f64; 2], style: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\">\n<style>{STYLE}\n{style}</style>\n\
             <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n{}</svg>\n",
            self.0
        )
    }

    fn add(&mut self, element: impl Display) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{element}");
    }
}

fn escape(words: &str) -> String {
    words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
