//! One pair of directors with every virtual router of an interface.

use std::fmt::{self, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::effort::{Effort, Spent};
use crate::lab::{BusyLoops, Daemon, Host, Software, Stalls, pause, time_stolen, until};

/// How many virtual routers there are: all that an interface can have.
pub(super) const ROUTERS: u8 = 255;
/// `advert_int`.
pub(super) const INTERVAL: Duration = Duration::from_millis(10);
/// About how long a pair takes to elect and to calm down.
pub(super) const SETTLES: Duration = Duration::from_secs(15);

/// How long the election may take.
const ELECTION: Duration = Duration::from_secs(60);
/// From the election until the second burst of gratuitous ARP is over.
const CALM: Duration = Duration::from_secs(8);
/// Longest gap in which the daemons could not run that spoils nothing.
const STALL: Duration = Duration::from_millis(15);

/// What else the processors do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Nothing.
    Idle,
    /// A busy loop on each.
    Busy,
}

impl Load {
    /// Puts it on the machine until what is returned is dropped.
    pub(super) fn apply(self) -> Result<Option<BusyLoops>> {
        match self {
            Self::Idle => Ok(None),
            Self::Busy => BusyLoops::start().map(Some),
        }
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "idle",
            Self::Busy => "busy",
        })
    }
}

/// What was seen of a pair.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// What the Active director's daemon took, and made of it.
    pub active: Effort,
    /// The same of the Backup director's.
    pub backup: Effort,
    /// How often the Backup director took over from an Active one that nothing had happened to.
    pub takeovers: usize,
    /// Longest time in which the daemons could not run.
    pub stall: Duration,
    /// Part of the processors that a hypervisor had others use.
    pub stolen: f64,
}

impl Trial {
    /// Whether the machine stood still.
    #[must_use]
    pub fn is_disturbed(&self) -> bool {
        self.stall > STALL
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Active {}, Backup {}, {} false takeovers, stalls of {:.1} ms, \
             {:.1} % taken by the hypervisor",
            self.active,
            self.backup,
            self.takeovers,
            self.stall.as_secs_f64() * 1e3,
            100.0 * self.stolen
        )
    }
}

/// Two directors on one cable: nothing between them is charged to either.
pub(super) struct Place {
    pub(super) directors: [Host; 2],
}

impl Place {
    pub(super) fn new() -> Result<Self> {
        let directors = [Host::new("lb1")?, Host::new("lb2")?];
        let [lb1, lb2] = directors.each_ref().map(Host::netns);
        let far = lb2.path();
        lb1.ip(&format!(
            "link add eth0 type veth peer name eth0 netns {}",
            far.display()
        ))?;
        for (netns, last) in [(lb1, 11), (lb2, 12)] {
            netns.ip("link set eth0 up")?;
            netns.ip(&format!("address add 192.0.2.{last}/24 dev eth0"))?;
        }
        Ok(Self { directors })
    }
}

/// Lets `software` run on both directors, and watches it for `period`.
///
/// # Errors
/// When a daemon does not elect, or a lab cannot be set up.
pub fn play(software: &Software, load: Load, period: Duration) -> Result<Trial> {
    let place = Place::new()?;
    let [lb1, lb2] = &place.directors;
    let active = Daemon::start(lb1, software, &config(100)?)?;
    elect(&active)?;
    let backup = Daemon::start(lb2, software, &config(90)?)?;
    pause(CALM)?;
    let _load = load.apply()?;
    let stalls = Stalls::watch(Duration::ZERO)?;
    let daemons = [&active, &backup];
    let stolen_before = time_stolen()?;
    let (before, begun) = (spent(daemons)?, Instant::now());
    pause(period)?;
    let (after, ended) = (spent(daemons)?, Instant::now());
    let stolen = time_stolen()?.saturating_sub(stolen_before);
    let effort = |index: usize| after[index].since(&before[index], ended - begun);
    let took_over = backup.log().matching("Entering MASTER STATE").into_iter();
    Ok(Trial {
        active: effort(0),
        backup: effort(1),
        takeovers: took_over.filter(|line| line.at >= begun).count(),
        stall: stalls.longest(&(begun..ended)),
        stolen: stolen.as_secs_f64() / (ended - begun).as_secs_f64(),
    })
}

fn elect(active: &Daemon) -> Result<()> {
    let elected = || {
        // A daemon of the lowest priority is not to be kept from its work by this.
        thread::sleep(Duration::from_millis(100));
        let masters = active.log().matching("Entering MASTER STATE").len();
        Ok(masters >= ROUTERS.into())
    };
    until("lb1 to be Active everywhere", ELECTION, elected).context(active.log().tail(6))
}

fn spent(daemons: [&Daemon; 2]) -> Result<[Spent; 2]> {
    let [one, other] = daemons.map(Spent::by);
    Ok([one?, other?])
}

fn config(priority: u8) -> Result<String> {
    let mut config = String::new();
    for vrid in 1..=ROUTERS {
        write!(
            config,
            "vrrp_instance VI_{vrid} {{\n    state BACKUP\n    interface eth0\n    version 3\n    \
             virtual_router_id {vrid}\n    priority {priority}\n    advert_int {}\n    \
             virtual_ipaddress {{\n        198.51.100.{vrid}/32\n    }}\n}}\n",
            INTERVAL.as_secs_f64()
        )?;
    }
    Ok(config)
}
