//! Somebody who requests a page from a VIP all the time.

use std::io::{self, Read, Write};
use std::net::SocketAddrV4;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;
use socket2::{Domain, Socket, Type};

use super::Host;
use super::background::{Background, Stop};
use super::requests::{Loss, Reply, Request, Requests};

/// A client that begins a request every few milliseconds, each on a connection of its own, no
/// matter what became of the ones before.
#[derive(Debug)]
pub struct Client {
    requests: Arc<Mutex<Requests>>,
    thread: Background,
}

/// What a client asks for, and how.
#[derive(Clone, Debug)]
pub struct Errand {
    /// Where.
    pub server: SocketAddrV4,
    /// Path of the page.
    pub path: String,
    /// Between the beginnings of two requests.
    pub every: Duration,
    /// After which a request is lost.
    pub timeout: Duration,
}

impl Client {
    /// Starts on `host`.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(host: &Host, errand: Errand) -> Result<Self> {
        let requests = Arc::default();
        let mut work = Work {
            host: host.clone(),
            errand,
            exchanges: Vec::new(),
            requests: Arc::clone(&requests),
        };
        let thread = Background::start("client", move |stop| work.run(&stop))?;
        Ok(Self { requests, thread })
    }

    /// Requests that have ended so far.
    #[must_use]
    pub fn requests(&self) -> Requests {
        lock(&self.requests).clone()
    }

    /// Lets `read` look at the requests that have ended so far, without a copy.
    pub fn look<T>(&self, read: impl FnOnce(&Requests) -> T) -> T {
        read(&lock(&self.requests))
    }

    /// Stops.
    ///
    /// # Errors
    /// When the client could not go on meanwhile.
    pub fn finish(self) -> Result<Requests> {
        self.thread.finish()?;
        Ok(std::mem::take(&mut *lock(&self.requests)))
    }
}

struct Work {
    host: Host,
    errand: Errand,
    exchanges: Vec<Exchange>,
    requests: Arc<Mutex<Requests>>,
}

/// A request under way.
struct Exchange {
    sent_at: Instant,
    socket: Socket,
    asked: bool,
    received: Vec<u8>,
}

impl Work {
    fn run(&mut self, stop: &Stop) -> Result<()> {
        self.host.netns().join()?;
        let mut next = Instant::now();
        while !stop.is_requested() {
            if Instant::now() >= next {
                self.begin();
                next = (next + self.errand.every).max(Instant::now());
            }
            self.wait(next.saturating_duration_since(Instant::now()))?;
            self.advance();
        }
        Ok(())
    }

    fn begin(&mut self) {
        let sent_at = Instant::now();
        match connect(self.errand.server) {
            Ok(socket) => self.exchanges.push(Exchange {
                sent_at,
                socket,
                asked: false,
                received: Vec::new(),
            }),
            Err(error) => self.end(sent_at, Err(Loss::Failed(error.kind()))),
        }
    }

    fn wait(&self, limit: Duration) -> Result<()> {
        let interest = |exchange: &Exchange| match exchange.asked {
            false => PollFlags::OUT,
            true => PollFlags::IN,
        };
        let polled = self.exchanges.iter();
        let mut polled: Vec<_> = polled
            .map(|exchange| PollFd::from_borrowed_fd(exchange.socket.as_fd(), interest(exchange)))
            .collect();
        match poll(&mut polled, Some(&Timespec::try_from(limit)?)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn advance(&mut self) {
        for mut exchange in std::mem::take(&mut self.exchanges) {
            let overdue = exchange.sent_at.elapsed() > self.errand.timeout;
            match exchange.advance(&self.errand) {
                Ok(Some(reply)) => self.end(exchange.sent_at, Ok(reply)),
                Ok(None) if overdue => self.end(exchange.sent_at, Err(Loss::Timeout)),
                Ok(None) => self.exchanges.push(exchange),
                Err(error) => self.end(exchange.sent_at, Err(Loss::Failed(error.kind()))),
            }
        }
    }

    fn end(&self, sent_at: Instant, outcome: Result<Reply, Loss>) {
        let mut requests = lock(&self.requests);
        requests.push(Request {
            sent_at,
            ended_at: Instant::now(),
            outcome,
        });
    }
}

impl Exchange {
    /// Goes as far as it can without waiting.
    fn advance(&mut self, errand: &Errand) -> io::Result<Option<Reply>> {
        if let Some(error) = self.socket.take_error()? {
            return Err(error);
        }
        if !self.asked {
            self.asked = self.ask(errand)?;
        }
        if !self.asked {
            return Ok(None);
        }
        loop {
            let mut bytes = [0; 2048];
            match (&self.socket).read(&mut bytes) {
                Ok(0) => return Reply::parse(&self.received).map(Some),
                Ok(length) => self.received.extend_from_slice(&bytes[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    fn ask(&self, errand: &Errand) -> io::Result<bool> {
        let (path, server) = (&errand.path, errand.server.ip());
        let text = format!("GET {path} HTTP/1.0\r\nHost: {server}\r\n\r\n");
        match (&self.socket).write(text.as_bytes()) {
            Ok(_) => Ok(true),
            // Not connected yet.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn connect(server: SocketAddrV4) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    // Closing resets the connection: ports are free again at once.
    socket.set_linger(Some(Duration::ZERO))?;
    match socket.connect(&server.into()) {
        Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => Err(error),
        _ => Ok(socket),
    }
}

fn lock(requests: &Mutex<Requests>) -> MutexGuard<'_, Requests> {
    requests.lock().unwrap_or_else(PoisonError::into_inner)
}
