//! Pid files, which scripts and exporters read.
//!
//! Whoever a file names holds a lock on it, which ends with the process however that ends. A number
//! that the kernel has given to some other process meanwhile therefore hinders nobody, and of two
//! daemons that start at the same moment one gets the lock.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Between two looks at a process that is about to end.
const GLANCE: Duration = Duration::from_millis(2);

/// A pid file of this process, removed when dropped.
#[derive(Debug)]
pub(super) struct PidFile {
    path: PathBuf,
    locked: File,
}

impl PidFile {
    /// Locks `path`, and writes this process's id there.
    ///
    /// # Errors
    /// If the file cannot be written, or the process that it names lives.
    pub(super) fn create(path: &Path) -> Result<Self> {
        let Some(mut locked) = lock(path)? else {
            return Err(already_running(path));
        };
        if names_keepalived(path) {
            return Err(already_running(path));
        }
        locked
            .set_len(0)
            .and_then(|()| locked.write_all(format!("{}\n", std::process::id()).as_bytes()))
            .with_context(|| cannot_write(path))?;
        Ok(Self {
            path: path.to_owned(),
            locked,
        })
    }

    /// The file at `path`, which this process has locked under another program.
    pub(super) fn locked(path: &Path, locked: OwnedFd) -> Self {
        Self {
            path: path.to_owned(),
            locked: locked.into(),
        }
    }
}

impl AsFd for PidFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.locked.as_fd()
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

/// Locks the file at `path`, which is made if need be; `None` if another process has.
fn lock(path: &Path) -> Result<Option<File>> {
    loop {
        let mut options = OpenOptions::new();
        let open = options.read(true).write(true).create(true).truncate(false);
        let file = open.open(path).with_context(|| cannot_write(path))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            // Its owner may have removed it between the two calls: a lock on that is worth nothing.
            Ok(()) if is_at(&file, path) => return Ok(Some(file)),
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Ok(None),
            Err(error) => return Err(error).with_context(|| cannot_write(path)),
        }
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(ours), Ok(there)) = (file.metadata(), fs::metadata(path)) else {
        return false;
    };
    (ours.dev(), ours.ino()) == (there.dev(), there.ino())
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write the pid file {}", path.display())
}

fn already_running(path: &Path) -> anyhow::Error {
    let pid = read(path).map_or_else(
        || "a pid not told yet".to_owned(),
        |pid| format!("pid {pid}"),
    );
    anyhow::anyhow!(
        "already running with {pid} (from {}); stop it first, or give this one pid files of its \
         own with --pid and --vrrp_pid",
        path.display()
    )
}

/// Refuses to start while the process that `path` names lives, which may be about to end: it is
/// given `patience` for that. Locks nothing for longer than it takes to ask.
///
/// # Errors
/// Names the pid and the file.
pub(super) fn refuse_if_alive(path: &Path, patience: Duration) -> Result<()> {
    let limit = Instant::now() + patience;
    while is_locked(path) && Instant::now() < limit {
        thread::sleep(GLANCE);
    }
    if is_locked(path) || names_keepalived(path) {
        return Err(already_running(path));
    }
    Ok(())
}

fn is_locked(path: &Path) -> bool {
    let Ok(file) = File::open(path) else {
        return false;
    };
    flock(&file, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK)
}

fn read(path: &Path) -> Option<u32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// Whether the file names a living keepalived of another make than ours, which locks nothing. One that
/// has been killed runs no program any more, though its name is still there until somebody waits for it.
fn names_keepalived(path: &Path) -> bool {
    let Some(pid) = read(path) else {
        return false;
    };
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let program = |process: &str| fs::metadata(format!("/proc/{process}/exe")).map(|it| it.ino());
    let ours = program("self").ok();
    let its = program(&pid.to_string()).ok();
    name.trim() == "keepalived" && its.is_some() && its != ours
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
    fn of_two_who_start_at_once_one_gets_the_file() {
        let path = std::env::temp_dir().join(format!("vipd-race-{}.pid", std::process::id()));
        let mut starts = Vec::new();
        for _ in 0..8 {
            let path = path.clone();
            starts.push(thread::spawn(move || PidFile::create(&path)));
        }
        let files = starts
            .into_iter()
            .map(|start| start.join().expect("no panic"));
        let files: Vec<_> = files.collect();
        assert_eq!(files.iter().filter(|file| file.is_ok()).count(), 1);
        drop(files);
        assert!(!path.exists());
    }

    #[test]
    fn a_stale_or_unreadable_pid_file_does_not_hinder() {
        let path = std::env::temp_dir().join(format!("vipd-stale-{}.pid", std::process::id()));
        fs::write(&path, "no number").expect("a writable directory");
        assert!(refuse_if_alive(&path, Duration::ZERO).is_ok());
        fs::write(&path, "1\n").expect("a writable directory");
        assert!(
            refuse_if_alive(&path, Duration::ZERO).is_ok(),
            "process 1 is no keepalived"
        );
        fs::remove_file(&path).expect("it was written above");
    }

    #[test]
    fn a_keepalived_that_is_dead_and_not_yet_gone_does_not_hinder() {
        let place = std::env::temp_dir().join(format!("vipd-dead-{}", std::process::id()));
        fs::create_dir(&place).expect("a writable directory");
        let program = place.join("keepalived");
        fs::copy("/bin/sleep", &program).expect("a program");
        let mut child = std::process::Command::new(&program)
            .arg("60")
            .spawn()
            .expect("a process");
        let path = place.join("pid");
        fs::write(&path, format!("{}\n", child.id())).expect("a writable directory");
        let becomes = |refused: bool| {
            let limit = Instant::now() + Duration::from_secs(10);
            while refuse_if_alive(&path, Duration::ZERO).is_err() != refused {
                assert!(Instant::now() < limit, "refused: {}", !refused);
                thread::sleep(GLANCE);
            }
        };
        // It takes its name a moment after it has become another program.
        becomes(true);
        child.kill().expect("our own process");
        becomes(false);
        child.wait().expect("our own process");
        fs::remove_dir_all(&place).expect("our own directory");
    }
}
