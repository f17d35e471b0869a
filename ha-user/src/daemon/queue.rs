//! A queue whose reader sleeps in `poll` or `epoll`, and wakes up for each entry.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc;

use anyhow::{Context as _, Result};
use rustix::event::{EventfdFlags, eventfd};

/// The writer's end, of which there may be many.
#[derive(Debug)]
pub(super) struct Sender<T> {
    sender: mpsc::Sender<T>,
    wake: Arc<OwnedFd>,
}

impl<T> Sender<T> {
    /// Sends `entry`. A reader that has ended needs none.
    pub(super) fn send(&self, entry: T) {
        if self.sender.send(entry).is_ok() {
            // Fails only when the counter is at its end, and then the reader is awake already.
            let _ = rustix::io::write(&*self.wake, &1u64.to_ne_bytes());
        }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            wake: Arc::clone(&self.wake),
        }
    }
}

/// The reader's end. Readable while there is something in it.
#[derive(Debug)]
pub(super) struct Queue<T> {
    receiver: mpsc::Receiver<T>,
    wake: Arc<OwnedFd>,
}

impl<T> Queue<T> {
    /// The next entry, if there is one.
    pub(super) fn next(&mut self) -> Option<T> {
        self.receiver.try_recv().ok()
    }

    /// Forgets that it was woken: called before the queue is emptied, so that nothing is missed.
    pub(super) fn rest(&mut self) {
        // Fails only if nobody has woken us.
        let _ = rustix::io::read(&*self.wake, &mut [0u8; 8]);
    }
}

impl<T> AsFd for Queue<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

/// An empty one.
///
/// # Errors
/// If no eventfd can be made.
pub(super) fn queue<T>() -> Result<(Sender<T>, Queue<T>)> {
    let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
    let wake = Arc::new(eventfd(0, flags).context("cannot make an eventfd")?);
    let (sender, receiver) = mpsc::channel();
    Ok((
        Sender {
            sender,
            wake: Arc::clone(&wake),
        },
        Queue { receiver, wake },
    ))
}
