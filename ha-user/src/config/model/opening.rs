//! When instances may take over for the first time.

use std::time::Duration;

use serde::Serialize;

use super::spelling;

/// `vrrp_startup_delay` and `vrrp_delay_after_boot`; zero for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Opening {
    /// `vrrp_startup_delay`: from the start of the daemon on.
    #[serde(rename = "vrrp_startup_delay", serialize_with = "spelling::time")]
    pub startup_delay: Duration,
    /// `vrrp_delay_after_boot`: from the start of the machine on.
    #[serde(rename = "vrrp_delay_after_boot", serialize_with = "spelling::time")]
    pub delay_after_boot: Duration,
}
