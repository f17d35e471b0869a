//! Which of several daemons on a machine this one is.

use serde::Serialize;

/// `instance` and `use_pid_dir`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Naming {
    /// `instance`: its name, which is in those of its pid files, and in the log.
    pub instance: Option<String>,
    /// `use_pid_dir`: the pid files have a directory of their own. With a name they always have.
    #[serde(rename = "use_pid_dir")]
    pub pid_dir: bool,
}
