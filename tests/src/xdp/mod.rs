//! The programs without an interface: `BPF_PROG_TEST_RUN` hands it a frame, and shows its
//! verdict, the counter that moved, and the frame as it left it.

pub mod frame;
pub mod ipv6;
pub mod raw;
pub mod service;
mod test_run;

use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use ha_common::abi::{CAST_MULTICAST, CAST_UNICAST, Election, Policy, RouterKey, RouterRecord};
use ha_common::reason::Verdict;
use ha_common::wire::{self, ipv4};
use ha_common::{Family, Nanos, Reason};
use ha_user::datapath::{Datapath, Hook, LoadOptions, NoticeRing, RecordTable, VirtualAddress};
use ha_user::net::clock;
use ha_user::vrrp::RouterId;

pub use test_run::{TestRun, can_run, test_run, test_run_tc};

/// The interface that frames seem to come in by: loopback, which every namespace has.
pub const IFINDEX: u32 = 1;
/// The one router of a [`Director`].
pub const ROUTER: RouterId = RouterId(7);
/// Its Virtual Router Identifier.
pub const VRID: u8 = 51;
/// Its Priority.
pub const PRIORITY: u8 = 100;
/// Its Advertisement_Interval, far longer than any test waits.
pub const INTERVAL: Duration = Duration::from_secs(10);
/// How long a lease lasts here.
const LEASE: Duration = Duration::from_secs(30);

/// A director whose data path knows one router, of both families, with a virtual address of each kind.
pub struct Director {
    /// Its data path.
    pub datapath: Datapath,
    /// Which of its programs sees the frames.
    pub hook: Hook,
    /// What the program tells it.
    pub notices: NoticeRing,
    records: RecordTable,
}

/// What became of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What the kernel was told.
    pub verdict: Verdict,
    /// Whose counter moved.
    pub reason: Reason,
    /// The frame afterwards.
    pub frame: Vec<u8>,
}

impl Director {
    /// A Backup, as the daemon sets one up.
    ///
    /// # Errors
    /// The program cannot be loaded: root is needed.
    pub fn new(options: LoadOptions) -> Result<Self> {
        let mut datapath = Datapath::load(options)?;
        let notices = datapath.notices();
        let mut director = Self {
            notices: notices.ok_or_else(|| anyhow::anyhow!("the notices were taken"))?,
            records: datapath.records(),
            datapath,
            hook: Hook::Xdp,
        };
        director.configure()?;
        Ok(director)
    }

    fn configure(&mut self) -> Result<()> {
        for family in [Family::Ipv4, Family::Ipv6] {
            for cast in [CAST_MULTICAST, CAST_UNICAST] {
                let key = RouterKey::new(family, IFINDEX, VRID, cast);
                self.datapath.set_router(key, ROUTER)?;
            }
        }
        for (address, ifindex) in [
            (frame::VIRTUAL_IP.into(), IFINDEX),
            (ipv6::VIRTUAL.into(), IFINDEX),
            (ipv6::LINK_LOCAL.into(), IFINDEX),
            (ipv6::ELSEWHERE.into(), IFINDEX + 1),
        ] {
            let address = VirtualAddress::new(address, ifindex);
            self.datapath.set_address(address, ROUTER)?;
        }
        self.reset()
    }

    /// Makes it a Backup again that has heard nothing.
    ///
    /// # Errors
    /// A map cannot be written.
    pub fn reset(&mut self) -> Result<()> {
        self.datapath
            .set_interface(IFINDEX, frame::OWN_MAC, false)?;
        let gate = self.datapath.gate();
        gate.set_owned(2);
        gate.set_policy(Policy::default());
        gate.set_orphan_after(Duration::ZERO);
        gate.set_absorb_above(0);
        for peer in [
            frame::PEER_IP.into(),
            frame::LESSER_PEER_IP.into(),
            ipv6::PEER.into(),
            ipv6::LESSER_PEER.into(),
        ] {
            self.datapath.remove_peer(ROUTER, peer)?;
        }
        for key in service::keys() {
            self.datapath.remove_service(key)?;
        }
        let record = self.record();
        record.reset();
        record.set_interval(u64::try_from(INTERVAL.as_nanos()).unwrap_or(u64::MAX));
        record.set_election(Self::election());
        record.set_group(ipv4::VRRP_GROUP.into());
        record.set_group(wire::ipv6::VRRP_GROUP.into());
        record.set_primary_ipv6(ipv6::OWN);
        while self.notices.next().is_some() {}
        Ok(())
    }

