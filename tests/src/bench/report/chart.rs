//! A report as a drawing: bars of the columns that have the unit of the first one.

use super::scale::Scale;
use super::{Column, Report, Row, Table};
use crate::bench::figures::{Figure, number};
use crate::svg::Drawing;

/// Margin around everything, in pixels.
const MARGIN: f64 = 12.0;
/// Length of the axis, in pixels.
const LENGTH: f64 = 460.0;
/// Room for the number at the end of the longest bar, in pixels.
const NUMBER: f64 = 64.0;
/// Height of a bar, and of what is between rows, in pixels.
const BAR: f64 = 13.0;
const BETWEEN: f64 = 9.0;
/// Height of title and legend, and of the axis, in pixels.
const HEADING: f64 = 62.0;
const AXIS: f64 = 44.0;
/// Width of a letter of a small text, more rather than less, in pixels.
const LETTER: f64 = 6.3;

/// Colours that the colour-blind can tell apart, on white and on black.
const STYLE: &str = ".c0 { fill: #1a7fc4 } .c1 { fill: #e08a00 } .c2 { fill: #8c959f }
.c3 { fill: #6cb6e8 } .c4 { fill: #f2c15c } .never { fill-opacity: 0.45 }";
/// How many classes of bars there are.
const COLOURS: usize = 5;

/// One chart for each table, below each other.
pub(super) fn draw(report: &Report) -> String {
    let tables = &report.findings.tables;
    let names = tables.iter().flat_map(|table| &table.rows);
    let longest = names.map(|row| row.name.chars().count()).max();
    let left = 2.0 * MARGIN + LETTER * longest.unwrap_or(0) as f64;
    let mut drawing = Drawing::new();
    let mut top = 0.0;
    for table in tables {
        top = Chart::of(table, left).draw(&mut drawing, top);
    }
    drawing.finish([left + LENGTH + NUMBER, top + MARGIN], STYLE)
}

struct Chart<'a> {
    table: &'a Table,
    /// Columns that are drawn.
    columns: Vec<(usize, &'a Column)>,
    scale: Scale,
    /// Where the bars begin.
    left: f64,
}

impl<'a> Chart<'a> {
    fn of(table: &'a Table, left: f64) -> Self {
        let unit = table.columns.first().map(|column| &column.unit);
        let columns = table.columns.iter().enumerate();
        let columns: Vec<_> = columns
            .filter(|(_, column)| Some(&column.unit) == unit)
            .collect();
        let figures = table.rows.iter().flat_map(|row| drawn(row, &columns));
        let ends = figures.flat_map(|(_, figure)| {
            let (least, most) = figure.range().unzip();
            [figure.value, least, most].into_iter().flatten()
        });
        Self {
            scale: Scale::of(ends),
            table,
            columns,
            left,
        }
    }

    /// Returns where the chart ends.
    fn draw(&self, drawing: &mut Drawing, top: f64) -> f64 {
        let row = self.columns.len() as f64 * BAR + BETWEEN;
        let first = top + HEADING;
        let bottom = first + row * self.table.rows.len() as f64;
        self.heading(drawing, top);
        self.axis(drawing, [first - BETWEEN, bottom]);
        for (number, case) in (0..).map(f64::from).zip(&self.table.rows) {
            self.row(drawing, first + row * number, case);
        }
        bottom + AXIS
    }

    fn heading(&self, drawing: &mut Drawing, top: f64) {
        drawing.text("", [MARGIN, top + 22.0], &self.table.title);
        let mut x = MARGIN;
        for (index, column) in &self.columns {
            drawing.key(&class(*index), [x, top + 34.0], &column.name);
            x += 36.0 + LETTER * column.name.chars().count() as f64;
        }
    }

    /// The axis between `top` and `bottom`, with its ticks and its unit.
    fn axis(&self, drawing: &mut Drawing, [top, bottom]: [f64; 2]) {
        for tick in self.scale.ticks() {
            let x = self.x(tick);
            drawing.line("grid", [x, top], [x, bottom]);
            drawing.text("small middle", [x, bottom + 14.0], &short(tick));
        }
        drawing.line("axis", [self.left, top], [self.left, bottom]);
        let unit = self.columns.first().map_or("", |(_, column)| &column.unit);
        let kind = if self.scale.is_logarithmic() {
            "(logarithmic)"
        } else {
            ""
        };
        let name = format!("{unit} {kind}");
        let middle = self.left + LENGTH / 2.0;
        drawing.text("small middle", [middle, bottom + 28.0], name.trim());
    }

    fn row(&self, drawing: &mut Drawing, top: f64, row: &Row) {
        let middle = top + (self.columns.len() as f64 * BAR) / 2.0 + 3.0;
        drawing.text("small end", [self.left - 8.0, middle], &row.name);
        for (place, (index, figure)) in (0..).map(f64::from).zip(drawn(row, &self.columns)) {
            self.bar(drawing, top + BAR * place, index, figure);
        }
    }

    fn bar(&self, drawing: &mut Drawing, y: f64, index: usize, figure: &Figure) {
        let is_never = figure.value.is_none() && !figure.samples.is_empty();
        let value = figure
            .value
            .unwrap_or(if is_never { f64::INFINITY } else { 0.0 });
        let mut end = self.x(value);
        let class = class(index) + if is_never { " never" } else { "" };
        if value > 0.0 {
            drawing.bar(&class, [self.left, y], [end - self.left, BAR - 2.0]);
        }
        if let Some((least, most)) = figure.range().filter(|(least, most)| least < most) {
            let middle = y + BAR / 2.0 - 1.0;
            drawing.line("mark", [self.x(least), middle], [self.x(most), middle]);
            end = end.max(self.x(most));
        }
        drawing.text("small", [end + 6.0, y + BAR - 3.0], &figure.show());
    }

    fn x(&self, value: f64) -> f64 {
        self.left + LENGTH * self.scale.share(value)
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

/// Without the zeros that a figure has behind its point.
fn short(tick: f64) -> String {
    let text = number(tick);
    match text.contains('.') {
        true => text.trim_end_matches('0').to_owned(),
        false => text,
    }
}

fn class(column: usize) -> String {
    format!("c{}", column % COLOURS)
}
