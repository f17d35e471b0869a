//! The supervisor's own successor: the same process, so that whoever watches its pid sees no change,
//! with the program as it is installed now.
//!
//! What it must not lose - its child, the memory that they share, the lock on its pid file - waits
//! for it in a socket that is its standard input.

use std::convert::Infallible;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;

use anyhow::{Context as _, Result, ensure};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use rustix::process::Pid;

use super::child::Child;
use super::link::Link;
use super::pidfile::PidFile;
use super::role::{self, Role};
use super::signals;
use super::testament::Testament;
use crate::logging;

/// File descriptors of a [`Legacy`].
const FILES: usize = 3;

/// What a renewed supervisor finds.
pub(super) struct Legacy {
    /// The worker.
    pub(super) worker: Child,
    /// What they share.
    pub(super) testament: Testament,
    /// The locked pid file.
    pub(super) pid_file: OwnedFd,
}

/// Goes on as the program that is installed now. What is to be heard of signals ([`signals::hold`]) and
/// of the worker has been heard: what this process has read and not acted on would be lost.
///
/// # Errors
/// Returns only if that fails.
pub(super) fn renew(
    worker: &Child,
    testament: &Testament,
    pid_file: &PidFile,
) -> Result<Infallible> {
    // The thread that writes them does not outlive this program.
    logging::flush();
    let never = exec(worker, testament, pid_file);
    signals::release();
    never
}

fn exec(worker: &Child, testament: &Testament, pid_file: &PidFile) -> Result<Infallible> {
    let program = role::installed_program();
    let (mut command, socket) = role::again(&program, Role::RenewedSupervisor)?;
    let files = [worker.link.as_fd(), testament.as_fd(), pid_file.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    ensure!(
        control.push(SendAncillaryMessage::ScmRights(&files)),
        "no room for {FILES} files"
    );
    let pid = worker.process.pid().as_raw_pid().to_ne_bytes();
    sendmsg(
        &socket,
        &[IoSlice::new(&pid)],
        &mut control,
        SendFlags::empty(),
    )
    .context("cannot hand over to the new program")?;
    Err(command.exec()).with_context(|| format!("cannot run {}", program.display()))
}

impl Legacy {
    /// Takes what the program before has left on `starter`.
    ///
    /// # Errors
    /// When it is not there.
    pub(super) fn take(starter: &UnixStream) -> Result<Self> {
        let mut pid = [0; size_of::<i32>()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        recvmsg(
            starter,
            &mut [IoSliceMut::new(&mut pid)],
            &mut control,
            RecvFlags::CMSG_CLOEXEC,
        )
        .context("cannot take over from the program before")?;
        let messages = control.drain();
        let files = messages.filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(files) => Some(files),
            _ => None,
        });
        let files: Vec<OwnedFd> = files.flatten().collect();
        let [link, testament, pid_file] = files
            .try_into()
            .ok()
            .context("the program before has left something else")?;
        let pid = Pid::from_raw(i32::from_ne_bytes(pid)).context("no process")?;
        Ok(Self {
            worker: Child::known(pid, Link::new(UnixStream::from(link))?)?,
            testament: Testament::in_memory(testament),
            pid_file,
        })
    }
}
