//! The observer thread: numbers in files and processes that instances follow. It may wait for a disk, or
//! for a process that is swapped out: nothing else is done here.

mod files;
mod processes;

use std::collections::BTreeMap;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use ha_common::Nanos;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::time::Timespec;
use tokio::sync::mpsc::UnboundedSender;

use self::files::Files;
use self::processes::Processes;
use super::queue::{self, Queue};
use crate::net::clock;
use crate::track::process::{Verdict, Wanted};

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Order {
    /// Observe this, and nothing else.
    Follow(Assignment),
    /// End.
    Stop,
}

/// What is to be observed.
#[derive(Debug, Default)]
pub(super) struct Assignment {
    /// Files, with the numbers that are known already.
    pub(super) files: BTreeMap<PathBuf, Option<i32>>,
    /// Processes.
    pub(super) processes: Vec<Wanted>,
}

/// What the thread has found.
#[derive(Debug)]
pub(super) enum News {
    /// A file has another number.
    Number(PathBuf, i32),
    /// There are enough processes, or not any more.
    Quorum(Verdict),
}

/// Starts the thread. It ends when it is told to; a `news` that closes before has lost it.
///
/// # Errors
/// The process may not have another thread or descriptor.
pub(super) fn start(news: UnboundedSender<News>) -> Result<queue::Sender<Order>> {
    let (sender, orders) = queue::queue()?;
    let observer = Observer {
        files: Files::default(),
        processes: Processes::default(),
        orders,
        news,
    };
    thread::Builder::new()
        .name("observer".to_owned())
        .spawn(move || observer.run())
        .context("cannot start the observer thread")?;
    Ok(sender)
}

struct Observer {
    files: Files,
    processes: Processes,
    orders: Queue<Order>,
    news: UnboundedSender<News>,
}

impl Observer {
    fn run(mut self) {
        while self.take_orders() {
            let now = clock::now();
            self.files.look(now);
            self.processes.look(now);
            self.tell();
            if let Err(error) = self.wait() {
                log::error!("the observer thread cannot wait for events: {error}");
                return;
            }
        }
    }

    /// `false` when it is to end.
    fn take_orders(&mut self) -> bool {
        self.orders.rest();
        while let Some(order) = self.orders.next() {
            match order {
                Order::Follow(Assignment { files, processes }) => {
                    self.files.follow(files);
                    self.processes.follow(processes);
                }
                Order::Stop => return false,
            }
        }
        true
    }

    /// The main loop may have gone first.
    fn tell(&mut self) {
        for (path, number) in self.files.news() {
            drop(self.news.send(News::Number(path, number)));
        }
        for verdict in self.processes.news() {
            drop(self.news.send(News::Quorum(verdict)));
        }
    }

    /// Until something has happened, or something is due.
    fn wait(&self) -> Result<(), Errno> {
        let deadlines = [self.files.next_deadline(), self.processes.next_deadline()];
        let timeout = deadlines.into_iter().flatten().min().map(until);
        let mut polled = vec![PollFd::new(&self.orders, PollFlags::IN)];
        let watch = self.files.watch().map(|watch| watch.as_fd());
        let events = self.processes.events().map(|events| events.as_fd());
        let others = watch.iter().chain(&events);
        polled.extend(others.map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)));
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// How long it is until then.
fn until(deadline: Nanos) -> Timespec {
    let wait: Duration = deadline.saturating_since(clock::now());
    Timespec::try_from(wait).unwrap_or(Timespec {
        tv_sec: i64::MAX,
        tv_nsec: 0,
    })
}
