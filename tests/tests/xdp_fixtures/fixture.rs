//! A frame, what it comes upon, and what must become of it.
//!
//! A fixture names the reason whose counter must move. Unless the verdict is to transmit, the
//! frame must come out as it went in, octet for octet.

use anyhow::Result;
use ha_common::Reason;
use ha_common::abi::RouterRecord;
use ha_common::reason::Verdict;
use ha_tests::xdp::{Director, Traces};

/// What a frame comes upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Backup,
    Active,
    /// The lease has run out, and the address is still on the interface.
    Lapsed,
}

/// What an advert leaves in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trace {
    None,
    Counted,
    Alive,
    Lower,
}

pub(crate) struct Fixture {
    pub(crate) name: &'static str,
    reason: Reason,
    role: Role,
    prepare: fn(&mut Director) -> Result<()>,
    pub(crate) frame: Vec<u8>,
    trace: Trace,
    fences: bool,
}

impl Fixture {
    pub(crate) fn new(name: &'static str, reason: Reason, role: Role, frame: Vec<u8>) -> Self {
        Self {
            name,
            reason,
            role,
            prepare: |_| Ok(()),
            frame,
            trace: Trace::None,
            fences: false,
        }
    }

    pub(crate) fn prepare(self, prepare: fn(&mut Director) -> Result<()>) -> Self {
        Self { prepare, ..self }
    }

    pub(crate) fn leaves(self, trace: Trace) -> Self {
        Self { trace, ..self }
    }

    pub(crate) fn fences(self) -> Self {
        Self {
            fences: true,
            ..self
        }
    }

    /// Runs it on `director`, whatever that has been through before.
    pub(crate) fn run(&self, director: &mut Director) -> Result<Reason> {
        director.reset()?;
        match self.role {
            Role::Backup => {}
            Role::Active => director.take_over(),
            Role::Lapsed => director.lose_lease(),
        }
        (self.prepare)(director)?;
        let before = Traces::of(director.record());
        let outcome = director.receive(&self.frame)?;
        assert_eq!(outcome.reason, self.reason, "{}: the counter", self.name);
        assert_eq!(outcome.verdict, self.reason.verdict(), "{}", self.name);
        if outcome.verdict != Verdict::Transmit {
            assert_eq!(outcome.frame, self.frame, "{}: the frame", self.name);
        }
        self.check_traces(&before, director.record());
        Ok(outcome.reason)
    }

    fn check_traces(&self, before: &Traces, record: &RouterRecord) {
        let after = Traces::of(record);
        let left = match (
            after.adverts - before.adverts,
            after.last_advert > before.last_advert,
            after.last_lower > before.last_lower,
        ) {
            (0, false, false) => Trace::None,
            (1, false, false) => Trace::Counted,
            (1, true, false) => Trace::Alive,
            (1, false, true) => Trace::Lower,
            other => panic!("{}: adverts, stamp, lower stamp: {other:?}", self.name),
        };
        assert_eq!(left, self.trace, "{}: the record", self.name);
        let fenced = after.fenced_at > before.fenced_at;
        assert_eq!(fenced, self.fences, "{}: the fence", self.name);
    }
}
