//! What `vipctl` says on a host.

use std::process::Command;

use anyhow::Result;
use serde_json::Value;

use super::{Host, Tools};

/// `vipctl status --json`; null while no daemon answers.
///
/// # Errors
/// When vipctl cannot be started.
pub fn vipctl_status(host: &Host) -> Result<Value> {
    let mut vipctl = Command::new(Tools::vipctl()?);
    let output = host.output(vipctl.args(["status", "--json"]))?;
    Ok(serde_json::from_slice(&output.stdout).unwrap_or_default())
}
