//! Counts of what only a process that reads an advert can tell of it.

use crate::net::advert::Detail;

/// Those of one router, since this process began. In a flood not every advert is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::daemon) struct Details {
    /// Adverts that list other addresses.
    pub(in crate::daemon) address_lists: u64,
    /// Adverts with a type of authentication that nobody knows.
    pub(in crate::daemon) unknown_authentication: u64,
    /// Adverts with another type of authentication.
    pub(in crate::daemon) other_authentication: u64,
}

impl Details {
    /// Counts one more.
    pub(super) fn note(&mut self, detail: Detail) {
        let counter = match detail {
            Detail::AddressList => &mut self.address_lists,
            Detail::UnknownAuthentication => &mut self.unknown_authentication,
            Detail::OtherAuthentication => &mut self.other_authentication,
        };
        *counter += 1;
    }
}
