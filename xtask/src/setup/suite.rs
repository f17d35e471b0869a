//! Packages of a release of Debian that this machine need not run: from the same archive, with
//! lists of its own, so that neither root nor a change of this machine's sources is needed.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::apt;
use crate::job;

/// Debian's keys, where Debian has them.
const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// Origin, label and address of every repository that is configured.
const FORMAT: &str = "$(ORIGIN)/$(LABEL) $(REPO_URI)";

/// The component `main` of a release.
pub(super) struct Suite {
    /// Of our own: what is configured, and the lists.
    directory: PathBuf,
}

impl Suite {
    /// Fetches the lists of the release called `name` into `directory`.
    ///
    /// # Errors
    /// No archive of Debian's is configured here, or it does not have the release.
    pub(super) fn new(name: &str, directory: &Path) -> Result<Self> {
        let archive = archive()?;
        let suite = Self {
            directory: directory.to_owned(),
        };
        let lists = suite.lists();
        fs::create_dir_all(&lists).with_context(|| format!("cannot create {}", lists.display()))?;
        let keys = match Path::new(KEYS).exists() {
            true => format!(" signed-by={KEYS}"),
            false => String::new(),
        };
        let source = format!("deb [arch=amd64{keys}] {archive} {name} main\n");
        let path = suite.sources();
        fs::write(&path, source).with_context(|| format!("cannot write {}", path.display()))?;
        let label = format!("the list of packages of {name}");
        job::must(&label, suite.apt("apt-get").arg("update"))?;
        Ok(suite)
    }

    /// A command of apt's about the packages of this release only.
    pub(super) fn apt(&self, command: &str) -> Command {
        let mut apt = Command::new(command);
        let mut set = |name: &str, value: &Path| {
            let mut option = OsString::from(format!("{name}="));
            option.push(value);
            apt.arg("-o").arg(option);
        };
        set("Dir::Etc::SourceList", &self.sources());
        set("Dir::Etc::SourceParts", Path::new("/dev/null"));
        set("Dir::State::Lists", &self.lists());
        set("Dir::Cache", &self.directory);
        set("APT::Sandbox::User", Path::new("root"));
        apt.args(["-o", "Acquire::Languages=none"]);
        apt.args([
            "-o",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
        ]);
        apt
    }

    /// The one package that `package` depends on.
    ///
    /// # Errors
    /// It is not in this release, or depends on nothing.
    pub(super) fn dependency_of(&self, package: &str) -> Result<String> {
        let mut depends = self.apt("apt-cache");
        let label = format!("looking up {package}");
        let outcome = job::must(&label, depends.args(["depends", package]))?;
        let mut lines = outcome.stdout.lines();
        let name = lines.find_map(|line| line.trim().strip_prefix("Depends: "));
        Ok(name
            .with_context(|| format!("{package} depends on nothing"))?
            .to_owned())
    }

    /// Removes the lists and what else apt keeps about the release.
    ///
    /// # Errors
    /// As of the file system.
    pub(super) fn forget(self) -> Result<()> {
        fs::remove_dir_all(&self.directory)
            .with_context(|| format!("cannot remove {}", self.directory.display()))
    }

    fn sources(&self) -> PathBuf {
        self.directory.join("sources.list")
    }

    fn lists(&self) -> PathBuf {
        self.directory.join("lists")
    }
}

/// The address of Debian's archive that this machine uses. Who made a repository is known once its
/// list was fetched.
fn archive() -> Result<String> {
    if let Some(archive) = configured_archive()? {
        return Ok(archive);
    }
    apt::install(&[])?;
    match configured_archive()? {
        Some(archive) => Ok(archive),
        None => bail!("no archive of Debian's is in this machine's apt sources"),
    }
}

fn configured_archive() -> Result<Option<String>> {
    let mut targets = Command::new("apt-get");
    targets.args(["indextargets", "--format", FORMAT, "Created-By: Packages"]);
    let outcome = job::must("looking for Debian's archive", &mut targets)?;
    let mut lines = outcome.stdout.lines();
    let address = lines.find_map(|line| line.strip_prefix("Debian/Debian "));
    Ok(address.map(str::to_owned))
}
