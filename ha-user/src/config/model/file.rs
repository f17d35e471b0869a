//! `track_file`: a number that an operator, or a program, writes.

use std::path::PathBuf;

use serde::Serialize;

/// `track_file NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct TrackFile {
    /// Name.
    pub name: String,
    /// `file`.
    #[serde(rename = "file")]
    pub path: PathBuf,
    /// `weight`: the block's, unless who follows it says otherwise.
    pub weight: FileWeight,
}

/// `init_file` of a `track_file`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InitialFile {
    /// `file`.
    #[serde(rename = "file")]
    pub path: PathBuf,
    /// What stands in it at first.
    pub value: i32,
    /// `overwrite`: whatever stands there.
    pub overwrite: bool,
}

/// What a file's number is multiplied with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct FileWeight {
    /// 0: a number that is not 0 is a fault.
    pub value: i32,
    /// The product's sign changes; with weight 0, a number that is 0 is the fault.
    pub reverse: bool,
}

impl From<super::Weight> for FileWeight {
    fn from(weight: super::Weight) -> Self {
        Self {
            value: weight.value.into(),
            reverse: weight.reverse,
        }
    }
}

impl Default for FileWeight {
    /// keepalived's.
    fn default() -> Self {
        Self {
            value: 1,
            reverse: false,
        }
    }
}
