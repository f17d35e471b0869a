//! What the file says of interfaces as such.

use std::time::Duration;

use serde::Serialize;

use super::spelling;

/// A line of `interface_up_down_delays`: how long a link must have changed to count as changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkDelay {
    /// Name of the interface, which need not exist.
    pub name: String,
    /// Until it is down.
    #[serde(serialize_with = "spelling::time")]
    pub down: Duration,
    /// Until it is up again.
    #[serde(serialize_with = "spelling::time")]
    pub up: Duration,
}
