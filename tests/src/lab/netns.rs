//! Network namespaces without a name: they end with the last descriptor, socket or process in them.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, ensure};
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space, unshare_unsafe};

use super::device::Devices;

/// A network namespace.
#[derive(Debug)]
pub struct Netns {
    file: OwnedFd,
}

impl Netns {
    /// Makes a namespace whose loopback interface is up.
    ///
    /// # Errors
    /// Without root, or where the kernel has no network namespaces.
    pub fn new() -> Result<Self> {
        let file = in_thread(|| -> Result<File> {
            unshare(UnshareFlags::NEWNET).context("cannot make a network namespace (be root)")?;
            Ok(File::open("/proc/thread-self/ns/net")?)
        })?;
        let netns = Self { file: file.into() };
        netns.ip("link set lo up")?;
        Ok(netns)
    }

    /// Runs `work` on a thread inside the namespace. Sockets made there stay there.
    ///
    /// # Errors
    /// When the namespace cannot be entered.
    pub fn enter<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T> {
        in_thread(|| {
            self.join()?;
            Ok(work())
        })
    }

    /// Moves the calling thread into the namespace for good.
    ///
    /// # Errors
    /// When the namespace cannot be entered.
    pub fn join(&self) -> Result<()> {
        move_into_link_name_space(self.file.as_fd(), Some(LinkNameSpaceType::Network))
            .context("cannot enter a network namespace")
    }

    /// Runs `ip` with `arguments`, separated by blanks, in the namespace and on this machine's
    /// file system; returns what it prints.
    ///
    /// # Errors
    /// When iproute2 is missing, or `ip` fails; names the arguments and what `ip` said.
    pub fn ip(&self, arguments: &str) -> Result<String> {
        self.iproute2("ip", arguments)
    }

    /// Frames that `interface` was to send or has received, and has thrown away, so far: queues
    /// were full.
    ///
    /// # Errors
    /// Without the interface.
    pub fn thrown_away(&self, interface: &str) -> Result<u64> {
        let shown = self.ip(&format!("-s -json link show {interface}"))?;
        let shown: serde_json::Value = serde_json::from_str(&shown)?;
        let dropped = |way: &str| shown[0]["stats64"][way]["dropped"].as_u64();
        let both = dropped("rx").zip(dropped("tx"));
        both.map(|(received, sent)| received + sent)
            .with_context(|| format!("no counters of {interface}"))
    }

    /// Like [`Self::ip`], with `tc`.
    ///
    /// # Errors
    /// As of [`Self::ip`].
    pub fn tc(&self, arguments: &str) -> Result<String> {
        self.iproute2("tc", arguments)
    }

    /// Makes the kernel compute checksums of frames sent on `interface`, which a virtual cable would
    /// leave open.
    ///
    /// # Errors
    /// Without the interface.
    pub fn disable_transmit_checksum_offload(&self, interface: &str) -> Result<()> {
        Devices::of(self)?.disable_transmit_checksum_offload(interface)
    }

    fn iproute2(&self, program: &str, arguments: &str) -> Result<String> {
        let output = self
            .enter(|| {
                Command::new(program)
                    .args(arguments.split_whitespace())
                    .output()
            })?
            .with_context(|| format!("cannot run {program} (install iproute2)"))?;
        ensure!(
            output.status.success(),
            "{program} {arguments}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// A path of the namespace, good as long as `self` lives: for `ip link ... netns PATH` and
    /// `nsenter --net=PATH`.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        format!("/proc/{}/fd/{}", std::process::id(), self.file.as_raw_fd()).into()
    }
}

/// Takes the calling thread, and only it, out of the namespaces named by `flags`.
pub(super) fn unshare(flags: UnshareFlags) -> rustix::io::Result<()> {
    assert!(!flags.contains(UnshareFlags::FILES));
    // SAFETY: the table of file descriptors stays shared (asserted above), which is the one thing
    // that this call must not change under other threads.
    unsafe { unshare_unsafe(flags) }
}

/// Runs `work` on a thread of its own, so that what it does to its namespaces ends with it.
pub(super) fn in_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| match scope.spawn(work).join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}
