//! A command that runs until it is told to end, beyond the life of the process that has started it.

use std::fs;
use std::io;

use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};

use super::Script;

/// Such a command, for whoever of the daemon's processes looks after it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lasting {
    pid: i32,
    /// As the kernel counts: another process with the same id has another one.
    started: u64,
}

impl Lasting {
    /// Starts `script`; `what` it is, for people.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(script: &Script, what: String) -> io::Result<Self> {
        let mut child = script.spawn()?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
        let started = pid.and_then(started);
        tokio::spawn(async move {
            if let Ok(status) = child.wait().await {
                log::info!("{what} terminated ({status})");
            }
        });
        let (pid, started) = pid.zip(started).ok_or(io::ErrorKind::NotFound)?;
        Ok(Self { pid, started })
    }

    /// Whether it still runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        started(self.pid) == Some(self.started)
    }

    /// Asks it to end, with all that it has started.
    pub fn end(&self) {
        if let Some(group) = Pid::from_raw(self.pid).filter(|_| self.is_alive()) {
            // One that has just ended is what we want.
            let _ = kill_process_group(group, Signal::TERM);
        }
    }
}

/// When a process was started, unless it has ended.
fn started(pid: i32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before may have anything in it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    let is_over = matches!(state, "Z" | "X");
    fields.nth(18).filter(|_| !is_over)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_process_of_the_same_id_is_not_taken_for_it() {
        let pid = i32::try_from(std::process::id()).expect("an id");
        let started = started(pid).expect("this process");
        assert!(Lasting { pid, started }.is_alive());
        let started = started + 1;
        assert!(!Lasting { pid, started }.is_alive());
    }
}
