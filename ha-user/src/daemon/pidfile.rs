//! Pid files, which scripts and exporters read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// A pid file of this process, removed when dropped.
#[derive(Debug)]
pub(super) struct PidFile {
    path: PathBuf,
}

impl PidFile {
    /// Writes this process's id to `path`, whole or not at all.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn create(path: &Path) -> Result<Self> {
        let pid = std::process::id();
        let unfinished = path.with_extension(format!("pid.{pid}"));
        fs::write(&unfinished, format!("{pid}\n"))
            .and_then(|()| fs::rename(&unfinished, path))
            .with_context(|| format!("cannot write the pid file {}", path.display()))?;
        Ok(Self {
            path: path.to_owned(),
        })
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if read(&self.path).is_some_and(|pid| pid == std::process::id()) {
            // Gone already is as good.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Refuses to start beside a daemon that is alive.
///
/// A pid that belongs to some other program by now does not count.
///
/// # Errors
/// Names the pid and the file of the daemon that is alive.
pub(super) fn refuse_if_alive(paths: &[&Path]) -> Result<()> {
    for path in paths {
        if let Some(pid) = read(path)
            && pid != std::process::id()
            && is_ours(pid)
        {
            bail!(
                "already running with pid {pid} (from {}); stop it first, or give this one pid \
                 files of its own with --pid and --vrrp_pid",
                path.display()
            );
        }
    }
    Ok(())
}

fn read(path: &Path) -> Option<u32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn is_ours(pid: u32) -> bool {
    let name = match fs::read_to_string(format!("/proc/{pid}/comm")) {
        Ok(name) => name,
        Err(error) => return error.kind() != io::ErrorKind::NotFound,
    };
    ["vipd", "keepalived", &crate::called_as()].contains(&name.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_file_holds_the_pid_and_goes_with_its_owner() {
        let path = std::env::temp_dir().join(format!("vipd-pidfile-{}.pid", std::process::id()));
        let file = PidFile::create(&path).expect("a writable directory");
        assert_eq!(read(&path), Some(std::process::id()));
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn a_stale_or_unreadable_pid_file_does_not_hinder() {
        let path = std::env::temp_dir().join(format!("vipd-stale-{}.pid", std::process::id()));
        fs::write(&path, "no number").expect("a writable directory");
        assert!(refuse_if_alive(&[&path]).is_ok());
        fs::write(&path, "1\n").expect("a writable directory");
        assert!(refuse_if_alive(&[&path]).is_ok(), "process 1 is not a vipd");
        fs::remove_file(&path).expect("it was written above");
    }
}
