//! `docs/benchmarks.md`: every report on one page.

use super::{Criterion, Missing, Report, Table};

/// What stands above all reports. Nothing in it is measured.
const HEADING: &str = "# Benchmarks

Written by `cargo xtask bench report`. Every figure is measured by `cargo xtask bench NAME` beside
what it is compared with, the two in turns in the same run. A figure is a median; in brackets are
the least and the most of what it is the median of. A ratio is the median of each round's own ratio
where there are rounds. ∞ is \"never\", or \"to the end of the watch\".

Directors, clients and those who watch are network namespaces of one machine: the generator of a
load and its subject share its processors, and the wires are veth.
";

/// The whole page, in Markdown. Drawings are expected at `benchmarks/NAME.svg` beside it.
pub(super) fn render(reports: &[Report], missing: &[Missing]) -> String {
    let parts = [machine(reports), absent(missing), promises(reports)];
    let sections = reports.iter().map(section);
    let parts: Vec<String> = parts.into_iter().flatten().chain(sections).collect();
    format!("{HEADING}\n{}", parts.join("\n"))
}

/// Where the first report was made.
fn machine(reports: &[Report]) -> Option<String> {
    let described = reports.first()?.surroundings.describe();
    let lines = described
        .iter()
        .map(|(name, value)| format!("- {name}: {value}\n"));
    Some(format!("## The machine\n\n{}", lines.collect::<String>()))
}

fn absent(missing: &[Missing]) -> Option<String> {
    let line = |it: &Missing| {
        format!(
            "- {}: `cargo xtask bench {}`, {}\n",
            it.name, it.name, it.takes
        )
    };
    let lines: String = missing.iter().map(line).collect();
    (!missing.is_empty())
        .then(|| format!("## What is missing\n\nNot measured for this page:\n\n{lines}"))
}

/// All criteria in one table.
fn promises(reports: &[Report]) -> Option<String> {
    let headings = ["bench", "what", "bound", "measured", "verdict"].map(str::to_owned);
    let promises = reports.iter().flat_map(|report| {
        let criteria = report.findings.criteria.iter();
        criteria.map(|criterion| promise(report, criterion))
    });
    let cells: Vec<_> = [headings]
        .into_iter()
        .chain(promises)
        .map(Vec::from)
        .collect();
    (cells.len() > 1).then(|| format!("## What was promised\n\n{}", rows(&cells, 2)))
}

fn promise(report: &Report, criterion: &Criterion) -> [String; 5] {
    let [what, bound, measured, verdict] = criterion.cells();
    let verdict = match () {
        () if report.quick => "not judged".to_owned(),
        () if criterion.met => verdict,
        () => format!("**{verdict}**"),
    };
    let bench = format!("[{0}](#{0})", report.name);
    [bench, what, bound, measured, verdict]
}

fn section(report: &Report) -> String {
    let Report { name, findings, .. } = report;
    let tables: String = findings.tables.iter().map(table).collect();
    let mut parts = vec![
        format!("## {name}\n"),
        format!("**Asked**: {}.\n", in_sentence(&report.asked)),
        format!("**How**: {}\n", findings.compared),
        format!("**What came out**: {}.\n{tables}", report.verdict()),
        format!("![{}]({})\n", report.asked, drawing(name)),
    ];
    if !report.limits.is_empty() {
        parts.push(format!("**What it does not show**: {}\n", report.limits));
    }
    parts.push(format!("{}\n", provenance(report)));
    parts.join("\n")
}

/// Where the drawing of the bench `name` lies beside the page.
pub(super) fn drawing(name: &str) -> String {
    format!("benchmarks/{name}.svg")
}

fn provenance(report: &Report) -> String {
    let Report {
        name,
        date,
        surroundings,
        ..
    } = report;
    let effort = if report.quick { " --quick" } else { "" };
    format!(
        "*`cargo xtask bench {name}{effort}`, {date}, revision {}, load before: {}*",
        surroundings.revision, surroundings.load_before
    )
}

fn table(table: &Table) -> String {
    format!(
        "\n{}:\n\n{}",
        capitalised(&table.title),
        rows(&table.cells(), 1)
    )
}

/// A Markdown table; the first `left` columns flush left, the others, figures, flush right.
fn rows(cells: &[Vec<String>], left: usize) -> String {
    let escaped = |cell: &String| cell.replace('|', "\\|").replace('<', "&lt;");
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().map(escaped).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let Some((headings, rest)) = cells.split_first() else {
        return String::new();
    };
    let figures = headings.len().saturating_sub(left);
    let rule = format!("{}{}|\n", "|---".repeat(left), "|--:".repeat(figures));
    let rest = rest.iter().map(line);
    [line(headings), rule].into_iter().chain(rest).collect()
}

/// With a small letter, unless the first word is all capitals.
fn in_sentence(words: &str) -> String {
    let is_capital = |letter: char| letter.is_uppercase();
    let mut letters = words.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !is_capital(second) => first
            .to_lowercase()
            .chain([second])
            .chain(letters)
            .collect(),
        _ => words.to_owned(),
    }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}
