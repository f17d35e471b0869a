//! Where things are.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use anyhow::{Context as _, Result};

/// The directory of the workspace's `Cargo.toml`.
///
/// cargo tells a program that it runs where its package is. Where it was built is not asked first:
/// another checkout may have brought its target directory along.
pub(crate) fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let told = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let manifest = told.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        manifest.parent().map_or(manifest.clone(), Path::to_owned)
    });
    &ROOT
}

/// The target directory in use: the one that this executable was built into.
///
/// # Errors
/// The path of this executable cannot be read, or is not `<target>/<profile>/xtask`.
pub(crate) fn target() -> Result<PathBuf> {
    let executable = env::current_exe().context("the path of the running xtask")?;
    let target = executable.ancestors().nth(2);
    Ok(target
        .context("xtask does not lie in a target directory")?
        .to_owned())
}

/// The revision of the source, with `-dirty` if files differ from it; none without git.
pub(crate) fn revision() -> Option<String> {
    let mut git = Command::new("git");
    git.args(["describe", "--always", "--dirty", "--abbrev=12"]);
    let output = git.current_dir(root()).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| said.trim().to_owned())
}

/// The cargo that runs this xtask, in the workspace.
pub(crate) fn cargo() -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root());
    command
}

/// The first executable file called `name` in the directories where commands are looked for. An
/// ordinary user's `PATH` often lacks the administrator's directories.
pub(crate) fn find_command(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
}
