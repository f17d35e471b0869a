//! `docs/benchmarks.md`: every report on one page.

use super::{Criterion, Report, Table};

/// What stands above all reports. Nothing in it is measured.
const HEADING: &str = "# Benchmarks

Written by `cargo xtask bench report`; every figure is measured by `cargo xtask bench NAME`, beside
what it is compared with and alternating with it in the same run. Figures are medians. A ratio is
the median of each round's own ratio where there are rounds. Directors, client and those who watch
are network namespaces of one machine; the generator of a load and its subject share its
processors.
";

/// The whole page, in Markdown. Drawings are expected at `bench/NAME.svg` beside it.
pub(super) fn render(reports: &[Report]) -> String {
    let sections: String = reports.iter().map(section).collect();
    format!(
        "{HEADING}\n{}{}{sections}",
        machine(reports),
        promises(reports)
    )
}

/// Where the first report was made; the others were, too.
fn machine(reports: &[Report]) -> String {
    let described = reports.first().map(|first| first.surroundings.describe());
    let lines = described.into_iter().flatten();
    let lines = lines.map(|(name, value)| format!("- {name}: {value}\n"));
    format!("{}\n", lines.collect::<String>())
}

/// All criteria in one table.
fn promises(reports: &[Report]) -> String {
    let mut cells = vec![["bench", "promise", "bound", "measured", "verdict"].map(str::to_owned)];
    for report in reports {
        cells.extend(
            report
                .findings
                .criteria
                .iter()
                .map(|it| promise(report, it)),
        );
    }
    let cells: Vec<_> = cells.into_iter().map(Vec::from).collect();
    format!("## What was promised\n\n{}", rows(&cells))
}

fn promise(report: &Report, criterion: &Criterion) -> [String; 5] {
    let [what, bound, measured, verdict] = criterion.cells();
    let verdict = if criterion.is_met() {
        verdict
    } else {
        format!("**{verdict}**")
    };
    [
        format!("[{0}](#{0})", report.name),
        what,
        bound,
        measured,
        verdict,
    ]
}

fn section(report: &Report) -> String {
    let Report {
        name,
        date,
        findings,
        ..
    } = report;
    let tables: String = findings.tables.iter().map(table).collect();
    format!(
        "\n## {name}\n\n{}\n{tables}\n![{name}](bench/{name}.svg)\n\n`cargo xtask bench {name}`, {date}\n",
        findings.compared
    )
}

fn table(table: &Table) -> String {
    format!("\n**{}**\n\n{}", table.title, rows(&table.cells()))
}

/// A Markdown table; the first column flush left, the others flush right.
fn rows(cells: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| format!("| {} |\n", row.join(" | "));
    let Some((headings, rest)) = cells.split_first() else {
        return String::new();
    };
    let figures = headings.len().saturating_sub(1);
    let rule = format!("|---{}|\n", "|--:".repeat(figures));
    let rest = rest.iter().map(line);
    [line(headings), rule].into_iter().chain(rest).collect()
}
