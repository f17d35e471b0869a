//! `track_file`.

use super::super::diagnostic::{At, Report, Severity};
use super::super::draft::file::FileDraft;
use super::super::model::file::TrackFile;

/// Resolves all `track_file` blocks. One that nobody follows is never read.
pub(super) fn resolve(drafts: Vec<FileDraft>, report: &mut Report) -> Vec<TrackFile> {
    let file = |draft| file(draft, report);
    drafts.into_iter().filter_map(file).collect()
}

/// `None` if the block names no file.
fn file(draft: FileDraft, report: &mut Report) -> Option<TrackFile> {
    let At { value: name, at } = draft.name;
    let Some(path) = draft.path else {
        let message = format!("No file set for track_file {name} - ignoring");
        report.add(Severity::Error, &at, message);
        return None;
    };
    Some(TrackFile {
        name,
        path,
        weight: draft.weight,
    })
}
