//! Two directors that share one VIP, and those who watch them.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::lab::{Daemon, Host, Lan, Mac, Prober, Software};

/// The address that the directors share.
pub const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
/// The one `vrrp_instance`.
pub const INSTANCE: &str = "VI_1";
/// Its `virtual_router_id`.
pub const VRID: u8 = 51;
/// Interface of every host.
pub const INTERFACE: &str = "eth0";

const DIRECTORS: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2)];
/// The prober asks with the addresses after this one, too.
const PROBER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 40);
const STRANGER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 66);

/// Far more than any daemon takes to find its first state.
const ELECTION: Duration = Duration::from_secs(20);

/// How the directors are configured.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// `version`.
    pub version: u8,
    /// `advert_int`, in milliseconds; whole seconds in version 2.
    pub interval_ms: u64,
    /// Without `nopreempt`, so that the director of higher priority takes the VIP back.
    pub preempt: bool,
    /// `priority` of each.
    pub priorities: [u8; 2],
    /// `mode` of the `xdp` block; `None` for a file that keepalived can read, too.
    pub xdp: Option<&'static str>,
}

impl Setup {
    /// Configuration of director `index`.
    #[must_use]
    pub fn config(&self, index: usize) -> String {
        let Self {
            version,
            preempt,
            priorities,
            ..
        } = *self;
        let nopreempt = if preempt { "" } else { "    nopreempt\n" };
        let interval = self.interval().as_secs_f64();
        let xdp = self
            .xdp
            .map(|mode| format!("xdp {{\n    mode {mode}\n}}\n"));
        format!(
            "{}vrrp_instance {INSTANCE} {{\n    \
                 state BACKUP\n{nopreempt}    interface {INTERFACE}\n    \
                 version {version}\n    virtual_router_id {VRID}\n    \
                 priority {}\n    advert_int {interval}\n    \
                 virtual_ipaddress {{\n        {VIP}/24\n    }}\n\
             }}\n",
            xdp.unwrap_or_default(),
            priorities[index],
        )
    }

    /// `advert_int`.
    #[must_use]
    pub fn interval(&self) -> Duration {
        Duration::from_millis(self.interval_ms)
    }

    /// Active_Down_Interval of director `index` (RFC 3768 and RFC 9568, sections 6.1).
    #[must_use]
    pub fn active_down_interval(&self, index: usize) -> Duration {
        let skewed = match self.version {
            2 => Duration::from_secs(1),
            _ => self.interval(),
        };
        3 * self.interval() + skewed * (256 - u32::from(self.priorities[index])) / 256
    }
}

/// The hosts, on one LAN. Their interfaces are all called [`INTERFACE`].
#[derive(Debug)]
pub struct Pair {
    /// What connects them.
    pub lan: Lan,
    /// The directors.
    pub directors: [Host; 2],
    /// Their MACs.
    pub macs: [Mac; 2],
    /// Who asks for the VIP.
    pub prober: Host,
    /// Who has nothing to do with it.
    pub stranger: Host,
    setup: Setup,
}

impl Pair {
    /// The hosts, without any daemon.
    ///
    /// # Errors
    /// As of [`Lan`] and [`Host`].
    pub fn new(setup: Setup) -> Result<Self> {
        let mut lan = Lan::new()?;
        let directors = [Host::new("lb1")?, Host::new("lb2")?];
        let (prober, stranger) = (Host::new("prober")?, Host::new("stranger")?);
        let mut attach = |host, address| lan.attach(host, INTERFACE, &format!("{address}/24"));
        let macs = [
            attach(&directors[0], DIRECTORS[0])?,
            attach(&directors[1], DIRECTORS[1])?,
        ];
        attach(&prober, PROBER)?;
        attach(&stranger, STRANGER)?;
        Ok(Self {
            lan,
            directors,
            macs,
            prober,
            stranger,
            setup,
        })
    }

    /// How the directors are configured.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Starts `software` on both: the first becomes Active, the second hears it.
    ///
    /// # Errors
    /// When the election ends otherwise.
    pub fn start(&self, software: &Software) -> Result<[Daemon; 2]> {
        self.start_with(|host, config| Daemon::start(host, software, config))
    }

    /// As [`Self::start`], by a function that starts a daemon on a host with a configuration.
    ///
    /// # Errors
    /// As [`Self::start`], or as `start`.
    pub fn start_with(&self, start: impl Fn(&Host, &str) -> Result<Daemon>) -> Result<[Daemon; 2]> {
        let first = start(&self.directors[0], &self.setup.config(0))?;
        first.wait_for(INSTANCE, "MASTER", ELECTION)?;
        let second = start(&self.directors[1], &self.setup.config(1))?;
        second.wait_for(INSTANCE, "BACKUP", ELECTION)?;
        // Its first Active_Down_Timer is its own; from the first advert on it follows.
        crate::lab::pause(2 * self.setup.interval())?;
        Ok([first, second])
    }

    /// Starts asking both directors for the VIP.
    ///
    /// # Errors
    /// As [`Prober::start`].
    pub fn probe(&self) -> Result<Prober> {
        Prober::start(
            &self.lan,
            (&self.prober, INTERFACE, PROBER),
            VIP,
            &self.macs,
        )
    }

    /// Address and MAC of the stranger.
    ///
    /// # Errors
    /// When it is not on the LAN.
    pub fn stranger(&self) -> Result<(Ipv4Addr, Mac)> {
        let mac = self.lan.mac(&self.stranger, INTERFACE);
        Ok((STRANGER, mac.context("the stranger is not on the LAN")?))
    }
}
