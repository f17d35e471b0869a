//! Who else takes part in the election, as far as we have heard.

use std::net::IpAddr;

/// How many other routers have sent valid adverts since this one was made: none, one, or more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Others {
    first: Option<IpAddr>,
    several: bool,
}

impl Others {
    /// Notes the sender of an advert.
    pub(super) fn note(&mut self, source: IpAddr) {
        let first = *self.first.get_or_insert(source);
        self.several |= first != source;
    }

    /// Whether there are at least two.
    pub(super) const fn are_several(&self) -> bool {
        self.several
    }
}
