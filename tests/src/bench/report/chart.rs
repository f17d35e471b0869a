//! A report as a drawing: bars of the columns that have the unit of the first one.

use super::{Column, Report, Row, Table};
use crate::bench::figures::Figure;
use crate::svg::Drawing;

/// Left edge of the bars, in pixels.
const LEFT: f64 = 270.0;
/// Length of the longest bar, in pixels.
const LENGTH: f64 = 480.0;
/// Height of a bar and of what is between rows, in pixels.
const BAR: f64 = 11.0;
const BETWEEN: f64 = 9.0;
/// Height of title and legend, in pixels.
const HEADING: f64 = 60.0;
/// Figures further apart than this are drawn on a logarithmic scale.
const FAR_APART: f64 = 50.0;
/// How long the shortest bar of a logarithmic scale is, of the longest one.
const SHORTEST: f64 = 0.08;

const STYLE: &str = ".c0 { fill: #2e7d32 } .c1 { fill: #1565c0 } .c2 { fill: #ef6c00 }
.c3 { fill: #6a1b9a } .c4 { fill: #757575 } .range { stroke: #222; stroke-width: 1 }";
/// How many classes of bars there are.
const COLOURS: usize = 5;

/// One chart for each table, below each other.
pub(super) fn draw(report: &Report) -> String {
    let mut drawing = Drawing::new();
    let mut top = 0.0;
    for table in &report.findings.tables {
        top = Chart::of(table).draw(&mut drawing, top);
    }
    drawing.finish([LEFT + LENGTH + 130.0, top + 12.0], STYLE)
}

struct Chart<'a> {
    table: &'a Table,
    /// Columns that are drawn.
    columns: Vec<(usize, &'a Column)>,
    scale: Scale,
}

impl<'a> Chart<'a> {
    fn of(table: &'a Table) -> Self {
        let unit = table.columns.first().map(|column| &column.unit);
        let columns = table.columns.iter().enumerate();
        let columns: Vec<_> = columns
            .filter(|(_, column)| Some(&column.unit) == unit)
            .collect();
        let figures = table.rows.iter().flat_map(|row| drawn(row, &columns));
        let scale = Scale::of(figures.map(|(_, figure)| figure));
        Self {
            table,
            columns,
            scale,
        }
    }

    /// Returns where the chart ends.
    fn draw(&self, drawing: &mut Drawing, top: f64) -> f64 {
        self.heading(drawing, top);
        let mut y = top + HEADING;
        for row in &self.table.rows {
            let height = self.columns.len() as f64 * BAR;
            let middle = y + height / 2.0 + 4.0;
            drawing.text("small end", [LEFT - 8.0, middle], &row.name);
            for (index, figure) in drawn(row, &self.columns) {
                self.bar(drawing, y, index, figure);
                y += BAR;
            }
            y += BETWEEN;
        }
        drawing.line(
            "axis",
            [LEFT, top + HEADING - 4.0],
            [LEFT, y - BETWEEN + 4.0],
        );
        y
    }

    fn heading(&self, drawing: &mut Drawing, top: f64) {
        let unit = self.columns.first().map_or("", |(_, column)| &column.unit);
        let scale = if self.scale.is_logarithmic() {
            ", logarithmic"
        } else {
            ""
        };
        let title = format!("{} ({unit}{scale})", self.table.title);
        drawing.text("", [12.0, top + 22.0], &title.replace("()", ""));
        let mut x = 12.0;
        for (index, column) in &self.columns {
            drawing.key(&class(*index), [x, top + 34.0], &column.name);
            x += 40.0 + 6.5 * column.name.chars().count() as f64;
        }
    }

    fn bar(&self, drawing: &mut Drawing, y: f64, index: usize, figure: &Figure) {
        let end = figure.value.map_or(0.0, |value| self.scale.length(value));
        if figure.value.is_some() {
            drawing.bar(&class(index), [LEFT, y], [end, BAR - 2.0]);
        }
        let mut label = end;
        if let Some((least, most)) = figure.range() {
            let middle = y + BAR / 2.0 - 1.0;
            let [from, to] = [least, most].map(|value| LEFT + self.scale.length(value));
            drawing.line("range", [from, middle], [to, middle]);
            label = label.max(to - LEFT);
        }
        drawing.text("small", [LEFT + label + 6.0, y + BAR - 2.0], &figure.show());
    }
}

fn drawn<'a>(
    row: &'a Row,
    columns: &[(usize, &Column)],
) -> impl Iterator<Item = (usize, &'a Figure)> {
    let indices: Vec<usize> = columns.iter().map(|(index, _)| *index).collect();
    let figures = row.figures.iter().enumerate();
    figures.filter(move |(index, _)| indices.contains(index))
}

fn class(column: usize) -> String {
    format!("c{}", column % COLOURS)
}

/// How long a bar is.
struct Scale {
    least: f64,
    most: f64,
}

impl Scale {
    fn of<'a>(figures: impl Iterator<Item = &'a Figure>) -> Self {
        let ends = |figure: &Figure| {
            let (least, most) = figure.range().unzip();
            [figure.value, least, most].into_iter().flatten()
        };
        let all: Vec<f64> = figures
            .flat_map(ends)
            .filter(|value| *value > 0.0)
            .collect();
        Self {
            least: all.iter().copied().fold(f64::INFINITY, f64::min),
            most: all.iter().copied().fold(0.0, f64::max),
        }
    }

    fn is_logarithmic(&self) -> bool {
        self.most > self.least * FAR_APART
    }

    fn length(&self, value: f64) -> f64 {
        let share = match self.is_logarithmic() {
            _ if value <= 0.0 => 0.0,
            false => value / self.most,
            true => {
                let share = (value / self.least).ln() / (self.most / self.least).ln();
                SHORTEST + (1.0 - SHORTEST) * share
            }
        };
        share * LENGTH
    }
}
