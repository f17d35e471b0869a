//! How a director is, in one line.

use std::collections::BTreeMap;

use crate::notify;
use crate::vrrp::{RouterId, State};

/// The states of its routers.
#[derive(Debug, Default)]
pub(super) struct Outlook {
    states: BTreeMap<RouterId, State>,
    said: String,
}

impl Outlook {
    /// A router has entered a state.
    pub(super) fn note(&mut self, router: RouterId, state: State) {
        self.states.insert(router, state);
    }

    /// The state that a router has entered last.
    pub(super) fn state(&self, router: RouterId) -> Option<State> {
        self.states.get(&router).copied()
    }

    /// A router is no more.
    pub(super) fn forget(&mut self, router: RouterId) {
        self.states.remove(&router);
    }

    /// The line, if it is another one than the last.
    pub(super) fn news(&mut self) -> Option<&str> {
        let line = notify::summary(self.states.values().copied());
        let is_new = line != self.said;
        self.said = line;
        is_new.then_some(&self.said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_said_once() {
        let mut outlook = Outlook::default();
        assert!(outlook.news().is_some());
        outlook.note(RouterId(1), State::Active);
        let with_one = outlook.news().map(str::to_owned);
        assert!(with_one.is_some());
        outlook.note(RouterId(2), State::Backup);
        assert!(outlook.news().is_some());
        assert_eq!(outlook.news(), None);
        outlook.forget(RouterId(2));
        assert_eq!(outlook.news(), with_one.as_deref());
    }
}
