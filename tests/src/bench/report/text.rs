//! A report on a terminal, or in a pipe.

use super::{Criterion, Report, Table};
use crate::screen::{Colour, Screen};

/// Width of a terminal that nobody has widened.
const COLUMNS: usize = 80;

impl Report {
    /// Everything, in aligned columns.
    #[must_use]
    pub fn text(&self, screen: &Screen) -> String {
        let tables = self.findings.tables.iter();
        let tables: String = tables.map(|table| text_of(table, screen)).collect();
        let surroundings = self.surroundings.describe();
        let about: String = surroundings
            .iter()
            .map(|(name, value)| screen.paint(&format!("{name}: {value}\n"), Colour::Dim))
            .collect();
        let verdicts = verdicts(&self.findings.criteria, self.quick, screen);
        let compared = wrapped(&self.findings.compared);
        format!("\n{compared}\n{tables}{verdicts}\n{about}")
    }
}

fn text_of(table: &Table, screen: &Screen) -> String {
    let title = screen.paint(&table.title, Colour::Cyan);
    format!("\n{title}\n{}", aligned(&table.cells()).concat())
}

fn verdicts(criteria: &[Criterion], quick: bool, screen: &Screen) -> String {
    if criteria.is_empty() {
        return String::new();
    }
    let cells: Vec<_> = criteria.iter().map(|it| it.cells().to_vec()).collect();
    let lines = aligned(&cells).into_iter().zip(criteria);
    let painted = lines.map(|(line, criterion)| match criterion.met {
        _ if quick => line,
        true => screen.paint(&line, Colour::Green),
        false => screen.paint(&line, Colour::Red),
    });
    let title = match quick {
        true => "what it has to be (measured with little effort: not judged)",
        false => "what it has to be",
    };
    format!(
        "\n{}\n{}",
        screen.paint(title, Colour::Cyan),
        painted.collect::<String>()
    )
}

/// Lines of at most [`COLUMNS`].
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= COLUMNS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// Lines; the first column flush left, the others flush right.
fn aligned(cells: &[Vec<String>]) -> Vec<String> {
    let width = |column: usize| {
        let cells = cells.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let cell = |(column, text): (usize, &String)| match column {
        0 => format!("{text:<0$}", width(0)),
        _ => format!("  {text:>0$}", width(column)),
    };
    let line = |row: &Vec<String>| row.iter().enumerate().map(cell).collect::<String>() + "\n";
    cells.iter().map(line).collect()
}
