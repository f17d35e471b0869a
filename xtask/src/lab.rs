//! The lab's executables, and the surroundings that everything started in a lab is told of.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::privilege::Root;
use crate::setup::Peers;
use crate::{artifacts, setup, workspace};

/// The daemon and the lab as they are shipped.
pub(crate) struct Programs {
    /// `ha-lab`.
    pub(crate) lab: PathBuf,
    /// What everything in a lab is told.
    pub(crate) environment: Vec<(&'static str, OsString)>,
}

impl Programs {
    /// Builds them, to be put beside `peers`.
    ///
    /// # Errors
    /// The build fails.
    pub(crate) fn build(peers: Peers) -> Result<Self> {
        let built = build()?;
        Ok(Self {
            lab: artifacts::binary(&built, "ha-lab")?,
            environment: environment(&built, peers)?,
        })
    }
}

/// What may be started in a lab, as root.
pub(crate) struct Lab {
    root: Root,
    programs: Programs,
}

impl Lab {
    /// Sees to the toolchain and the tools, and builds the daemon and the lab as they are shipped.
    ///
    /// # Errors
    /// Root, a tool or a build is not to be had.
    pub(crate) fn prepare() -> Result<Self> {
        Self::with(|_| Ok(()))
    }

    /// As [`Lab::prepare`], and insists on everything that tests call.
    ///
    /// # Errors
    /// As [`Lab::prepare`].
    pub(crate) fn prepare_complete() -> Result<Self> {
        Self::with(setup::require_everything)
    }

    fn with(check: fn(&Peers) -> Result<()>) -> Result<Self> {
        // First, while whoever typed the command is still there to give the password.
        let root = Root::obtain("create the lab's network namespaces")?;
        let peers = setup::run()?;
        check(&peers)?;
        let programs = Programs::build(peers)?;
        Ok(Self { root, programs })
    }

    /// `ha-lab` with `arguments`.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = self.start(&self.programs.lab);
        command.args(arguments);
        command
    }

    /// `program` as root, told where everything is.
    pub(crate) fn start(&self, program: impl AsRef<OsStr>) -> Command {
        self.root.command(program, &self.programs.environment)
    }
}

/// `ha-lab` as the user, who needs no root to read what it can do.
///
/// # Errors
/// A tool or a build is not to be had.
pub(crate) fn unprivileged_command(arguments: &[&str]) -> Result<Command> {
    setup::to_build()?;
    let mut command = Command::new(artifacts::binary(&build()?, "ha-lab")?);
    command.args(arguments);
    Ok(command)
}

/// Becomes `command`, so that Ctrl-C and the exit code are its own.
///
/// # Errors
/// It cannot be started.
pub(crate) fn become_command(mut command: Command) -> Result<()> {
    let error = command.exec();
    Err(error).with_context(|| format!("cannot start {:?}", command.get_program()))
}

fn build() -> Result<Vec<artifacts::Artifact>> {
    let packages = ["--package", "ha-user", "--package", "ha-tests", "--bins"];
    let build = [&["build", "--release"], packages.as_slice()].concat();
    artifacts::build("building vipd and the lab", &build)
}

fn environment(
    built: &[artifacts::Artifact],
    peers: Peers,
) -> Result<Vec<(&'static str, OsString)>> {
    let target = workspace::target()?;
    // Created here, by the user: root's files in them can then be removed by the user.
    for results in ["run", "bench"].map(|name| target.join(name)) {
        fs::create_dir_all(&results)
            .with_context(|| format!("cannot create {}", results.display()))?;
    }
    let revision = workspace::revision().map(|revision| ("HA_REVISION", revision.into()));
    let paths = [
        ("HA_VIPD", Some(artifacts::binary(built, "vipd")?)),
        ("HA_VIPCTL", Some(artifacts::binary(built, "vipctl")?)),
        ("HA_LAB", Some(artifacts::binary(built, "ha-lab")?)),
        ("HA_TARGET", Some(target)),
        ("HA_NGINX", peers.nginx),
        ("HA_KEEPALIVED", peers.keepalived),
        ("HA_HAPROXY", peers.haproxy),
        ("HA_DNSMASQ", peers.dnsmasq),
    ];
    Ok(paths
        .into_iter()
        .filter_map(|(name, path)| Some((name, path?.into_os_string())))
        .chain(revision)
        .collect())
}
