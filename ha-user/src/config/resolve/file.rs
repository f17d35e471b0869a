//! `track_file`.

use super::super::diagnostic::{At, Report, Severity};
use super::super::draft::file::{FileDraft, InitDraft};
use super::super::model::file::{InitialFile, TrackFile};

/// Resolves all `track_file` blocks. One that nobody follows is never read.
pub(super) fn resolve(drafts: &[FileDraft], report: &mut Report) -> Vec<TrackFile> {
    let file = |draft| file(draft, report);
    drafts.iter().filter_map(file).collect()
}

/// What is to be there at first, also where nobody follows it.
pub(super) fn initial(drafts: &[FileDraft]) -> Vec<InitialFile> {
    let initial = |draft: &FileDraft| {
        let InitDraft { value, overwrite } = draft.init?;
        Some(InitialFile {
            path: draft.path.clone()?,
            value,
            overwrite,
        })
    };
    drafts.iter().filter_map(initial).collect()
}

/// `None` if the block names no file.
fn file(draft: &FileDraft, report: &mut Report) -> Option<TrackFile> {
    let At { value: name, at } = &draft.name;
    let Some(path) = &draft.path else {
        let message = format!("No file set for track_file {name} - ignoring");
        report.add(Severity::Error, at, message);
        return None;
    };
    Some(TrackFile {
        name: name.clone(),
        path: path.clone(),
        weight: draft.weight,
    })
}
