//! Runs the operator's commands: as the right user, in a process group of their own, never longer
//! than they may take.

mod lasting;

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::unistd::{Group, User};
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::config::model;
use crate::daemon;
pub use lasting::Lasting;

/// keepalived's user for scripts where none is configured and this one exists.
const DEFAULT_USER: &str = "keepalived_script";

/// Between asking a script to end and ending it.
const KILL_DELAY: Duration = Duration::from_secs(2);

/// `ENOEXEC`: a script without an interpreter line.
const NO_INTERPRETER: i32 = 8;

/// A command whose user has been looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    words: Vec<String>,
    /// Whom it runs as, if not as the daemon does.
    account: Option<Account>,
}

/// A user and a group, as the kernel counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Exit status, or the signal that ended it.
    Ended(ExitStatus),
    /// It was still running when its time was up, and was ended.
    TimedOut,
    /// It could not be started.
    NotStarted(io::ErrorKind),
}

impl Outcome {
    /// Whether a tracked object that ran this has succeeded.
    #[must_use]
    pub fn is_success(self) -> bool {
        matches!(self, Self::Ended(status) if status.success())
    }

    /// What happened, as the end of a sentence.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Ended(status) => match (status.code(), status.signal()) {
                (Some(code), _) => format!("exited with status {code}"),
                (None, Some(signal)) => format!("was ended by signal {signal}"),
                (None, None) => "ended".to_owned(),
            },
            Self::TimedOut => "timed out".to_owned(),
            Self::NotStarted(kind) => format!("could not be started: {kind}"),
        }
    }
}

impl Script {
    /// Looks up whom `command` runs as: its own user, else `script_user`, else keepalived's
    /// default user if there is one, else the daemon's.
    ///
    /// # Errors
    /// Names a user or group that does not exist.
    pub fn new(
        command: &model::Command,
        script_user: Option<&model::ScriptUser>,
    ) -> Result<Self, String> {
        let account = match command.user.as_ref().or(script_user) {
            Some(user) => Some(Account::of(user)?),
            None => default_account(),
        };
        Ok(Self {
            words: command.words.clone(),
            account,
        })
    }

    /// Ids of the user and the group that it runs as, if not the daemon's.
    #[must_use]
    pub fn uid_gid(&self) -> Option<(u32, u32)> {
        self.account.map(|account| (account.uid, account.gid))
    }

    /// The command line, for people.
    #[must_use]
    pub fn command_line(&self) -> String {
        self.words.join(" ")
    }

    /// Runs the command to its end, at most for `limit`. It goes on if this future is dropped.
    pub async fn run(&self, limit: Duration) -> Outcome {
        match self.spawn() {
            Ok(mut child) => finish(&mut child, limit).await,
            Err(error) => Outcome::NotStarted(error.kind()),
        }
    }

    /// As [`Self::run`], but the command and all that it started are asked to end if this future
    /// is dropped: a check that outlives its daemon may restart, or end, what belongs to the next.
    pub async fn run_on_leash(&self, limit: Duration) -> Outcome {
        match self.spawn() {
            Ok(child) => finish(&mut Leash(child).0, limit).await,
            Err(error) => Outcome::NotStarted(error.kind()),
        }
    }

    fn spawn(&self) -> io::Result<Child> {
        match self.command(&self.words).spawn() {
            Err(error) if error.raw_os_error() == Some(NO_INTERPRETER) => {
                let shell = std::iter::once("/bin/sh".to_owned());
                self.command(&shell.chain(self.words.iter().cloned()).collect::<Vec<_>>())
                    .spawn()
            }
            result => result,
        }
    }

    fn command(&self, words: &[String]) -> Command {
        let (program, arguments) = words
            .split_first()
            .map_or(("", &[][..]), |(program, rest)| (program.as_str(), rest));
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(false);
        daemon::forget_role(&mut command);
        if let Some(Account { uid, gid }) = self.account {
            command.uid(uid).gid(gid);
        }
        command
    }
}

/// A child that is asked to end when this is dropped before it has.
struct Leash(Child);

impl Drop for Leash {
    fn drop(&mut self) {
        signal_group(group(&self.0), Signal::TERM);
    }
}

async fn finish(child: &mut Child, limit: Duration) -> Outcome {
    match timeout(limit, child.wait()).await {
        Ok(Ok(status)) => Outcome::Ended(status),
        Ok(Err(error)) => Outcome::NotStarted(error.kind()),
        Err(_) => {
            end(child).await;
            Outcome::TimedOut
        }
    }
}

/// Ends a script and all that it started: asked first, then killed. The script may end at once
/// and leave children that do not, so the group is killed in any case.
async fn end(child: &mut Child) {
    let group = group(child);
    signal_group(group, Signal::TERM);
    // An error is a script that takes too long.
    let _ = timeout(KILL_DELAY, child.wait()).await;
    signal_group(group, Signal::KILL);
    // A killed child ends.
    let _ = child.wait().await;
}

/// Process group of a script; `None` if it has been waited for.
fn group(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()?).ok()?)
}

/// Signals a script and all that it started.
fn signal_group(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        // A group that has just ended is what we want.
        let _ = kill_process_group(group, signal);
    }
}

impl Account {
    /// Looks `user` up.
    ///
    /// # Errors
    /// Names a user or group that does not exist.
    pub fn of(user: &model::ScriptUser) -> Result<Self, String> {
        let name = &user.user;
        let entry = User::from_name(name).ok().flatten().ok_or_else(|| {
            format!("user {name} does not exist: create it, or change script_user")
        })?;
        let gid = match &user.group {
            None => entry.gid,
            Some(group) => {
                Group::from_name(group)
                    .ok()
                    .flatten()
                    .ok_or_else(|| format!("group {group} does not exist"))?
                    .gid
            }
        };
        Ok(Self {
            uid: entry.uid.as_raw(),
            gid: gid.as_raw(),
        })
    }
}

/// `None` if there is no such user, or we are not the one who may become it.
fn default_account() -> Option<Account> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let entry = User::from_name(DEFAULT_USER).ok()??;
    Some(Account {
        uid: entry.uid.as_raw(),
        gid: entry.gid.as_raw(),
    })
}
