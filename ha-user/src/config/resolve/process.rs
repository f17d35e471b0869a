//! `vrrp_track_process`.

use super::super::diagnostic::{At, Severity};
use super::super::draft::process::{Matching, ProcessDraft};
use super::super::model::Weight;
use super::super::model::process::{Arguments, Compared, Pattern, TrackProcess};
use super::Context;
use super::tracked::{Entry, Pool, Tracked};

/// What the kernel keeps of a name.
const LONGEST_NAME: usize = 15;

impl Tracked for TrackProcess {
    const KIND: &'static str = "process";
    const WEIGHS_IN_ANY_GROUP: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    fn weight(&self) -> Weight {
        self.weight
    }
}

/// Resolves all `vrrp_track_process` blocks.
pub(super) fn resolve(drafts: Vec<ProcessDraft>, context: &mut Context<'_>) -> Pool<TrackProcess> {
    Pool::new(drafts.into_iter().filter_map(|draft| entry(draft, context)))
}

/// `None` if the block names no process.
fn entry(draft: ProcessDraft, context: &mut Context<'_>) -> Option<Entry<TrackProcess>> {
    let At { value: name, at } = draft.name;
    let Some(command) = draft.command else {
        let message = format!("track process '{name}' process name not specified");
        context.report.add(Severity::Error, &at, message);
        return None;
    };
    let At {
        value: words,
        at: here,
    } = command;
    let pattern = pattern(words, draft.matching, draft.full_command)?;
    if let Some(remark) = never(&pattern) {
        let help = "say `full_command` to compare with what it was started as";
        context
            .report
            .add_with_help(Severity::Notice, &here, remark, help);
    }
    let process = TrackProcess {
        name,
        pattern,
        quorum: draft.quorum,
        quorum_max: draft.quorum_max.unwrap_or(u32::MAX),
        fork_delay: draft.fork_delay,
        terminate_delay: draft.terminate_delay,
        weight: draft.weight.unwrap_or_default(),
    };
    Some(Entry::new(process, at, true))
}

fn pattern(words: Vec<String>, matching: Option<Matching>, full: bool) -> Option<Pattern> {
    let mut words = words.into_iter();
    let program = words.next()?;
    let arguments: Vec<String> = words.collect();
    let matching = matching.or((!arguments.is_empty()).then_some(Matching::Exact));
    let compared = match matching {
        Some(Matching::Exact) => Compared::Command(Arguments::Exact(arguments)),
        Some(Matching::Partial) => Compared::Command(Arguments::Partial(arguments)),
        Some(Matching::Initial) => Compared::Command(Arguments::Initial(arguments)),
        None if full => Compared::Command(Arguments::Any),
        None => Compared::Name,
    };
    Some(Pattern { program, compared })
}

/// Why no process has this name, if none can.
fn never(pattern: &Pattern) -> Option<String> {
    let Pattern { program, compared } = pattern;
    if *compared != Compared::Name {
        return None;
    }
    if program.contains('/') {
        return Some(format!("the name of a process is no path: not `{program}`"));
    }
    let is_long = program.len() > LONGEST_NAME;
    is_long.then(|| format!("no process is called `{program}`: a name has 15 bytes at most"))
}
