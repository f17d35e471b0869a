//! What the file says of files with a number.

use super::super::diagnostic::At;
use super::super::model::file::FileWeight;
use std::path::PathBuf;

/// `track_file NAME`.
#[derive(Debug)]
pub(in crate::config) struct FileDraft {
    pub name: At<String>,
    pub path: Option<PathBuf>,
    pub weight: FileWeight,
    pub init: Option<InitDraft>,
}

/// `init_file`.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::config) struct InitDraft {
    pub value: i32,
    pub overwrite: bool,
}

impl FileDraft {
    pub(in crate::config) fn new(name: At<String>) -> Self {
        Self {
            name,
            path: None,
            weight: FileWeight::default(),
            init: None,
        }
    }
}
