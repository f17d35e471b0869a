//! `FILE_CHECK`: a number in a file.

use std::time::Instant;

use crate::check::prober::{Finding, Timing};
use crate::check::{Failure, Outcome, ProbeId};
use crate::config::model::file::TrackFile;
use crate::track::file;

/// One run for `probe`, from beginning to end.
pub(super) fn look(probe: ProbeId, file: &TrackFile) -> Finding {
    let begun = Instant::now();
    let outcome = judge(file, file::number(&file.path));
    Finding {
        probe,
        outcome,
        weight: None,
        timing: Timing {
            ended: begun.elapsed(),
            ..Timing::default()
        },
    }
}

fn judge(watched: &TrackFile, number: i32) -> Outcome {
    if !file::is_fault(number, watched.weight) {
        return Ok(());
    }
    Err(Failure::new(file::describe(watched, number)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::model::file::FileWeight;

    #[test]
    fn a_fault_is_told_with_its_number() {
        let said = |value: i32, reverse: bool, number: i32| {
            let file = TrackFile {
                name: "f".to_owned(),
                path: "/f".into(),
                weight: FileWeight { value, reverse },
            };
            judge(&file, number).err().map(|why| why.to_string())
        };
        assert_eq!(said(0, false, 0), None);
        assert_eq!(said(0, false, 3).as_deref(), Some("file f is 3"));
        assert_eq!(said(0, true, 0).as_deref(), Some("file f is 0"));
        assert_eq!(
            said(2, true, 127).as_deref(),
            Some("file f is 127, which counts as -254")
        );
    }
}
