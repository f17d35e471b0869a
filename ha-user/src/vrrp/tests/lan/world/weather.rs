//! How reliably things reach whom they are meant for.

use std::time::Duration;

/// Chances and delays.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Weather {
    /// Adverts lost, of 1000.
    pub(in super::super) loss: u64,
    /// Adverts that overtake others of the same sender, of 1000.
    pub(in super::super) overtaking: u64,
    /// Adverts that arrive twice, of 1000.
    pub(in super::super) doubled: u64,
    /// Flight of an advert.
    pub(in super::super) flight: (Duration, Duration),
    /// Between an event and the process that wakes up for it.
    pub(in super::super) latency: (Duration, Duration),
    /// Longest latency, now and then.
    pub(in super::super) hiccup: Duration,
    /// Events that a process reads before it looks at the time.
    pub(in super::super) budget: usize,
    /// Events that wait for a process; adverts beyond that are seen by the data path only.
    pub(in super::super) buffer: usize,
    /// Actions, of 1000, in the middle of which the process stands still.
    pub(in super::super) interruption: u64,
    /// Longest such stand-still.
    pub(in super::super) standstill: Duration,
}
