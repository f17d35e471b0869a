//! One service: which of its servers are good, and whether they are enough.

use std::time::Duration;

use ha_common::Nanos;

use super::server::{Server, ServerId, Standing};
use super::{Places, ProbeId};

/// What a service asks of its servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demands {
    /// Weight of good servers that it takes.
    pub quorum: u32,
    /// How much more it takes to come back, and how much less to go.
    pub hysteresis: u32,
    /// Servers count as bad until they are found good.
    pub alpha: bool,
    /// Where the last servers, two at least, go bad within this time, the fault is not theirs: they
    /// stay in use (`fail_static`).
    pub panic_within: Option<Duration>,
}

/// What has changed for a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A server is good, or bad, from now on.
    Server(ServerId, bool),
    /// A server counts for more, or less, than this before.
    Weight(ServerId, u32),
    /// The good ones are enough, or not, from now on.
    Quorum(bool),
    /// The last ones have gone bad at once, and stay in use; or that is over.
    Panic(bool),
}

/// A service.
#[derive(Debug)]
pub struct Service {
    demands: Demands,
    servers: Vec<Standing>,
    /// Of `servers`.
    places: Places,
    /// How many are good, and what they weigh.
    good: usize,
    good_weight: u64,
    has_quorum: bool,
    /// Servers that were good before all went bad at once.
    held: Option<Vec<ServerId>>,
}

impl Service {
    /// A service of which nothing is known.
    #[must_use]
    pub fn new(demands: Demands, servers: impl IntoIterator<Item = Server>) -> Self {
        let assumed = !demands.alpha;
        let servers = servers.into_iter();
        let servers: Vec<_> = servers
            .map(|server| Standing::new(server, assumed))
            .collect();
        let mut service = Self {
            places: servers.iter().map(Standing::probes).collect(),
            good: 0,
            good_weight: 0,
            servers,
            demands,
            has_quorum: false,
            held: None,
        };
        let weights = service.good().map(|(_, server)| u64::from(server.weight()));
        (service.good, service.good_weight) =
            weights.fold((0, 0), |(count, sum), weight| (count + 1, sum + weight));
        service.has_quorum = service.weight() >= service.demands.quorum.max(1);
        service
    }

    /// Takes note of a verdict at `now`. Returns what that changes, in the order in which it is to
    /// be told.
    pub fn note(&mut self, now: Nanos, probe: ProbeId, is_up: bool) -> Vec<Change> {
        let mut changes = self.judge_servers(now, probe, is_up);
        if changes.is_empty() {
            return changes;
        }
        changes.extend(self.judge_panic(now));
        changes.extend(self.judge_quorum());
        changes
    }

    /// Takes note of what a probe has its servers count for: `None` leaves them as they are
    /// configured. Returns what that changes, in the order in which it is to be told.
    pub fn weigh(&mut self, probe: ProbeId, weight: Option<u32>) -> Vec<Change> {
        let mut changes = Vec::new();
        for place in self.places.of(probe) {
            let Some(server) = self.servers.get_mut(place) else {
                continue;
            };
            let before = server.weight();
            server.weigh(probe, weight);
            if server.weight() == before {
                continue;
            }
            if server.is_good {
                self.good_weight -= u64::from(before);
                self.good_weight += u64::from(server.weight());
            }
            changes.push(Change::Weight(ServerId(place), before));
        }
        if !changes.is_empty() {
            changes.extend(self.judge_quorum());
        }
        changes
    }

    /// Servers that are to be used.
    #[must_use]
    pub fn in_use(&self) -> Vec<ServerId> {
        match &self.held {
            Some(held) => held.clone(),
            None => self.good().map(|(id, _)| id).collect(),
        }
    }

    /// How many those are.
    #[must_use]
    pub fn count_in_use(&self) -> usize {
        self.held.as_ref().map_or(self.good, Vec::len)
    }

    /// Whether there are enough of them.
    #[must_use]
    pub fn has_quorum(&self) -> bool {
        self.has_quorum
    }

    /// What a server counts for while it is good.
    #[must_use]
    pub fn weight_of(&self, id: ServerId) -> u32 {
        self.servers.get(id.0).map_or(0, Standing::weight)
    }

    /// Whether a server is good.
    #[must_use]
    pub fn is_good(&self, id: ServerId) -> bool {
        self.servers.get(id.0).is_some_and(|server| server.is_good)
    }

    fn good(&self) -> impl Iterator<Item = (ServerId, &Standing)> {
        let all = (0..).map(ServerId).zip(&self.servers);
        all.filter(|(_, server)| server.is_good)
    }

    /// Weight of the servers that are to be used.
    #[must_use]
    pub fn weight(&self) -> u32 {
        let weight = |id: &ServerId| u64::from(self.weight_of(*id));
        let weight = match &self.held {
            Some(held) => held.iter().map(weight).sum(),
            None => self.good_weight,
        };
        u32::try_from(weight).unwrap_or(u32::MAX)
    }

