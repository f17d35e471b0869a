//! `garp_group`: an interface is in one at most.

use super::super::diagnostic::{At, Severity};
use super::super::draft::garp_group::GarpGroupDraft;
use super::super::model::garp_group::GarpGroup;
use super::Context;
use std::collections::HashSet;

/// Groups that slow something down.
pub(super) fn resolve(drafts: Vec<GarpGroupDraft>, context: &mut Context<'_>) -> Vec<GarpGroup> {
    let mut taken = HashSet::new();
    let drafts = drafts.into_iter();
    drafts
        .filter_map(|draft| group(draft, &mut taken, context))
        .collect()
}

fn group(
    draft: GarpGroupDraft,
    taken: &mut HashSet<String>,
    context: &mut Context<'_>,
) -> Option<GarpGroup> {
    if (draft.garp_interval, draft.gna_interval) == (None, None) {
        let text = "garp group does not have any delay set - removing";
        let help = "add `garp_interval SECONDS` or `gna_interval SECONDS`";
        context
            .report
            .add_with_help(Severity::Warning, &draft.at, text, help);
        return None;
    }
    if draft.interfaces.is_empty() {
        let text = "a garp_group without an interface has no effect";
        context.report.add(Severity::Notice, &draft.at, text);
    }
    let mut interfaces = Vec::new();
    for interface in draft.interfaces {
        context.interface(&interface, "garp_group");
        let At { value: name, at } = interface;
        if taken.insert(name.clone()) {
            interfaces.push(name);
        } else {
            let text = format!("garp_group already specified for {name} - ignoring");
            context.report.add(Severity::Warning, &at, text);
        }
    }
    Some(GarpGroup {
        garp_interval: draft.garp_interval.unwrap_or_default(),
        gna_interval: draft.gna_interval.unwrap_or_default(),
        interfaces,
    })
}
