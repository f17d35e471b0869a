//! What vipd says of itself.

use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use ha_user::control::protocol::Status;

use super::{Host, Tools};

/// Runs `vipctl` on `host` to its end.
///
/// # Errors
/// When it cannot be started.
pub fn vipctl(host: &Host, arguments: &[&str]) -> Result<Output> {
    host.output(Command::new(Tools::vipctl()?).args(arguments))
}

/// Asks the vipd on `host` for its status.
///
/// # Errors
/// When none is running there.
pub fn status(host: &Host) -> Result<Status> {
    let output = vipctl(host, &["status", "--json"])?;
    let [text, complaint] =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    ensure!(output.status.success(), "vipctl: {complaint}");
    serde_json::from_str(&text).with_context(|| format!("vipctl printed {text}"))
}
