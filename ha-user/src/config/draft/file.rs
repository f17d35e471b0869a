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
}

impl FileDraft {
    pub(in crate::config) fn new(name: At<String>) -> Self {
        Self {
            name,
            path: None,
            weight: FileWeight::default(),
        }
    }
}
