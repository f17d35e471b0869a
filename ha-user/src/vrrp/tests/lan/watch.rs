//! What is promised, checked at every instant.

use std::time::Duration;

use ha_common::Nanos;

use super::host::Host;

/// The longest that two routers may answer at once; see `docs/engine.md`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Longest flight of an advert, the queue of a network card that comes back included.
    pub(super) flight: Duration,
    /// Longest lease of any router.
    pub(super) lease: Duration,
    /// Adverts may get lost, and routers disagree.
    pub(super) harsh: bool,
    /// Leases do not end by themselves, only by an advert.
    pub(super) fenced_only: bool,
    /// A takeover of which nobody has heard may last this long.
    pub(super) first_lease: Duration,
    /// Whoever is to end the ownership of another one may be this late.
    pub(super) lateness: Duration,
}

impl Bounds {
    /// Where nothing goes wrong with adverts, whoever takes over is heard before it answers; but a
    /// machine that goes on may answer before it has read what arrived meanwhile.
    fn overlap(&self, lost: u32, interrupted: bool, resumed: bool) -> Duration {
        if self.harsh {
            let unheard = if interrupted {
                self.first_lease
            } else {
                Duration::ZERO
            };
            self.flight + unheard + self.lateness + self.lease * (lost + 1)
        } else if resumed {
            self.flight
        } else {
            Duration::ZERO
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Overlap {
    since: Nanos,
    end: Nanos,
    lost: u32,
}

/// Counts of what a seed has exercised, so that a simulation that proves nothing is noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) overlaps: u64,
    pub(super) longest_overlap: Duration,
    pub(super) fences: u64,
    pub(super) leases_lost: u64,
    pub(super) interrupted: u64,
    pub(super) claims: u64,
    pub(super) takeovers: u64,
    pub(super) silenced: u64,
    pub(super) adoptions: u64,
    pub(super) farewells: u64,
    pub(super) declines: u64,
    pub(super) doubled: u64,
    pub(super) overtaken: u64,
    pub(super) absorbed: u64,
    pub(super) dual_active: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        self.overlaps += other.overlaps;
        self.longest_overlap = self.longest_overlap.max(other.longest_overlap);
        self.fences += other.fences;
        self.leases_lost += other.leases_lost;
        self.interrupted += other.interrupted;
        self.claims += other.claims;
        self.takeovers += other.takeovers;
        self.silenced += other.silenced;
        self.adoptions += other.adoptions;
        self.farewells += other.farewells;
        self.declines += other.declines;
        self.doubled += other.doubled;
        self.overtaken += other.overtaken;
        self.absorbed += other.absorbed;
        self.dual_active += other.dual_active;
    }
}

/// Measures how long two routers that can hear each other on one LAN answer at once.
#[derive(Debug)]
pub(super) struct Watch {
    lan: usize,
    pub(super) bounds: Bounds,
    pub(super) tally: Tally,
    /// A process stood still in the middle of its actions.
    pub(super) interrupted: bool,
    pub(super) violation: Option<String>,
    /// Who must answer without a gap.
    pub(super) steady: Option<usize>,
    /// Who is going, until another one answers.
    pub(super) awaits: Option<usize>,
    overlaps: Vec<Option<Overlap>>,
    routers: usize,
}

impl Watch {
    pub(super) fn new(lan: usize, routers: usize, bounds: Bounds) -> Self {
        Self {
            lan,
            bounds,
            tally: Tally::default(),
            interrupted: false,
            violation: None,
            steady: None,
            awaits: None,
            overlaps: vec![None; routers * routers],
            routers,
        }
    }

    /// Time passes from `from` to `to` without anything happening but the end of leases.
    pub(super) fn pass(&mut self, hosts: &[Host], from: Nanos, to: Nanos) {
        self.check_steady(hosts, from, to);
        let owners: Vec<usize> = (0..hosts.len())
            .filter(|at| hosts[*at].answers(self.lan, from))
            .collect();
        let replaced = |going: &usize| owners.iter().any(|owner| owner != going);
        self.awaits = self.awaits.filter(|going| !replaced(going));
        if owners.len() < 2 && self.overlaps.iter().all(Option::is_none) {
            return;
        }
        for one in 0..hosts.len() {
            for other in one + 1..hosts.len() {
                let both = owners.contains(&one) && owners.contains(&other);
                let pair = (&hosts[one], &hosts[other]);
                let until = both.then(|| to.min(pair.0.end(self.lan)).min(pair.1.end(self.lan)));
                let hear = !pair.0.ports[self.lan].cut && !pair.1.ports[self.lan].cut;
                let mute = !pair.0.runs(from) && !pair.1.runs(from);
                let resumed = self.has_resumed(pair.0, from) || self.has_resumed(pair.1, from);
                let index = one * self.routers + other;
                self.note(index, from, until.filter(|_| hear), mute, resumed);
            }
        }
    }

    fn check_steady(&mut self, hosts: &[Host], from: Nanos, to: Nanos) {
        let Some(at) = self.steady else { return };
        if !hosts[at].answers(self.lan, from) || hosts[at].end(self.lan) < to {
            self.fail(from, format!("{at} has stopped answering"));
        }
    }

    /// Whether the machine of `host` has stood still until so short a time ago that its card's queue
    /// may not have been read.
    fn has_resumed(&self, host: &Host, now: Nanos) -> bool {
        host.halted_until != Nanos::NEVER
            && now.saturating_since(host.halted_until) <= self.bounds.flight
    }

    /// An advert got lost.
    pub(super) fn lose(&mut self) {
        for overlap in self.overlaps.iter_mut().flatten() {
            overlap.lost += 1;
        }
    }

    /// Notes that both answer from `from` to `until`, or that they do not. Where nothing but an
    /// advert ends an ownership, the time in which neither can speak does not count.
    fn note(&mut self, pair: usize, from: Nanos, until: Option<Nanos>, mute: bool, resumed: bool) {
        let Some(until) = until else {
            self.overlaps[pair] = None;
            return;
        };
        if self.overlaps[pair].is_none_or(|overlap| overlap.end < from) {
            self.tally.overlaps += 1;
            self.overlaps[pair] = Some(Overlap {
                since: from,
                end: from,
                lost: 0,
            });
        }
        let Some(overlap) = &mut self.overlaps[pair] else {
            return;
        };
        overlap.end = until;
        if mute && self.bounds.fenced_only {
            overlap.since = overlap.since + until.saturating_since(from);
        }
        let length = until.saturating_since(overlap.since);
        let bound = self.bounds.overlap(overlap.lost, self.interrupted, resumed);
        if !self.bounds.harsh {
            self.tally.longest_overlap = self.tally.longest_overlap.max(length);
        }
        if length > bound {
            let (one, other) = (pair / self.routers, pair % self.routers);
            self.fail(
                until,
                format!("{one} and {other} answer for {length:?}, bound {bound:?}"),
            );
        }
    }

    pub(super) fn fail(&mut self, now: Nanos, what: String) {
        self.violation
            .get_or_insert_with(|| format!("at {now:?} on LAN {}: {what}", self.lan));
    }
}
