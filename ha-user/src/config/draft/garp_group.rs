//! `garp_group`.

use std::time::Duration;

use super::super::diagnostic::{At, Place};

/// A block of it.
#[derive(Debug)]
pub(in crate::config) struct GarpGroupDraft {
    /// Of the block.
    pub at: Place,
    pub garp_interval: Option<Duration>,
    pub gna_interval: Option<Duration>,
    pub interfaces: Vec<At<String>>,
}

impl GarpGroupDraft {
    /// One of which nothing is said yet.
    pub(in crate::config) const fn new(at: Place) -> Self {
        Self {
            at,
            garp_interval: None,
            gna_interval: None,
            interfaces: Vec::new(),
        }
    }
}
