//! What vipd says of itself.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use ha_user::control::protocol::Status;

use super::{Host, Tools};

/// Asks the vipd on `host` for its status.
///
/// # Errors
/// When none is running there.
pub fn status(host: &Host) -> Result<Status> {
    let mut vipctl = Command::new(Tools::vipctl()?);
    let output = host.output(vipctl.args(["status", "--json"]))?;
    let [text, complaint] =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    ensure!(output.status.success(), "vipctl: {complaint}");
    serde_json::from_str(&text).with_context(|| format!("vipctl printed {text}"))
}
