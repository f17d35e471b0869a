//! When a router owns its addresses: the one definition for the engine, the programs and `vipctl`.

use crate::time::Nanos;

/// What ends an ownership besides our own will.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LeasePolicy {
    /// The end of the lease, and a fence.
    #[default]
    Strict,
    /// A fence: without adverts of others we go on answering, however long our own are late.
    Fence,
    /// Neither.
    Off,
}

/// What a record says of ownership.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ownership {
    /// End of the lease; [`Nanos::NEVER`] if there is none.
    pub until: Nanos,
    /// When it began: fences from before do not count.
    pub since: Nanos,
    /// Last time that an advert ended an ownership.
    pub fenced_at: Nanos,
}

impl Ownership {
    /// Whether it holds at `now`.
    #[must_use]
    #[inline]
    pub fn holds(self, now: Nanos, lease: LeasePolicy) -> bool {
        match lease {
            LeasePolicy::Strict => now < self.until && !self.is_fenced(),
            LeasePolicy::Fence => self.is_unbroken(),
            LeasePolicy::Off => self.is_claimed(),
        }
    }

    /// Whether it was claimed, and neither given up nor fenced since: what an advert of another
    /// router has to end, also where the lease has run out and a process that stood still has yet
    /// to notice.
    #[must_use]
    #[inline]
    pub fn is_unbroken(self) -> bool {
        self.is_claimed() && !self.is_fenced()
    }

    fn is_claimed(self) -> bool {
        self.until > Nanos::NEVER
    }

    fn is_fenced(self) -> bool {
        self.fenced_at >= self.since
    }
}

#[cfg(test)]
mod tests {
    use super::LeasePolicy::{Fence, Off, Strict};
    use super::*;

    const fn ownership(until: u64, since: u64, fenced_at: u64) -> Ownership {
        Ownership {
            until: Nanos::new(until),
            since: Nanos::new(since),
            fenced_at: Nanos::new(fenced_at),
        }
    }

    /// Whether it holds at 19 and at 20, and under each policy.
    fn held(ownership: Ownership) -> [(bool, bool); 3] {
        let at = |now, lease| ownership.holds(Nanos::new(now), lease);
        [Strict, Fence, Off].map(|lease| (at(19, lease), at(20, lease)))
    }

    #[test]
    fn each_policy_has_its_own_end() {
        let [yes, no, ends] = [(true, true), (false, false), (true, false)];
        assert_eq!(held(ownership(0, 0, 0)), [no, no, no], "never claimed");
        assert_eq!(held(ownership(20, 10, 0)), [ends, yes, yes]);
        assert_eq!(held(ownership(20, 10, 9)), [ends, yes, yes], "an old fence");
        assert_eq!(held(ownership(20, 10, 15)), [no, no, yes], "fenced");
        assert_eq!(held(ownership(0, 10, 9)), [no, no, no], "given up");
    }
}
