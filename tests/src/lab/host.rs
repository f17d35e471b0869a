//! A machine of the lab: a network, processes and files of its own.

use std::io::{BufRead, BufReader, Write as _};
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};
use rustix::thread::{ThreadNameSpaceType, UnshareFlags, move_into_thread_name_spaces};

use super::netns::{Netns, in_thread, unshare};
use super::wait::until;
use super::{mounts, process};

/// Directories whose changes stay inside a host, besides /run, /sys/fs/bpf and /proc.
const PRIVATE: [&str; 2] = ["/etc", "/usr/local"];

/// What the first process of a host does before it waits for the end of its input: only a process
/// of the namespace can show the processes in it. Children left by daemons are reaped by the kernel,
/// because it ignores SIGCHLD.
const ANCHOR: &str = "mount -t proc proc /proc && echo ready && exec env --ignore-signal=CHLD cat";

/// A machine of the lab. Clones are the same machine; everything in it ends with the last one.
///
/// Inside, `ps` and `killall` see only its own processes. /run is empty at first; changes below
/// /etc and /usr/local are not seen outside.
#[derive(Clone, Debug)]
pub struct Host(Arc<Machine>);

#[derive(Debug)]
struct Machine {
    name: String,
    netns: Netns,
    anchor: Child,
    pidfd: OwnedFd,
}

impl Host {
    /// A machine without interfaces.
    ///
    /// # Errors
    /// Without root, or where the kernel lacks namespaces or overlay file systems.
    pub fn new(name: &str) -> Result<Self> {
        Self::with_private(name, &[])
    }

