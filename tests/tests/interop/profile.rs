//! Versions and intervals.

use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

/// The virtual address of every profile.
pub(super) const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
/// Of the director that is Active while it can be, and of the other one.
pub(super) const PRIORITIES: [u8; 2] = [150, 100];

/// Of the protocol.
#[derive(Clone, Copy, Debug)]
enum Version {
    V2,
    V3,
}

/// How the two speak to each other.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    version: Version,
    /// Between two adverts.
    pub(super) interval: Duration,
}

impl Profile {
    /// Version 2, with a password.
    pub(super) fn v2(interval: Duration) -> Self {
        Self {
            version: Version::V2,
            interval,
        }
    }

    /// Version 3.
    pub(super) fn v3(interval: Duration) -> Self {
        Self {
            version: Version::V3,
            interval,
        }
    }

    /// Skew_Time of the director with `priority`.
    pub(super) fn skew(&self, priority: u8) -> Duration {
        let unit = match self.version {
            Version::V2 => Duration::from_secs(1),
            Version::V3 => self.interval,
        };
        unit * (256 - u32::from(priority)) / 256
    }

    /// Active_Down_Interval of the director with `priority`.
    pub(super) fn down_interval(&self, priority: u8) -> Duration {
        3 * self.interval + self.skew(priority)
    }

    /// Configuration of the director with `priority`. Both daemons run with real-time priority,
    /// vipd anyway: an Active that does not get to run for three intervals has a rival, which
    /// would be true and tell nothing.
    pub(super) fn configuration(&self, priority: u8) -> String {
        let (version, authentication) = match self.version {
            Version::V2 => (
                2,
                "authentication {\nauth_type PASS\nauth_pass interop!\n}\n",
            ),
            Version::V3 => (3, ""),
        };
        let interval = self.interval.as_secs_f64();
        format!(
            "global_defs {{\nvrrp_version {version}\n\
             vrrp_rt_priority 50\nvrrp_rlimit_rttime 10000000\n}}\n\
             vrrp_instance VI_1 {{\nstate BACKUP\ninterface eth0\nvirtual_router_id 51\n\
             priority {priority}\nadvert_int {interval}\n{authentication}\
             virtual_ipaddress {{\n{VIP}/32\n}}\n}}\n"
        )
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} every {:?}", self.version, self.interval)
    }
}
