//! The file system of the machine: what its programs need of this host's, at the same places.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::cpio::Archive;
use crate::job;
use crate::workspace::find_command;

/// Places that programs expect, beside those of the files.
const DIRECTORIES: &[&str] = &[
    "/dev",
    "/etc",
    "/proc",
    "/root",
    "/run",
    "/sys",
    "/tmp",
    "/usr/local/sbin",
    "/var/lib",
    "/var/log",
];

/// An image that is being written.
pub(super) struct Image {
    archive: Archive<BufWriter<File>>,
    /// Everything that is in it already.
    present: BTreeSet<PathBuf>,
}

impl Image {
    /// One without programs, written to `path`.
    ///
    /// # Errors
    /// As of the file system.
    pub(super) fn create(path: &Path) -> Result<Self> {
        let file =
            File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
        let mut image = Self {
            archive: Archive::new(BufWriter::new(file)),
            present: BTreeSet::new(),
        };
        for directory in DIRECTORIES {
            image.directory(Path::new(directory))?;
        }
        // Without it the first process has no output.
        image.archive.terminal("/dev/console", [5, 1])?;
        Ok(image)
    }

    /// The command that the PATH finds under `name`, and its libraries.
    ///
    /// # Errors
    /// It is not on this machine.
    pub(super) fn command(&mut self, name: &str) -> Result<()> {
        let path = find_command(name)
            .with_context(|| format!("the machine needs {name}: run cargo xtask setup"))?;
        self.program(&path)?;
        // Scripts name some by the older place.
        self.alias(&Path::new("/bin").join(name), &path)
    }

    /// An executable of this host and its libraries.
    ///
    /// # Errors
    /// As of the file system.
    pub(super) fn program(&mut self, path: &Path) -> Result<()> {
        self.libraries_of(path)?;
        self.host_file(path)
    }

    /// As [`Self::program`], without what only a debugger reads: most of the size.
    ///
    /// # Errors
    /// As of the file system, or there is no `strip`.
    pub(super) fn stripped(&mut self, path: &Path, scratch: &Path) -> Result<()> {
        self.libraries_of(path)?;
        let mut strip = Command::new("strip");
        strip.arg("--strip-debug").arg("-o").arg(scratch).arg(path);
        job::must("stripping", &mut strip)?;
        let bytes = read(scratch)?;
        self.file(path, &bytes)
    }

    /// Everything below a directory of this host, with the libraries of programs. Links that lead
    /// nowhere are left out.
    ///
    /// # Errors
    /// As of the file system.
    pub(super) fn tree(&mut self, directory: &Path) -> Result<()> {
        let entries = fs::read_dir(directory);
        let entries = entries.with_context(|| format!("cannot read {}", directory.display()))?;
        for entry in entries {
            let path = entry.context("reading a directory")?.path();
            if path.is_dir() {
                self.tree(&path)?;
            } else if path.exists() {
                self.program(&path)?;
            }
        }
        Ok(())
    }

    /// A file of this host, also where it is reached through links.
    ///
    /// # Errors
    /// As of the file system.
    pub(super) fn host_file(&mut self, path: &Path) -> Result<()> {
        let real = path
            .canonicalize()
            .with_context(|| format!("no {}", path.display()))?;
        if !self.present.contains(&real) {
            let bytes = read(&real)?;
            self.file(&real, &bytes)?;
        }
        self.alias(path, &real)
    }

    /// A file with these contents.
    ///
    /// # Errors
    /// As of the file system.
    pub(super) fn file(&mut self, path: &Path, bytes: &[u8]) -> Result<()> {
        if !self.present.insert(path.to_owned()) {
            return Ok(());
        }
        self.parents(path)?;
        self.archive.file(text(path)?, bytes).context("the image")
    }

    /// Ends it.
    ///
    /// # Errors
    /// As of the file system.
    pub(super) fn finish(self) -> Result<()> {
        self.archive.finish().context("the image")
    }

    fn alias(&mut self, path: &Path, target: &Path) -> Result<()> {
        if !self.present.insert(path.to_owned()) {
            return Ok(());
        }
        self.parents(path)?;
        let link = self.archive.link(text(path)?, text(target)?);
        link.context("the image")
    }

    fn parents(&mut self, path: &Path) -> Result<()> {
        path.parent()
            .map_or(Ok(()), |parent| self.directory(parent))
    }

    /// A directory, and those above it.
    pub(super) fn directory(&mut self, path: &Path) -> Result<()> {
        if path == Path::new("/") || !self.present.insert(path.to_owned()) {
            return Ok(());
        }
        self.parents(path)?;
        self.archive.directory(text(path)?).context("the image")
    }

    /// What the dynamic linker would load. Scripts and static programs have none, and what a
    /// launcher brings along is in its own tree.
    fn libraries_of(&mut self, program: &Path) -> Result<()> {
        let ldd = job::run("ldd", Command::new("ldd").arg(program))?;
        // libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…), and the linker without an arrow
        let words = ldd.stdout.split_whitespace();
        for library in words.filter(|word| word.starts_with('/')) {
            self.host_file(Path::new(library.trim_end_matches(':')))?;
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn text(path: &Path) -> Result<&str> {
    match path.to_str() {
        Some(text) => Ok(text),
        None => bail!("{}: not UTF-8", path.display()),
    }
}
