//! Debian's cloud kernels, for `cargo xtask vm`: unpacked into the cache, never installed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};

use super::suite::Suite;
use super::{apt, cache};

/// The package that depends on the newest cloud kernel of a release of Debian.
const NEWEST: &str = "linux-image-cloud-amd64";

/// A kernel that vipd is tested on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Series {
    /// Debian 12's: no tcx, and the oldest that vipd supports
    #[value(name = "6.1")]
    Bookworm,
    /// Debian 13's
    #[value(name = "6.12")]
    Trixie,
}

/// A kernel that can be booted.
pub(crate) struct Kernel {
    /// With the series, as `uname -r` says it.
    pub(crate) release: String,
    pub(crate) image: PathBuf,
    modules: PathBuf,
}

impl Series {
    pub(crate) const ALL: [Self; 2] = [Self::Bookworm, Self::Trixie];

    /// The first numbers of its version.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bookworm => "6.1",
            Self::Trixie => "6.12",
        }
    }

    fn suite(self) -> &'static str {
        match self {
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
        }
    }

    /// The kernel, from the cache, or fetched from Debian's archive.
    ///
    /// # Errors
    /// It cannot be had. The message has the commands that fetch it by hand.
    pub(crate) fn ensure(self) -> Result<Kernel> {
        let kept = cache()?.join("kernels").join(self.name());
        if !kept.exists() {
            self.fetch(&kept)
                .map_err(|error| anyhow!("{error:#}\n{}", self.by_hand(&kept)))?;
        }
        Kernel::find(&kept, self.name())
    }

    /// Downloads beside `kept`, so that an interrupted download is never taken for a kernel.
    fn fetch(self, kept: &Path) -> Result<()> {
        let (name, suite) = (self.name(), self.suite());
        eprintln!(
            "setup: kernel {name} of Debian's {suite}: about 40 MB; unpacked into the cache, not installed"
        );
        apt::required()?;
        let partial = kept.with_file_name(format!("{name}.part"));
        let _ = fs::remove_dir_all(&partial);
        let archive = Suite::new(suite, &partial.join("apt"))?;
        let package = archive.dependency_of(NEWEST)?;
        apt::unpack_only(&[package], &partial, archive.apt("apt-get"))?;
        archive.forget()?;
        let _ = fs::remove_dir_all(kept);
        fs::rename(&partial, kept).with_context(|| format!("cannot create {}", kept.display()))
    }

    fn by_hand(self, kept: &Path) -> String {
        format!(
            "By hand: download the package that {NEWEST} of Debian's {} depends on, then\n  \
             mkdir -p {kept} && dpkg --extract linux-image-{}*.deb {kept}",
            self.suite(),
            self.name(),
            kept = kept.display(),
        )
    }
}

impl Kernel {
    /// The kernel that was unpacked into `directory`.
    fn find(directory: &Path, series: &str) -> Result<Self> {
        let boot = directory.join("boot");
        let files = fs::read_dir(&boot).with_context(|| format!("no {}", boot.display()))?;
        let releases = files.flatten().filter_map(|file| {
            let name = file.file_name().into_string().ok()?;
            Some(name.strip_prefix("vmlinuz-")?.to_owned())
        });
        let Some(release) = releases
            .into_iter()
            .find(|release| release.starts_with(&format!("{series}.")))
        else {
            bail!(
                "{} holds no kernel {series}: remove it, to have it fetched again",
                directory.display()
            );
        };
        // Debian 13 has merged /lib into /usr/lib.
        let modules = ["lib/modules", "usr/lib/modules"]
            .map(|modules| directory.join(modules).join(&release))
            .into_iter()
            .find(|modules| modules.is_dir());
        Ok(Self {
            image: boot.join(format!("vmlinuz-{release}")),
            modules: modules.with_context(|| format!("kernel {release} came without modules"))?,
            release,
        })
    }

    /// The file of the module called `name`; none if it is built in.
    ///
    /// # Errors
    /// The kernel has none.
    pub(crate) fn module(&self, name: &str) -> Result<Option<PathBuf>> {
        let list = self.modules.join("modules.builtin");
        let built_in =
            fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
        let file = format!("/{name}.ko");
        if built_in.lines().any(|line| line.ends_with(&file)) {
            return Ok(None);
        }
        self.module_file(name).map(Some)
    }

    fn module_file(&self, name: &str) -> Result<PathBuf> {
        let mut directories = vec![self.modules.join("kernel")];
        while let Some(directory) = directories.pop() {
            let entries = fs::read_dir(&directory)
                .with_context(|| format!("cannot read {}", directory.display()))?;
            for path in entries.flatten().map(|entry| entry.path()) {
                let file = path.file_name().unwrap_or_default().to_string_lossy();
                match file.split_once(".ko") {
                    Some((module, "" | ".xz")) if module == name => return Ok(path),
                    None if path.is_dir() => directories.push(path),
                    _ => {}
                }
            }
        }
        bail!("kernel {} has no module {name}", self.release)
    }
}
