//! Directors that share one VIP, and those who watch them.

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

/// Who has business with the VIP.
pub const WITNESS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 60);

/// Who asks, with the addresses after this one, too.
pub const PROBER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 40);
const STRANGER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 66);

/// Far more than any daemon takes to find its first state.
const ELECTION: Duration = Duration::from_secs(20);

/// How the directors are configured.
#[derive(Clone, Copy, Debug)]
pub struct Setup<const N: usize = 2> {
    /// `version`.
    pub version: u8,
    /// `advert_int`, in milliseconds; whole seconds in version 2.
    pub interval_ms: u64,
    /// Without `nopreempt`, so that the director of higher priority takes the VIP back.
    pub preempt: bool,
    /// `priority` of each.
    pub priorities: [u8; N],
    /// `mode` of the `xdp` block; `None` for a file that keepalived can read, too.
    pub xdp: Option<&'static str>,
}

impl<const N: usize> Setup<N> {
    /// Configuration of director `index`.
    #[must_use]
    pub fn config(&self, index: usize) -> String {
        self.config_with(index, "")
    }

    /// As [`Self::config`], with `lines` more in its `vrrp_instance`.
    #[must_use]
    pub fn config_with(&self, index: usize, lines: &str) -> String {
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
                 virtual_ipaddress {{\n        {VIP}/24\n    }}\n{lines}\
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
pub struct Pair<const N: usize = 2> {
    /// What connects them.
    pub lan: Lan,
    /// The directors: lb1, lb2, ...
    pub directors: [Host; N],
    /// Their MACs.
    pub macs: [Mac; N],
    /// Who asks for the VIP.
    pub prober: Host,
    /// Who has business with the VIP.
    pub witness: Host,
    /// Who has nothing to do with it.
    pub stranger: Host,
    setup: Setup<N>,
}

impl<const N: usize> Pair<N> {
    /// The hosts, without any daemon.
    ///
    /// # Errors
    /// As of [`Lan`] and [`Host`].
    pub fn new(setup: Setup<N>) -> Result<Self> {
        Self::on(Lan::new()?, setup)
    }

    /// The hosts on `lan`, without any daemon.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn on(mut lan: Lan, setup: Setup<N>) -> Result<Self> {
        let mut plug = |name: &str, address: Ipv4Addr| -> Result<(Host, Mac)> {
            let host = Host::new(name)?;
            let mac = lan.attach(&host, INTERFACE, &format!("{address}/24"))?;
            Ok((host, mac))
        };
        let directors = (0..N).map(|index| plug(&format!("lb{}", index + 1), Self::address(index)));
        let (directors, macs): (Vec<_>, Vec<_>) =
            directors.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        let (prober, _) = plug("prober", PROBER)?;
        let (witness, _) = plug("witness", WITNESS)?;
        let (stranger, _) = plug("stranger", STRANGER)?;
        Ok(Self {
            directors: all(directors)?,
            macs: all(macs)?,
            lan,
            prober,
            witness,
            stranger,
            setup,
        })
    }

    /// Address of director `index`.
    #[must_use]
    pub fn address(index: usize) -> Ipv4Addr {
        let number = u8::try_from(index + 1).unwrap_or(u8::MAX);
        Ipv4Addr::new(192, 0, 2, number)
    }

    /// How the directors are configured.
    #[must_use]
    pub fn setup(&self) -> &Setup<N> {
        &self.setup
    }

    /// Starts `software` on all: the first becomes Active, the others hear it.
    ///
    /// # Errors
    /// When the election ends otherwise.
    pub fn start(&self, software: &Software) -> Result<[Daemon; N]> {
        self.start_with(|host, config| Daemon::start(host, software, config))
    }

    /// As [`Self::start`], by a function that starts a daemon on a host with a configuration.
    ///
    /// # Errors
    /// As [`Self::start`], or as `start`.
    pub fn start_with(&self, start: impl Fn(&Host, &str) -> Result<Daemon>) -> Result<[Daemon; N]> {
        self.start_each(|index, host| start(host, &self.setup.config(index)))
    }

    /// As [`Self::start`], by a function that starts a daemon on director number so and so.
    ///
    /// # Errors
    /// As [`Self::start`], or as `start`.
    pub fn start_each(
        &self,
        start: impl Fn(usize, &Host) -> Result<Daemon>,
    ) -> Result<[Daemon; N]> {
        let mut daemons = Vec::new();
        for (index, host) in self.directors.iter().enumerate() {
            let daemon = start(index, host)?;
            let state = if index == 0 { "MASTER" } else { "BACKUP" };
            daemon.wait_for(INSTANCE, state, ELECTION)?;
            daemons.push(daemon);
        }
        // The first Active_Down_Timer is their own; from the first advert on they follow.
        crate::lab::pause(2 * self.setup.interval())?;
        all(daemons)
    }

    /// Starts asking the directors for the VIP.
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

/// One for each director.
fn all<T, const N: usize>(of_each: Vec<T>) -> Result<[T; N]> {
    let count = of_each.len();
    let array = of_each.try_into().ok();
    array.with_context(|| format!("{count} of {N} directors"))
}
