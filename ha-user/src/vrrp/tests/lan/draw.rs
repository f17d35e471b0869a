//! What a seed draws: the routers, the weather, the faults.

use std::net::IpAddr;
use std::time::Duration;

use ha_common::Priority;
use ha_common::abi::LeasePolicy;

use super::super::super::{Announcements, FastHandover, Manners, Parameters, Provoked, Version};
use super::super::{host, parameters};
use super::host::{Host, Port};
use super::rng::Rng;
use super::watch::Bounds;
use super::world::{Fault, Weather};

/// What a seed has drawn for all routers on a LAN.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw {
    pub(super) version: Version,
    pub(super) interval: Duration,
    /// Longest interval that a router may be changed to.
    pub(super) longest: Duration,
    /// Adverts get lost, intervals differ, several routers call themselves owner, or expect to be
    /// Active at start.
    pub(super) harsh: bool,
    /// No router has a data path: only the engine's own promises are left.
    pub(super) bare: bool,
    /// What ends an ownership besides the engine.
    pub(super) lease: LeasePolicy,
    pub(super) all_preempt: bool,
    /// What all routers do when the Active one goes; `None` if they differ.
    pub(super) fast_handover: Option<FastHandover>,
    /// A stranger of low priority sends more than the processes can read.
    pub(super) flood: bool,
    /// Advertisement_Interval of a router beside the others on every host.
    pub(super) company: Option<Duration>,
    /// How long every router leaves a lower one alone.
    pub(super) preempt_delay: Duration,
    /// Routers differ in how they answer others.
    pub(super) mannered: bool,
}

impl Draw {
    pub(super) fn new(rng: &mut Rng) -> Self {
        let version = rng.pick(&[Version::V2, Version::V3, Version::V3]);
        let interval = match version {
            Version::V2 => Duration::from_secs(rng.number(1..=2)),
            Version::V3 => Duration::from_millis(rng.pick(&[10, 20, 100, 1000])),
        };
        let harsh = rng.chance(500);
        let all_preempt = rng.chance(600);
        let changes = harsh && version == Version::V3 && rng.chance(300);
        Self {
            version,
            interval,
            longest: if changes { interval * 5 } else { interval },
            harsh,
            bare: harsh && rng.chance(100),
            lease: if harsh && rng.chance(200) {
                rng.pick(&[LeasePolicy::Fence, LeasePolicy::Off])
            } else {
                LeasePolicy::Strict
            },
            all_preempt,
            fast_handover: rng.chance(700).then(|| any_handover(rng)),
            flood: all_preempt && rng.chance(200),
            company: None,
            preempt_delay: Duration::ZERO,
            mannered: false,
        }
    }

    /// Another LAN, whose routers form groups with those of this one: the same hosts, on which
    /// everything is as good or bad as here, but other intervals and manners.
    pub(super) fn other_lan(&self, rng: &mut Rng) -> Self {
        let interval = match self.version {
            Version::V2 => Duration::from_secs(rng.number(1..=2)),
            Version::V3 => self.interval * rng.pick(&[1, 1, 2, 5]),
        };
        let changes = self.longest > self.interval && rng.chance(500);
        Self {
            interval,
            longest: if changes { interval * 5 } else { interval },
            all_preempt: self.flood || rng.chance(700),
            fast_handover: rng.chance(700).then(|| any_handover(rng)),
            ..*self
        }
    }

    /// Has every host run a router beside the others. What is drawn for the first stays as it is.
    pub(super) fn bring_company(&mut self, rng: &mut Rng) {
        let parts = rng.pick(&[1, 3, 10]);
        self.company = rng.chance(500).then(|| self.interval / parts);
    }

    /// Has every router be patient with lower ones. What else is drawn stays as it is.
    pub(super) fn make_patient(&mut self, rng: &mut Rng) {
        // A stranger would be left alone, too.
        if rng.chance(300) && !self.flood {
            self.preempt_delay = rng.between(Duration::ZERO, self.interval * 8);
        }
    }

    /// Has routers answer others in their own ways. What else is drawn stays as it is.
    pub(super) fn teach_manners(&mut self, rng: &mut Rng) {
        self.mannered = rng.chance(500);
    }

    pub(super) fn storm(&self, rng: &mut Rng) -> Weather {
        let flight = if self.harsh {
            rng.number(100..=3000)
        } else {
            rng.number(50..=900)
        };
        Weather {
            loss: if self.harsh {
                rng.pick(&[0, 20, 100, 300, 600])
            } else {
                0
            },
            overtaking: if self.harsh {
                rng.pick(&[0, 0, 50, 300])
            } else {
                0
            },
            doubled: rng.pick(&[0, 0, 50, 300]),
            flight: (Duration::from_micros(20), Duration::from_micros(flight)),
            latency: if self.flood {
                (self.interval / 40, self.interval / 8)
            } else {
                (Duration::from_micros(10), Duration::from_micros(300))
            },
            hiccup: self.interval * u32::try_from(rng.number(0..=2)).unwrap_or(0),
            budget: if self.flood { 1 } else { 64 },
            buffer: 16,
            interruption: rng.pick(&[0, 0, 5, 50]),
            standstill: self.interval * 8,
        }
    }

