//! `interface_up_down_delays` and `linkbeat_interfaces`.

use super::super::diagnostic::At;
use super::super::model::link::LinkDelay;

/// Both.
#[derive(Debug, Default)]
pub(in crate::config) struct LinksDraft {
    /// Each interface once.
    pub delays: Vec<At<LinkDelay>>,
    /// Interfaces that are to be polled.
    pub polled: Vec<At<String>>,
}
