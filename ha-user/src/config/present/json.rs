//! Findings for editors and pipelines: names and meanings of fields do not change within a schema.

use super::super::diagnostic::Diagnostic;
use super::Lines;
use serde::Serialize;

/// Name and version of the layout.
const SCHEMA: &str = "vipd.findings/1";

#[derive(Serialize)]
struct Findings<'a> {
    schema: &'static str,
    /// What the test exits with.
    status: u8,
    findings: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    severity: &'static str,
    file: &'a str,
    /// From 1; 0 for the file as a whole.
    line: u32,
    /// From 1, in characters; 0 for the file as a whole.
    column: u32,
    /// In characters.
    length: usize,
    message: &'a str,
    help: Option<&'a str>,
}

pub(super) fn write(diagnostics: &[Diagnostic], lines: &Lines<'_>, status: u8) -> String {
    let findings = Findings {
        schema: SCHEMA,
        status,
        findings: diagnostics.iter().map(|one| finding(one, lines)).collect(),
    };
    // Numbers and text can always be written.
    let text = serde_json::to_string_pretty(&findings).unwrap_or_default();
    text + "\n"
}

fn finding<'a>(diagnostic: &'a Diagnostic, lines: &Lines<'_>) -> Finding<'a> {
    Finding {
        severity: diagnostic.severity.name(),
        file: &diagnostic.location.file,
        line: diagnostic.location.line,
        column: diagnostic.location.column,
        length: lines.length(&diagnostic.location),
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
    }
}
