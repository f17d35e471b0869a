//! Mail about transitions, beside what `global_defs` has of it.

use serde::Serialize;

/// How it is written, and what about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// `smtp_helo_name`; this machine's name if not given.
    #[serde(rename = "smtp_helo_name")]
    pub helo: Option<String>,
    /// `no_email_faults`.
    #[serde(rename = "no_email_faults")]
    pub is_silent_of_faults: bool,
}