    /// Who it is in the election: version 3, nothing special.
    #[must_use]
    pub const fn election() -> Election {
        Election {
            priority: PRIORITY,
            accept_min_priority: PRIORITY,
            version: 3,
            flags: 0,
            primary_ip: frame::OWN_IP,
        }
    }

    /// Makes it Active, with an advert just sent.
    pub fn take_over(&self) {
        let now = clock::now();
        self.record().set_installed();
        self.record().set_last_sent(now);
        self.record().set_owned_since(now);
        self.record().set_owned_until(now + LEASE);
    }

    /// Lets its lease run out, with the addresses still on the interface.
    pub fn lose_lease(&self) {
        self.take_over();
        self.record().set_owned_until(clock::now());
    }

    /// Makes its last sign of life `age` old, and the takeover, too. Waits where the machine itself
    /// is not that old.
    pub fn fall_silent(&self, age: Duration) {
        thread::sleep(age.saturating_sub(clock::now().saturating_since(Nanos::NEVER)));
        let then = clock::now() - age;
        self.record().set_owned_since(then);
        self.record().set_last_sent(then);
    }

    /// The router's record.
    #[must_use]
    pub fn record(&self) -> &RouterRecord {
        self.records.record(ROUTER)
    }

    /// Hands `frame` to the program.
    ///
    /// # Errors
    /// The kernel refuses the frame, or not exactly one counter moved by exactly one.
    pub fn receive(&self, frame: &[u8]) -> Result<Outcome> {
        self.receive_split(frame, frame.len())
    }

    /// Like [`Self::receive`], with no more than `linear` octets of the frame in one piece, where
    /// XDP sees it.
    ///
    /// # Errors
    /// As above; kernels before 6.18 refuse to split.
    pub fn receive_split(&self, frame: &[u8], linear: usize) -> Result<Outcome> {
        let before = self.datapath.counters()?;
        let program = self.datapath.program(self.hook).context("no programs")?;
        let run = match self.hook {
            Hook::Xdp => test_run(program, IFINDEX, frame, linear, 1)?,
            Hook::Ingress | Hook::Egress => test_run_tc(program, frame, 1)?,
        };
        let after = self.datapath.counters()?;
        let moved: Vec<_> = before
            .iter()
            .zip(&after)
            .filter(|(before, after)| before != after)
            .map(|((reason, before), (_, after))| (*reason, after - before))
            .collect();
        ensure!(
            matches!(moved[..], [(_, 1)]),
            "a packet moves one counter by one, not {moved:?}"
        );
        Ok(Outcome {
            verdict: run.verdict(self.hook)?,
            reason: moved[0].0,
            frame: run.frame,
        })
    }
}

/// What the program may have changed in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traces {
    /// [`RouterRecord::last_advert`].
    pub last_advert: Nanos,
    /// [`RouterRecord::last_lower`].
    pub last_lower: Nanos,
    /// [`RouterRecord::fenced_at`].
    pub fenced_at: Nanos,
    /// [`RouterRecord::adverts`].
    pub adverts: u64,
}

impl Traces {
    /// Those of `record`, as of now.
    #[must_use]
    pub fn of(record: &RouterRecord) -> Self {
        Self {
            last_advert: record.last_advert(),
            last_lower: record.last_lower(),
            fenced_at: record.fenced_at(),
            adverts: record.adverts(),
        }
    }
}
