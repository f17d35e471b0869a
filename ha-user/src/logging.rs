//! Where log lines go: the console, journald or syslog, or nowhere.
//!
//! Whoever logs only puts a line into a queue; a thread of its own writes it, so that neither a
//! full pipe nor a slow syslog ever holds up an advert.

mod facility;
mod receiver;

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, SystemTime};

use log::{Level, LevelFilter, Log, Metadata, Record};

pub use facility::Facility;
use receiver::Receiver as LogReceiver;

/// Lines that may wait for a console that does not read; more are counted and said.
const QUEUE: usize = 65_536;

/// Longest wait for the queue to empty at exit.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(500);

/// Whose lines are logged: the daemon's, and with `--debug-xdp` the XDP program's. Of others only
/// errors: aya, for one, warns with pages of BTF.
const OUR_TARGETS: [&str; 2] = ["ha_user", "vipd"];

/// Where to log, and how much.
#[derive(Clone, Debug)]
pub struct Destination {
    /// Everything to standard error, instead of errors only.
    pub console: bool,
    /// To journald, or else to the local syslog daemon, as coming from this part of the system.
    pub syslog: Option<Facility>,
    /// Debug lines too.
    pub detail: bool,
    /// Name in syslog.
    pub tag: String,
}

enum Item {
    Line {
        at: SystemTime,
        level: Level,
        text: String,
    },
    Flush(SyncSender<()>),
}

struct Queue {
    sender: SyncSender<Item>,
    lost: AtomicU64,
}

impl Log for Queue {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let ours = OUR_TARGETS
            .iter()
            .any(|target| metadata.target().starts_with(target));
        ours || metadata.level() == Level::Error
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        self.push_lost_count();
        let text = record.args().to_string();
        self.push(Item::Line {
            at: SystemTime::now(),
            level: record.level(),
            text,
        });
    }

    fn flush(&self) {
        let (done, wait) = sync_channel(1);
        if self.sender.try_send(Item::Flush(done)).is_ok() {
            // An error means that the writer is gone, and with it what could be waited for.
            let _ = wait.recv_timeout(FLUSH_TIMEOUT);
        }
    }
}

impl Queue {
    fn push(&self, item: Item) {
        if let Err(TrySendError::Full(_)) = self.sender.try_send(item) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn push_lost_count(&self) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let text = format!("{lost} log lines lost: nothing reads this log fast enough");
            self.push(Item::Line {
                at: SystemTime::now(),
                level: Level::Warn,
                text,
            });
        }
    }
}

/// Starts logging. Called once in a process.
///
/// # Errors
/// If the writer's thread cannot be started, or logging was started before.
pub fn start(destination: Destination) -> anyhow::Result<()> {
    let (sender, lines) = sync_channel(QUEUE);
    let level = if destination.detail {
        LevelFilter::Debug
    } else {
        LevelFilter::Info
    };
    thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || write(&destination, &lines))?;
    log::set_boxed_logger(Box::new(Queue {
        sender,
        lost: AtomicU64::new(0),
    }))?;
    log::set_max_level(level);
    Ok(())
}

/// Waits, but not for long, until everything logged so far is written.
pub fn flush() {
    log::logger().flush();
}

fn write(destination: &Destination, lines: &Receiver<Item>) {
    let syslog = destination.syslog;
    let mut syslog = syslog.map(|facility| LogReceiver::new(&destination.tag, facility));
    for item in lines {
        match item {
            Item::Line { at, level, text } => {
                if destination.console || level == Level::Error {
                    write_console(at, &text);
                }
                if let Some(syslog) = &mut syslog {
                    syslog.write(level, &text);
                }
            }
            // The one who waited may have given up.
            Item::Flush(done) => drop(done.try_send(())),
        }
    }
}

fn write_console(at: SystemTime, text: &str) {
    let time = humantime::format_rfc3339_millis(at);
    // A console that is gone is no reason to stop serving addresses.
    let _ = writeln!(std::io::stderr().lock(), "{time}: {text}");
}
