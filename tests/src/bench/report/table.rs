//! Figures in rows and columns.

use serde::{Deserialize, Serialize};

use crate::bench::figures::{Figure, number};

/// Figures of one kind: a row for every case, a column for everyone who was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// What the figures are.
    pub title: String,
    /// What a row is: the heading over their names.
    pub case: String,
    /// What each figure of a row is.
    pub columns: Vec<Column>,
    /// Columns whose ratio is shown: what is compared, and with what.
    pub compared: Option<[usize; 2]>,
    /// The cases.
    pub rows: Vec<Row>,
}

/// A column. Those with the unit of the first one are drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Who or what was measured.
    pub name: String,
    /// Unit of its figures, as in `ms`; none for what is counted.
    pub unit: String,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Which one.
    pub name: String,
    /// One figure for each column.
    pub figures: Vec<Figure>,
}

impl Table {
    /// A table without rows; a column is a name and a unit.
    #[must_use]
    pub fn new(title: &str, case: &str, columns: &[(&str, &str)]) -> Self {
        let column = |(name, unit): &(&str, &str)| Column {
            name: (*name).to_owned(),
            unit: (*unit).to_owned(),
        };
        Self {
            title: title.to_owned(),
            case: case.to_owned(),
            columns: columns.iter().map(column).collect(),
            compared: None,
            rows: Vec::new(),
        }
    }

    /// Shows how many times column `reference` column `subject` is.
    #[must_use]
    pub fn compare(self, subject: usize, reference: usize) -> Self {
        Self {
            compared: Some([subject, reference]),
            ..self
        }
    }

    /// Adds a case.
    pub fn push(&mut self, name: impl Into<String>, figures: impl Into<Vec<Figure>>) {
        self.rows.push(Row {
            name: name.into(),
            figures: figures.into(),
        });
    }

    /// Figure of the case `row` in `column`.
    #[must_use]
    pub fn figure(&self, row: &str, column: usize) -> Option<&Figure> {
        self.row(row)?.figures.get(column)
    }

    /// Ratio that is shown for the case `row`.
    #[must_use]
    pub fn ratio(&self, row: &str) -> Option<f64> {
        self.ratio_of(self.row(row)?)
    }

    fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }

    fn ratio_of(&self, row: &Row) -> Option<f64> {
        let [subject, reference] = self.compared?;
        row.figures
            .get(subject)?
            .ratio_to(row.figures.get(reference)?)
    }

    /// Headings and rows as text, the first column being the name of the case.
    pub(super) fn cells(&self) -> Vec<Vec<String>> {
        let mut headings = vec![self.case.clone()];
        headings.extend(self.columns.iter().map(Column::heading));
        headings.extend(self.compared.map(|_| "ratio".to_owned()));
        let rows = self.rows.iter().map(|row| self.cells_of(row));
        [headings].into_iter().chain(rows).collect()
    }

    fn cells_of(&self, row: &Row) -> Vec<String> {
        let mut cells = vec![row.name.clone()];
        cells.extend(row.figures.iter().map(Figure::show_with_spread));
        let ratio = || self.ratio_of(row).map_or("-".to_owned(), number);
        cells.extend(self.compared.map(|_| ratio()));
        cells
    }
}

impl Column {
    fn heading(&self) -> String {
        match self.unit.as_str() {
            "" => self.name.clone(),
            unit => format!("{}, {unit}", self.name),
        }
    }
}
