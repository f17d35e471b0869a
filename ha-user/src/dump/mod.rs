//! Dumps in keepalived's formats, which its exporters read: the state (USR1), counters (USR2), and
//! both as JSON. The formats are those of keepalived 2.2.7, which `tests/tests/interop/dumps.rs`
//! compares them with; passwords are masked, as in 2.4.

mod command;
mod data;
mod file;
mod json;
mod kind;
mod picture;
mod stats;

pub use file::write;
pub use kind::{Kind, signal_number};
pub use picture::{Counters, Group, Picture, Router, Run};

/// What a dump of `kind` of `picture` says, in the place where it belongs.
///
/// # Errors
/// As of the file system.
pub fn dump(kind: Kind, picture: &Picture) -> std::io::Result<()> {
    let dumps = &picture.dumps;
    let text = match kind {
        Kind::State => data::text(picture),
        Kind::Stats | Kind::StatsThenClear => stats::text(picture),
        Kind::Json => json::text(picture, dumps.json_version)?,
    };
    write(&file::place(kind, dumps), text.as_bytes())
}