    /// As [`Self::new`]; changes below `directories`, which must exist, stay inside as well.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_private(name: &str, directories: &[&str]) -> Result<Self> {
        let netns = Netns::new()?;
        let anchor = start_anchor(&netns, directories)
            .with_context(|| format!("cannot set up host {name}"))?;
        let pidfd = pidfd_open(pid_of(&anchor)?, PidfdFlags::empty())?;
        Ok(Self(Arc::new(Machine {
            name: name.to_owned(),
            netns,
            anchor,
            pidfd,
        })))
    }

    /// Its name in this lab.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its network. [`Netns::enter`] keeps this machine's files and processes.
    #[must_use]
    pub fn netns(&self) -> &Netns {
        &self.0.netns
    }

    /// Process that `nsenter --all --target PID` enters it by.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.0.anchor.id()
    }

    /// Where `path` of the host is found from outside.
    #[must_use]
    pub fn outside(&self, path: &str) -> PathBuf {
        format!("/proc/{}/root{path}", self.pid()).into()
    }

    /// Writes a file of the host, with the directories above it.
    ///
    /// # Errors
    /// As of the file system.
    pub fn write(&self, path: &str, text: &str) -> Result<()> {
        let outside = self.outside(path);
        let write = || -> io::Result<()> {
            fs::create_dir_all(outside.parent().unwrap_or(Path::new("/")))?;
            fs::write(&outside, text)
        };
        write().with_context(|| format!("cannot write {path} on {}", self.name()))
    }

    /// Writes an executable file of the host, with the directories above it.
    ///
    /// A process of its own writes it: were the file open in this one, a child that another thread
    /// forks at that moment would hold it open too, and running it would fail (`ETXTBSY`).
    ///
    /// # Errors
    /// As of the file system.
    pub fn write_script(&self, path: &str, text: &str) -> Result<()> {
        let mut install = Command::new("install");
        install.args(["-D", "--mode=755", "/dev/stdin", path]);
        let mut writer = self.spawn(install.stdin(Stdio::piped()))?;
        if let Some(mut input) = writer.stdin.take() {
            input.write_all(text.as_bytes())?;
        }
        let status = writer.wait()?;
        ensure!(
            status.success(),
            "cannot write {path} on {}: {status}",
            self.name()
        );
        Ok(())
    }

    /// Starts `command` as a process of the host, in a process group of its own.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(&self, command: &mut Command) -> Result<Child> {
        in_thread(|| {
            self.join()?;
            command
                .process_group(0)
                .spawn()
                .with_context(|| format!("cannot run {command:?} on {}", self.name()))
        })
    }

    /// Runs `command` on the host to its end.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn output(&self, command: &mut Command) -> Result<Output> {
        let piped = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Ok(self.spawn(piped)?.wait_with_output()?)
    }

    /// Runs a shell script on the host; returns its standard output.
    ///
    /// # Errors
    /// When it fails; names the script and its standard error.
    pub fn sh(&self, script: &str) -> Result<String> {
        let output = self.output(Command::new("sh").args(["-c", script]))?;
        ensure!(
            output.status.success(),
            "{}: {script}: {} {}",
            self.name(),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// IPv4 addresses on any of its interfaces but loopback, with the lengths of their masks.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn addresses(&self) -> Result<Vec<(Ipv4Addr, u8)>> {
        let listing = self.netns().ip("-4 -oneline address show scope global")?;
        let words = listing
            .lines()
            .filter_map(|line| line.split_whitespace().nth(3));
        words
            .map(|word| {
                let (address, length) = word.split_once('/').unwrap_or((word, "32"));
                Ok((address.parse()?, length.parse()?))
            })
            .collect()
    }

    /// Whether `address` is on one of its interfaces.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn has_address(&self, address: Ipv4Addr) -> Result<bool> {
        Ok(self.addresses()?.iter().any(|(other, _)| *other == address))
    }

    /// Processes of the host whose name (`comm`) is one of `names`.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn processes(&self, names: &[&str]) -> Result<Vec<Pid>> {
        process::in_namespace_of(self.pid(), names)
    }

    /// Kills its processes of this name (`comm`; SIGKILL). Others may have been started when this
    /// returns.
    ///
    /// # Errors
    /// When one is left after two seconds.
    pub fn kill(&self, name: &str) -> Result<()> {
        let killed = self.processes(&[name])?;
        process::signal_all(&killed, Signal::KILL);
        until(
            &format!("the end of {name}"),
            Duration::from_secs(2),
            || {
                let left = self.processes(&[name])?;
                Ok(!killed.iter().any(|process| left.contains(process)))
            },
        )
    }

    /// What its processes are doing, a line each, for people.
    #[must_use]
    pub fn picture(&self) -> String {
        process::picture(self.pid())
    }

    fn join(&self) -> Result<()> {
        let all = ThreadNameSpaceType::NETWORK
            | ThreadNameSpaceType::MOUNT
            | ThreadNameSpaceType::PROCESS_ID;
        // Threads share their working directory, and whoever shares it cannot change mounts.
        unshare(UnshareFlags::FS)?;
        move_into_thread_name_spaces(self.0.pidfd.as_fd(), all)
            .with_context(|| format!("cannot enter host {}", self.name()))
    }
}

fn start_anchor(netns: &Netns, directories: &[&str]) -> Result<Child> {
    let mut command = Command::new("sh");
    command
        .args(["-c", ANCHOR])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0);
    let mut anchor = in_thread(|| -> Result<Child> {
        netns.join()?;
        unshare(UnshareFlags::FS | UnshareFlags::NEWNS | UnshareFlags::NEWPID)?;
        mounts::furnish(PRIVATE.iter().chain(directories).copied())?;
        Ok(command.spawn()?)
    })?;
    let mut answer = String::new();
    if let Some(output) = anchor.stdout.take() {
        BufReader::new(output).read_line(&mut answer)?;
    }
    if answer.trim() != "ready" {
        let status = anchor.wait()?;
        anyhow::bail!("its first process ended with {status}");
    }
    Ok(anchor)
}

fn pid_of(child: &Child) -> Result<Pid> {
    let raw = i32::try_from(child.id())?;
    Pid::from_raw(raw).context("a process without an id")
}

impl Drop for Machine {
    fn drop(&mut self) {
        // The kernel ends every process of the namespace with its first one. It lets us reap that
        // one when all are gone, so not before whoever called `spawn` has reaped what is theirs:
        // hence the limit. An error would mean that it is gone already.
        let _ = self.anchor.kill();
        let _ = until("the end of a host", Duration::from_secs(1), || {
            Ok(self.anchor.try_wait()?.is_some())
        });
    }
}