    pub(super) fn calm(&self) -> Weather {
        Weather {
            loss: 0,
            overtaking: 0,
            doubled: 0,
            flight: (Duration::from_micros(20), Duration::from_micros(200)),
            latency: (Duration::from_micros(10), Duration::from_micros(300)),
            hiccup: self.calm_hiccup(),
            budget: 64,
            buffer: 16,
            interruption: 0,
            standstill: Duration::ZERO,
        }
    }

    pub(super) fn calm_hiccup(&self) -> Duration {
        Duration::from_millis(2).min(self.interval / 8)
    }

    pub(super) fn bounds(&self, storm: &Weather) -> Bounds {
        let lease = self.longest * 3;
        Bounds {
            flight: storm.flight.1,
            // Without a data path, an address stays as long as the process stands still, and
            // without leases a data path answers as long.
            lease: if self.bare || self.lease == LeasePolicy::Off {
                Duration::from_secs(1_000_000)
            } else {
                lease
            },
            harsh: self.harsh,
            fenced_only: self.lease == LeasePolicy::Fence,
            first_lease: match self.lease {
                LeasePolicy::Strict => self.longest / 2,
                // Nothing but an advert ends it.
                LeasePolicy::Fence | LeasePolicy::Off => storm.standstill,
            },
            lateness: match self.lease {
                LeasePolicy::Strict => Duration::ZERO,
                LeasePolicy::Fence | LeasePolicy::Off => storm.hiccup,
            },
        }
    }

    pub(super) fn port(&self, at: usize, rng: &mut Rng) -> Port {
        let last = 10 + u8::try_from(at).unwrap_or(0);
        let address = host(last);
        Port::new(address, self.parameters(address, rng))
    }

    pub(super) fn host(&self, ports: Vec<Port>) -> Host {
        let mut host = Host::new(ports);
        host.bare = self.bare;
        host.lease = self.lease;
        host.company = self.company;
        host
    }

    pub(super) fn restart(&self, length: Duration, rng: &mut Rng) -> Fault {
        let results = rng.between(Duration::ZERO, self.interval * 2);
        Fault::Restart {
            length,
            results: rng.chance(500).then_some(results),
        }
    }

    pub(super) fn parameters(&self, address: IpAddr, rng: &mut Rng) -> Parameters {
        let priority = rng.number(70..=254);
        let owner = if self.harsh || address == host(10) {
            255
        } else {
            100
        };
        let priority = rng.pick(&[priority, priority, priority, priority, 100, 100, owner]);
        let longer = self.longest > self.interval && rng.chance(500);
        Parameters {
            version: self.version,
            priority: Priority::new(u8::try_from(priority).unwrap_or(100)),
            advertisement_interval: if longer { self.longest } else { self.interval },
            preempt_mode: self.all_preempt || rng.chance(500),
            preempt_delay: self.preempt_delay,
            primary_ip: Some(address),
            eager_start: self.harsh && rng.chance(200),
            fast_handover: self.fast_handover.unwrap_or_else(|| any_handover(rng)),
            announcements: self.announcements(rng),
            manners: self.manners(rng),
            ..parameters()
        }
    }

    fn announcements(&self, rng: &mut Rng) -> Announcements {
        let once = Announcements {
            repeat: 1,
            ..Announcements::default()
        };
        if !self.mannered {
            return once;
        }
        let repeat = u32::from(rng.chance(700));
        let delay = Duration::from_secs(rng.number(0..=6));
        Announcements {
            provoked: Provoked { repeat, delay },
            ..once
        }
    }

    fn manners(&self, rng: &mut Rng) -> Manners {
        if !self.mannered {
            return Manners::default();
        }
        Manners {
            ignores_lower: rng.chance(500),
            has_last_word: rng.chance(500),
        }
    }

    /// Longest Active_Down_Interval that any router can have.
    pub(super) fn longest_silence(&self) -> Duration {
        self.silence(Priority::new(1), self.longest)
    }

    /// Active_Down_Interval, as the RFCs have it.
    pub(super) fn silence(&self, priority: Priority, interval: Duration) -> Duration {
        interval * 3 + self.skew(priority, interval)
    }

    /// Skew_Time, as the RFCs have it.
    pub(super) fn skew(&self, priority: Priority, interval: Duration) -> Duration {
        let whole = match self.version {
            Version::V2 => Duration::from_secs(1),
            Version::V3 => interval,
        };
        whole * (256 - u32::from(priority.get())) / 256
    }
}

fn any_handover(rng: &mut Rng) -> FastHandover {
    rng.pick(&[
        FastHandover::Never,
        FastHandover::BetweenTwo,
        FastHandover::Always,
    ])
}
