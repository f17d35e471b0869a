//! Every keyword of the catalogue has samples that are accepted and samples that are not.

#[expect(
    dead_code,
    reason = "why keepalived judges otherwise is for `config_oracle`"
)]
#[path = "samples/reader.rs"]
mod reader;

use ha_user::config::diagnostic::{Diagnostic, Severity};
use ha_user::config::keywords;
use reader::{Sample, findings, samples};
use std::collections::BTreeSet;

fn fault_of(sample: &Sample) -> Option<String> {
    let said = findings(&sample.file());
    let place = sample.place();
    let is_here = |finding: &&Diagnostic| place.contains(&finding.location.line);
    let Some(rejection) = &sample.rejection else {
        let mut faults = said
            .iter()
            .filter(|finding| is_here(finding) || !is_harmless(finding));
        return faults.next().map(ToString::to_string);
    };
    let is_so = |finding: &Diagnostic| finding.message.contains(rejection.as_str());
    let found = said.iter().filter(is_here).any(is_so);
    (!found).then(|| format!("not {rejection:?} but {}", shown(&said)))
}

/// Of a file around a sample: a script may be there that this sample does not use.
fn is_harmless(finding: &Diagnostic) -> bool {
    finding.severity == Severity::Notice
}

fn shown(said: &[Diagnostic]) -> String {
    let lines: Vec<String> = said.iter().map(ToString::to_string).collect();
    lines.join("; ")
}

#[test]
fn samples_are_judged_as_they_are_marked() {
    let faults: Vec<String> = samples()
        .iter()
        .filter_map(|sample| {
            let (origin, block, lines) = (&sample.origin, &sample.block, &sample.lines);
            let fault = fault_of(sample)?;
            Some(format!("{origin}: {lines:?} in {block:?}: {fault}"))
        })
        .collect();
    assert!(faults.is_empty(), "{}: {}", faults.len(), faults.join("\n"));
}

#[test]
fn no_fault_is_found_in_the_files_around_samples() {
    let around: BTreeSet<String> = samples().iter().map(Sample::file_without).collect();
    for file in around {
        let said = findings(&file);
        assert!(said.iter().all(is_harmless), "{file}{}", shown(&said));
    }
}

#[test]
fn every_keyword_has_an_accepted_and_a_rejected_sample() {
    let samples = samples();
    let mut missing = Vec::new();
    for entry in keywords::catalogue() {
        let entries = keywords::catalogue().iter();
        let beside = entries.filter(|other| other.path == entry.path);
        let names: Vec<&str> = beside.map(|other| other.name).collect();
        let is_of =
            |sample: &&Sample| sample.block == entry.path && sample.is_of(entry.name, &names);
        let (rejected, accepted): (Vec<_>, Vec<_>) = samples
            .iter()
            .filter(is_of)
            .partition(|sample| sample.rejection.is_some());
        for (kind, samples) in [("accepted", accepted), ("rejected", rejected)] {
            if samples.is_empty() {
                missing.push(format!("{kind}: {} in {:?}", entry.name, entry.path));
            }
        }
    }
    assert!(missing.is_empty(), "{}: {missing:#?}", missing.len());
}
