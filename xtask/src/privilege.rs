//! Root, asked for at most once.

use std::ffi::OsStr;
use std::io::{IsTerminal, stdin};
use std::process::{Command, Stdio};
use std::sync::Once;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::workspace::find_command;

/// sudo forgets a password after five minutes at the least; a cold build takes longer.
const REFRESH: Duration = Duration::from_secs(60);

/// The right to run commands as root.
#[derive(Clone, Copy)]
pub(crate) struct Root {
    through_sudo: bool,
}

impl Root {
    /// Takes root: it is ours already, or sudo asks for the password now and stays open until this
    /// process ends. `reason` completes "Root is needed to …".
    ///
    /// # Errors
    /// Not root, and sudo is missing or refuses.
    pub(crate) fn obtain(reason: &str) -> Result<Self> {
        if is_root()? {
            return Ok(Self {
                through_sudo: false,
            });
        }
        if find_command("sudo").is_none() {
            bail!("root is needed to {reason}, and there is no sudo: run this as root");
        }
        if !sudo_is_open() {
            ask(reason)?;
        }
        keep_open();
        Ok(Self { through_sudo: true })
    }

    /// `program` as root, with `environment` added. sudo would drop the variables otherwise.
    pub(crate) fn command<'a>(
        self,
        program: impl AsRef<OsStr>,
        environment: impl IntoIterator<Item = &'a (&'static str, std::ffi::OsString)>,
    ) -> Command {
        let mut command = if self.through_sudo {
            let mut sudo = Command::new("sudo");
            sudo.args(["-n", "env"]);
            sudo
        } else {
            Command::new("env")
        };
        for (name, value) in environment {
            let mut assignment = std::ffi::OsString::from(name);
            assignment.push("=");
            assignment.push(value);
            command.arg(assignment);
        }
        command.arg(program);
        command
    }
}

fn is_root() -> Result<bool> {
    let output = Command::new("id")
        .arg("-u")
        .output()
        .context("cannot run id")?;
    Ok(output.stdout.trim_ascii() == b"0")
}

fn sudo_is_open() -> bool {
    let quiet = Command::new("sudo")
        .args(["-n", "true"])
        .stderr(Stdio::null())
        .status();
    quiet.is_ok_and(|status| status.success())
}

fn ask(reason: &str) -> Result<()> {
    if !stdin().is_terminal() {
        bail!(
            "root is needed to {reason}, and sudo cannot ask for a password here: run this as root"
        );
    }
    eprintln!("Root is needed to {reason}.");
    let status = Command::new("sudo")
        .arg("-v")
        .status()
        .context("cannot run sudo")?;
    if !status.success() {
        bail!("root is needed to {reason}, and sudo refused it");
    }
    Ok(())
}

fn keep_open() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        thread::spawn(|| {
            while sudo_is_open() {
                thread::sleep(REFRESH);
            }
        });
    });
}
