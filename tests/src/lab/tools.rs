//! Programs that a lab uses, as `cargo xtask` hands them over.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::Software;

/// Paths from the environment.
#[derive(Clone, Copy, Debug)]
pub struct Tools;

impl Tools {
    /// Our daemon: `HA_VIPD`.
    ///
    /// # Errors
    /// When the variable is not set, or names no file.
    pub fn vipd() -> Result<Software> {
        required("HA_VIPD").map(Software::Vipd)
    }

    /// Our operator's command: `HA_VIPCTL`.
    ///
    /// # Errors
    /// When the variable is not set, or names no file.
    pub fn vipctl() -> Result<PathBuf> {
        required("HA_VIPCTL")
    }

    /// Debian's keepalived: `HA_KEEPALIVED`.
    ///
    /// # Errors
    /// When the variable is not set, or names no file.
    pub fn keepalived() -> Result<Software> {
        required("HA_KEEPALIVED").map(Software::Keepalived)
    }

    /// nginx, if there is one: `HA_NGINX`.
    #[must_use]
    pub fn nginx() -> Option<PathBuf> {
        required("HA_NGINX").ok()
    }

    /// haproxy: `HA_HAPROXY`.
    ///
    /// # Errors
    /// When the variable is not set, or names no file.
    pub fn haproxy() -> Result<PathBuf> {
        required("HA_HAPROXY")
    }

    /// dnsmasq: `HA_DNSMASQ`.
    ///
    /// # Errors
    /// When the variable is not set, or names no file.
    pub fn dnsmasq() -> Result<PathBuf> {
        required("HA_DNSMASQ")
    }

    /// Revision of the source that was built: `HA_REVISION`, if it is under version control.
    #[must_use]
    pub fn revision() -> Option<String> {
        env::var("HA_REVISION").ok()
    }

    /// How many times slower than a real machine this one is, for those who do something all the
    /// time: `HA_SLOWNESS`, or 1.
    #[must_use]
    pub fn slowness() -> u32 {
        let told = env::var("HA_SLOWNESS").ok();
        let slowness = told.and_then(|told| told.parse().ok());
        slowness.filter(|times| *times > 0).unwrap_or(1)
    }

    /// Where results go: `HA_TARGET`.
    ///
    /// # Errors
    /// When the variable is not set, or names nothing.
    pub fn target() -> Result<PathBuf> {
        required("HA_TARGET")
    }
}

fn required(variable: &str) -> Result<PathBuf> {
    let path = env::var_os(variable)
        .map(PathBuf::from)
        .with_context(|| format!("{variable} is not set: start this through cargo xtask"))?;
    path.canonicalize()
        .with_context(|| format!("{variable}: no {}", path.display()))
}
