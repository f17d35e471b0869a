//! What the XDP program tells the daemon of its own accord.

use std::os::fd::{AsFd, BorrowedFd};

use aya::maps::{MapData, RingBuf};
use ha_common::abi::Notice;

/// The ring of notices; its file descriptor is readable while there are any.
pub struct NoticeRing(RingBuf<MapData>);

impl NoticeRing {
    pub(super) const fn new(ring: RingBuf<MapData>) -> Self {
        Self(ring)
    }
}

impl Iterator for NoticeRing {
    type Item = Notice;

    /// The next notice that has arrived; more may arrive after `None`.
    fn next(&mut self) -> Option<Notice> {
        loop {
            let item = self.0.next()?;
            // What is not a notice of this ABI is nothing to act upon.
            if let Some(notice) = Notice::from_bytes(&item) {
                return Some(notice);
            }
        }
    }
}

impl AsFd for NoticeRing {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
