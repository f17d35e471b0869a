//! How a MASTER answers others, and when neighbours are told who it is.

use std::time::Duration;

use serde::Serialize;

use super::spelling;

/// Gratuitous ARP after a takeover, and after an advert of lower priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Garp {
    /// `garp_master_delay`.
    #[serde(rename = "garp_master_delay", serialize_with = "spelling::time")]
    pub delay: Duration,
    /// `garp_master_repeat`.
    #[serde(rename = "garp_master_repeat")]
    pub repeat: u32,
    /// `garp_master_refresh`; zero is never.
    #[serde(rename = "garp_master_refresh", serialize_with = "spelling::time")]
    pub refresh: Duration,
    /// `garp_master_refresh_repeat`.
    #[serde(rename = "garp_master_refresh_repeat")]
    pub refresh_repeat: u32,
    /// `garp_lower_prio_delay`; zero for no repetition.
    #[serde(rename = "garp_lower_prio_delay", serialize_with = "spelling::time")]
    pub lower_prio_delay: Duration,
    /// `garp_lower_prio_repeat`; zero for none at all.
    #[serde(rename = "garp_lower_prio_repeat")]
    pub lower_prio_repeat: u32,
}

impl Default for Garp {
    fn default() -> Self {
        Self {
            delay: Duration::from_secs(5),
            repeat: 5,
            refresh: Duration::ZERO,
            refresh_repeat: 1,
            lower_prio_delay: Duration::from_secs(5),
            lower_prio_repeat: 5,
        }
    }
}

impl Garp {
    /// With `vrrp_min_garp`.
    pub const MINIMAL: Self = Self {
        delay: Duration::ZERO,
        repeat: 1,
        refresh: Duration::ZERO,
        refresh_repeat: 0,
        lower_prio_delay: Duration::ZERO,
        lower_prio_repeat: 1,
    };
}

/// How a MASTER answers others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Manners {
    /// `lower_prio_no_advert`: lower adverts are not answered.
    pub lower_prio_no_advert: bool,
    /// `higher_prio_send_advert`: one more advert before it yields.
    pub higher_prio_send_advert: bool,
}
