//! qemu, for `cargo xtask vm`: the installed one, else Debian's, unpacked into the cache.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{ffi::OsString, fs};

use anyhow::{Context as _, Result, bail};

use super::{apt, cache};
use crate::workspace::find_command;

const PROGRAM: &str = "qemu-system-x86_64";
const PACKAGE: &str = "qemu-system-x86";

/// A qemu that can be started.
pub(crate) struct Qemu {
    program: PathBuf,
    /// Where it was unpacked, if it is not installed.
    root: Option<PathBuf>,
}

impl Qemu {
    /// The installed one, or the one in the cache, which is fetched if it is not there.
    ///
    /// # Errors
    /// It cannot be had, or does not start. The message has the command that installs it.
    pub(crate) fn ensure() -> Result<Self> {
        if let Some(program) = find_command(PROGRAM) {
            return Ok(Self {
                program,
                root: None,
            });
        }
        let unpacked = Self::unpacked(cache()?.join("qemu"));
        if unpacked.runs() {
            return Ok(unpacked);
        }
        let fetched = unpacked.fetch();
        fetched.with_context(|| {
            format!("no qemu. By hand, on Debian:\n  apt-get install {PACKAGE}")
        })?;
        Ok(unpacked)
    }

    /// It, without a machine yet.
    pub(crate) fn command(&self) -> Command {
        // Not even a killed xtask leaves one behind.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(&self.program);
        if let Some(root) = &self.root {
            let libraries = apt::library_directories(root);
            let [_, modules] = libraries.each_ref().map(|lib| lib.join("qemu"));
            command
                .env("LD_LIBRARY_PATH", join(&libraries))
                .env("QEMU_MODULE_DIR", modules);
            for firmware in ["usr/share/qemu", "usr/share/seabios"] {
                command.arg("-L").arg(root.join(firmware));
            }
        }
        command
    }

    fn unpacked(root: PathBuf) -> Self {
        Self {
            program: root.join("usr/bin").join(PROGRAM),
            root: Some(root),
        }
    }

    fn fetch(&self) -> Result<()> {
        let Some(root) = &self.root else {
            return Ok(());
        };
        eprintln!("setup: {PACKAGE}: about 17 MB; unpacked into the cache, not installed");
        let _ = fs::remove_dir_all(root);
        apt::install(&[])?;
        apt::unpack(PACKAGE, root)?;
        if !self.runs() {
            bail!("{} does not start", self.program.display());
        }
        Ok(())
    }

    fn runs(&self) -> bool {
        let mut version = self.command();
        version
            .arg("--version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    }
}

fn join(directories: &[PathBuf]) -> OsString {
    env::join_paths(directories).unwrap_or_default()
}