    fn judge_servers(&mut self, now: Nanos, probe: ProbeId, is_up: bool) -> Vec<Change> {
        let mut changes = Vec::new();
        for place in self.places.of(probe) {
            let Some(server) = self.servers.get_mut(place) else {
                continue;
            };
            if !server.take(now, probe, is_up) {
                continue;
            }
            let weight = u64::from(server.weight());
            match server.is_good {
                true => {
                    self.good += 1;
                    self.good_weight += weight;
                }
                false => {
                    self.good -= 1;
                    self.good_weight -= weight;
                }
            }
            changes.push(Change::Server(ServerId(place), server.is_good));
        }
        changes
    }

    /// Whether the fault is one that several servers have at once, and no other is left: it cannot be
    /// theirs.
    fn judge_panic(&mut self, now: Nanos) -> Option<Change> {
        if self.good > 0 {
            return self.held.take().map(|_| Change::Panic(false));
        }
        let within = self.demands.panic_within.filter(|_| self.held.is_none())?;
        let went_just_now = |server: &Standing| now.saturating_since(server.bad_since) <= within;
        let all = (0..).map(ServerId).zip(&self.servers);
        let gone = all.filter(|(_, server)| went_just_now(server));
        let gone: Vec<_> = gone.map(|(id, _)| id).collect();
        let is_panic = gone.len() > 1;
        is_panic.then(|| {
            self.held = Some(gone);
            Change::Panic(true)
        })
    }

