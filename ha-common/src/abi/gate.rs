//! What the daemon tells the programs about itself as a whole.

use core::time::Duration;

use super::capture::ReasonSet;
use super::ownership::LeasePolicy;
use super::word::Word;
use crate::time::Nanos;

/// What becomes of IP to or from a virtual address that this host does not own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackupTraffic {
    /// Dropped where the daemon put the address on an interface, else passed.
    #[default]
    Auto,
    /// Passed.
    Pass,
    /// Dropped.
    Drop,
}

/// The operator's choices that the programs obey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// What ends an ownership.
    pub lease: LeasePolicy,
    /// What becomes of IP while an address is not owned.
    pub backup_traffic: BackupTraffic,
}

impl Policy {
    const fn pack(self) -> u64 {
        let lease = match self.lease {
            LeasePolicy::Strict => 0,
            LeasePolicy::Fence => 1,
            LeasePolicy::Off => 2,
        };
        let backup_traffic = match self.backup_traffic {
            BackupTraffic::Auto => 0,
            BackupTraffic::Pass => 1,
            BackupTraffic::Drop => 2,
        };
        u64::from_le_bytes([lease, backup_traffic, 0, 0, 0, 0, 0, 0])
    }

    /// Numbers of another ABI mean the defaults.
    const fn unpack(word: u64) -> Self {
        let [lease, backup_traffic, ..] = word.to_le_bytes();
        Self {
            lease: match lease {
                1 => LeasePolicy::Fence,
                2 => LeasePolicy::Off,
                _ => LeasePolicy::Strict,
            },
            backup_traffic: match backup_traffic {
                1 => BackupTraffic::Pass,
                2 => BackupTraffic::Drop,
                _ => BackupTraffic::Auto,
            },
        }
    }
}

/// The one value of [`super::map::GATE`], mapped into the daemon, which alone writes it, but for the
/// words of a capture. Every word is read and written whole; no decision needs two of one moment.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct Gate {
    owned: Word,
    heartbeat: Word,
    orphan_after: Word,
    policy: Word,
    absorb_above: Word,
    capture_until: Word,
    capture_reasons: Word,
    services: Word,
}

const _: () = assert!(size_of::<Gate>() == 64);

impl Gate {
    /// How many routers and addresses there are; with 0 the programs pass everything at once.
    pub fn owned(&self) -> u64 {
        self.owned.get()
    }

    /// Sets how many routers and addresses there are.
    pub fn set_owned(&self, count: u64) {
        self.owned.set(count);
    }

    /// How many services there are; with 0 none is looked for.
    #[inline(always)]
    pub fn services(&self) -> u64 {
        self.services.get()
    }

    /// Sets how many services there are.
    pub fn set_services(&self, count: u64) {
        self.services.set(count);
    }

    /// When the daemon last showed that it lives.
    pub fn heartbeat(&self) -> Nanos {
        Nanos::new(self.heartbeat.get())
    }

    /// Shows that the daemon lives.
    pub fn beat(&self, now: Nanos) {
        self.heartbeat.set(now.get());
    }

    /// After which silence of the daemon the programs pass everything, so that what a dead daemon
    /// left behind never blocks a successor of another make. [`Duration::ZERO`]: never.
    pub fn set_orphan_after(&self, silence: Duration) {
        let nanos = u64::try_from(silence.as_nanos()).unwrap_or(u64::MAX);
        self.orphan_after.set(nanos);
    }

    /// Whether nobody has answered for the programs for so long that they pass everything.
    #[inline]
    pub fn is_orphaned(&self, now: Nanos) -> bool {
        let limit = self.orphan_after.get();
        limit != 0 && now.get().saturating_sub(self.heartbeat.get()) > limit
    }

    /// The operator's choices.
    #[inline]
    pub fn policy(&self) -> Policy {
        Policy::unpack(self.policy.get())
    }

    /// Changes the operator's choices.
    pub fn set_policy(&self, policy: Policy) {
        self.policy.set(policy.pack());
    }

    /// How many bad or repeated adverts pass per second and interface; 0 lets all pass.
    pub fn absorb_above(&self) -> u64 {
        self.absorb_above.get()
    }

    /// Sets how many bad or repeated adverts pass per second and interface.
    pub fn set_absorb_above(&self, per_second: u64) {
        self.absorb_above.set(per_second);
    }

    /// Until when somebody wants to see packets that are judged; [`Nanos::NEVER`] if nobody does.
    #[inline(always)]
    pub fn capture_until(&self) -> Nanos {
        Nanos::new(self.capture_until.get())
    }

    /// Sets until when somebody wants to see packets: written by `vipctl capture`, again and again
    /// for as long as it lives, and by the program once it does not.
    #[inline(always)]
    pub fn set_capture_until(&self, at: Nanos) {
        self.capture_until.set(at.get());
    }

    /// Which packets that is.
    #[inline(always)]
    pub fn capture_reasons(&self) -> ReasonSet {
        ReasonSet::from_word(self.capture_reasons.get())
    }

    /// Sets which packets.
    pub fn set_capture_reasons(&self, reasons: ReasonSet) {
        self.capture_reasons.set(reasons.word());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_survives_its_word() {
        for lease in [LeasePolicy::Strict, LeasePolicy::Fence, LeasePolicy::Off] {
            for backup_traffic in [
                BackupTraffic::Auto,
                BackupTraffic::Pass,
                BackupTraffic::Drop,
            ] {
                let policy = Policy {
                    lease,
                    backup_traffic,
                };
                assert_eq!(Policy::unpack(policy.pack()), policy);
            }
        }
        assert_eq!(Policy::unpack(u64::MAX), Policy::default());
    }

    #[test]
    fn silence_makes_an_orphan_unless_that_is_off() {
        let gate = Gate::default();
        gate.beat(Nanos::new(1_000));
        assert!(!gate.is_orphaned(Nanos::new(u64::MAX)));
        gate.set_orphan_after(Duration::from_nanos(500));
        assert!(!gate.is_orphaned(Nanos::new(1_500)));
        assert!(gate.is_orphaned(Nanos::new(1_501)));
        assert!(!gate.is_orphaned(Nanos::new(999)), "a beat of this moment");
    }
}