    fn judge_quorum(&mut self) -> Option<Change> {
        let Demands {
            quorum, hysteresis, ..
        } = self.demands;
        let threshold = if self.has_quorum {
            quorum.saturating_sub(hysteresis)
        } else {
            quorum.saturating_add(hysteresis)
        };
        // Nothing is never enough.
        let has_quorum = self.weight() >= threshold.max(1);
        let changes = has_quorum != self.has_quorum;
        self.has_quorum = has_quorum;
        changes.then_some(Change::Quorum(has_quorum))
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::Change::{Panic, Quorum, Server as Turned};
    use super::*;

    const DEMANDS: Demands = Demands {
        quorum: 1,
        hysteresis: 0,
        alpha: false,
        panic_within: None,
    };

    fn server(weight: u32, probes: &[u32]) -> Server {
        Server {
            weight,
            probes: probes.iter().copied().map(ProbeId).collect(),
        }
    }

    /// Notes verdicts a second apart.
    fn told(service: &mut Service, verdicts: &[(u32, bool)]) -> Vec<Vec<Change>> {
        let times = (1..).map(|second| Nanos::new(second * 1_000_000_000));
        let verdicts = times.zip(verdicts);
        verdicts
            .map(|(now, (probe, up))| service.note(now, ProbeId(*probe), *up))
            .collect()
    }

    #[test]
    fn all_probes_of_a_server_must_be_good() {
        let mut service = Service::new(DEMANDS, [server(1, &[1, 2]), server(1, &[2])]);
        assert!(service.has_quorum());
        let changes = told(
            &mut service,
            &[(1, false), (2, false), (1, true), (2, true)],
        );
        let [one, other] = [ServerId(0), ServerId(1)];
        assert_eq!(changes[0], [Turned(one, false)]);
        assert_eq!(changes[1], [Turned(other, false), Quorum(false)]);
        assert_eq!(changes[2], []);
        assert_eq!(
            changes[3],
            [Turned(one, true), Turned(other, true), Quorum(true)]
        );
    }

    #[test]
    fn with_alpha_a_server_must_be_found_good_by_all() {
        let demands = Demands {
            alpha: true,
            ..DEMANDS
        };
        let mut service = Service::new(demands, [server(1, &[1, 2])]);
        assert!(!service.has_quorum());
        let changes = told(&mut service, &[(1, true), (2, true)]);
        assert_eq!(
            changes,
            [vec![], vec![Turned(ServerId(0), true), Quorum(true)]]
        );
    }

    #[test]
    fn quorum_has_hysteresis() {
        let demands = Demands {
            quorum: 4,
            hysteresis: 1,
            ..DEMANDS
        };
        let servers = [server(3, &[1]), server(2, &[2])];
        let mut service = Service::new(demands, servers);
        let changes = told(
            &mut service,
            &[(2, false), (1, false), (1, true), (2, true)],
        );
        assert_eq!(
            changes[0],
            [Turned(ServerId(1), false)],
            "3 is not below 4 - 1"
        );
        assert_eq!(changes[1], [Turned(ServerId(0), false), Quorum(false)]);
        assert_eq!(changes[2], [Turned(ServerId(0), true)], "3 is below 4 + 1");
        assert_eq!(changes[3], [Turned(ServerId(1), true), Quorum(true)]);
    }

    #[test]
    fn servers_that_go_bad_all_at_once_stay_in_use() {
        let within = Some(Duration::from_millis(1500));
        let demands = Demands {
            panic_within: within,
            ..DEMANDS
        };
        let mut service = Service::new(demands, [server(1, &[1]), server(1, &[2])]);
        let changes = told(&mut service, &[(1, false), (2, false), (2, true)]);
        let [one, other] = [ServerId(0), ServerId(1)];
        assert_eq!(changes[1], [Turned(other, false), Panic(true)]);
        assert_eq!(changes[2], [Turned(other, true), Panic(false)]);
        assert_eq!(service.in_use(), [other]);
        assert!(service.has_quorum());
        let changes = told(
            &mut service,
            &[(3, false), (3, false), (3, false), (2, false)],
        );
        assert_eq!(
            changes[3],
            [Turned(other, false), Quorum(false)],
            "{one:?} went before"
        );
    }

    #[test]
    fn a_probe_may_say_what_its_server_counts_for() {
        let demands = Demands {
            quorum: 5,
            ..DEMANDS
        };
        let mut service = Service::new(demands, [server(5, &[1]), server(1, &[2])]);
        let [one, other] = [ServerId(0), ServerId(1)];
        let probe = ProbeId(1);
        assert_eq!(
            service.weigh(probe, Some(3)),
            [Change::Weight(one, 5), Quorum(false)]
        );
        assert_eq!((service.weight(), service.weight_of(one)), (4, 3));
        assert_eq!(service.weigh(probe, Some(3)), [], "nothing new");
        let heavy = service.weigh(ProbeId(2), Some(253));
        assert_eq!(heavy, [Change::Weight(other, 1), Quorum(true)]);
        // One that is bad counts for nothing, whatever is said of it.
        let changes = told(&mut service, &[(2, false)]);
        assert_eq!(changes[0], [Turned(other, false), Quorum(false)]);
        assert_eq!(
            service.weigh(ProbeId(2), Some(7)),
            [Change::Weight(other, 253)]
        );
        assert_eq!(
            service.weigh(probe, None),
            [Change::Weight(one, 3), Quorum(true)]
        );
        assert_eq!(service.weight(), 5);
    }

    #[test]
    fn several_probes_change_a_weight_together() {
        let mut service = Service::new(DEMANDS, [server(9, &[1, 2])]);
        service.weigh(ProbeId(1), Some(4));
        service.weigh(ProbeId(2), Some(12));
        assert_eq!(service.weight(), 9 - 5 + 3);
        service.weigh(ProbeId(1), None);
        assert_eq!(service.weight(), 12);
        service.weigh(ProbeId(1), Some(2));
        service.weigh(ProbeId(2), Some(1));
        assert_eq!(service.weight(), 0, "9 - 7 - 8 is below");
        assert!(!service.has_quorum(), "nothing is never enough");
        assert_eq!(service.count_in_use(), 1);
    }

    /// What a probe says.
    #[derive(Clone, Debug)]
    enum Said {
        Verdict(bool),
        Weight(Option<u32>),
    }

    fn said() -> impl Strategy<Value = Said> {
        prop_oneof![
            any::<bool>().prop_map(Said::Verdict),
            option::of(0_u32..4).prop_map(Said::Weight),
        ]
    }

    proptest! {
        #[test]
        fn what_is_counted_is_what_there_is(
            servers in vec((0_u32..3, vec(0_u32..4, 0..3)), 1..5),
            news in vec((0_u32..4, said()), 0..40),
            fail_static: bool,
        ) {
            let demands = Demands {
                panic_within: fail_static.then_some(Duration::from_secs(2)),
                ..DEMANDS
            };
            let configured = servers.iter();
            let configured = configured.map(|(weight, probes)| server(*weight, probes));
            let mut service = Service::new(demands, configured);
            let mut weights = [None; 4];
            for (probe, said) in news {
                match said {
                    Said::Verdict(is_up) => drop(told(&mut service, &[(probe, is_up)])),
                    Said::Weight(weight) => {
                        weights[probe as usize] = weight;
                        service.weigh(ProbeId(probe), weight);
                    }
                }
                let used = service.in_use();
                prop_assert_eq!(service.count_in_use(), used.len());
                let weight = |id: &ServerId| {
                    let (configured, probes) = &servers[id.0];
                    let said = probes.iter().filter_map(|probe| weights[*probe as usize]);
                    let changes = said.map(|weight| i64::from(weight) - i64::from(*configured));
                    let weight = i64::from(*configured) + changes.sum::<i64>();
                    u32::try_from(weight).unwrap_or_default()
                };
                let weight: u32 = used.iter().map(weight).sum();
                prop_assert_eq!(service.weight(), weight);
                prop_assert_eq!(service.has_quorum(), weight > 0);
            }
        }
    }
}
