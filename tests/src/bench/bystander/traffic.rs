//! Traffic of bystanders: streams in either direction, and small packets to and fro.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::road::Road;

/// Bytes that are handed to the kernel, or taken from it, at once.
const CHUNK: usize = 128 * 1024;
/// Bytes of a small packet.
const SMALL: usize = 64;
/// Small packets that are under way at most.
const WINDOW: usize = 32;
/// A packet that takes longer is lost.
const PATIENCE: Duration = Duration::from_millis(20);

/// A kind of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Traffic {
    /// A TCP stream from the client to the host.
    BulkIn,
    /// A TCP stream from the host to the client.
    BulkOut,
    /// UDP, 64 bytes there and back, 32 under way.
    Small,
}

impl Traffic {
    pub(super) const ALL: [Self; 3] = [Self::BulkIn, Self::BulkOut, Self::Small];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::BulkIn => "bulk TCP to the host",
            Self::BulkOut => "bulk TCP from the host",
            Self::Small => "UDP of 64 bytes there and back",
        }
    }

    /// Of [`Self::measure`].
    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::BulkIn | Self::BulkOut => "Gbit/s",
            Self::Small => "k/s",
        }
    }

    /// Sends for `time`, and returns how much arrived in a second.
    pub(super) fn measure(self, road: &Road, time: Duration) -> Result<f64> {
        match self {
            Self::BulkIn | Self::BulkOut => {
                let [client, host] = connection(road)?;
                let (from, to, places) = match self {
                    Self::BulkIn => (client, host, [Place::Client, Place::Host]),
                    _ => (host, client, [Place::Host, Place::Client]),
                };
                stream(from, to, places, time)
            }
            Self::Small => to_and_fro(road, time),
        }
    }
}

/// Ends of the road. Each has a processor of its own if there are two.
#[derive(Clone, Copy)]
enum Place {
    Client,
    Host,
}

impl Place {
    /// Keeps the calling thread on the processor of this end.
    fn settle(self) -> io::Result<()> {
        let allowed = sched_getaffinity(None)?;
        let usable: Vec<_> = (0..CpuSet::MAX_CPU)
            .filter(|it| allowed.is_set(*it))
            .collect();
        let mut own = CpuSet::new();
        own.set(usable[self as usize % usable.len()]);
        Ok(sched_setaffinity(None, &own)?)
    }
}

/// Ends of a new connection: the client's and the host's.
fn connection(road: &Road) -> Result<[TcpStream; 2]> {
    let any_port = SocketAddr::from((road.address, 0));
    let listener = road.host.netns().enter(|| TcpListener::bind(any_port))??;
    let target = listener.local_addr()?;
    let client = road.client.enter(|| TcpStream::connect(target))??;
    let (host, _) = listener.accept()?;
    Ok([client, host])
}

/// Gbit/s of a stream.
fn stream(from: TcpStream, to: TcpStream, places: [Place; 2], time: Duration) -> Result<f64> {
    let [sender, receiver] = places;
    thread::scope(|scope| {
        let sending = scope.spawn(move || send(from, sender, time));
        let receiving = scope.spawn(move || receive(to, receiver));
        sending.join().ok().context("the sender has panicked")??;
        let received = receiving.join().ok();
        let (bytes, time) = received.context("the receiver has panicked")??;
        Ok(bytes as f64 * 8.0 / time.as_secs_f64() / 1e9)
    })
}

fn send(mut stream: TcpStream, place: Place, time: Duration) -> io::Result<()> {
    place.settle()?;
    let chunk = vec![0; CHUNK];
    let end = Instant::now() + time;
    while Instant::now() < end {
        stream.write_all(&chunk)?;
    }
    Ok(())
}

/// What arrives until the sender ends, and how long that takes.
fn receive(mut stream: TcpStream, place: Place) -> io::Result<(usize, Duration)> {
    place.settle()?;
    let mut chunk = vec![0; CHUNK];
    let mut bytes = stream.read(&mut chunk)?;
    let started = Instant::now();
    loop {
        match stream.read(&mut chunk)? {
            0 => return Ok((bytes, started.elapsed())),
            more => bytes += more,
        }
    }
}

/// Thousands of answers in a second.
fn to_and_fro(road: &Road, time: Duration) -> Result<f64> {
    let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let host = road.host.netns().enter(|| UdpSocket::bind(any))??;
    let client = road.client.enter(|| UdpSocket::bind(any))??;
    client.connect((road.address, host.local_addr()?.port()))?;
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let echo = scope.spawn(|| echo(&host, &ended));
        let asking = scope.spawn(|| ask(&client, time));
        let answers = asking.join().ok().context("the client has panicked");
        ended.store(true, Relaxed);
        echo.join().ok().context("the echo has panicked")??;
        Ok(answers?? as f64 / time.as_secs_f64() / 1e3)
    })
}

fn echo(socket: &UdpSocket, ended: &AtomicBool) -> io::Result<()> {
    Place::Host.settle()?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut packet = [0; SMALL];
    while !ended.load(Relaxed) {
        if let Some(from) = arrived(socket.recv_from(&mut packet))?.map(|(_, from)| from) {
            socket.send_to(&packet, from)?;
        }
    }
    Ok(())
}

/// Keeps [`WINDOW`] questions under way for `time`; returns how many were answered.
fn ask(socket: &UdpSocket, time: Duration) -> io::Result<usize> {
    Place::Client.settle()?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut packet = [0; SMALL];
    let (mut asked, mut answered) = (0, 0);
    let end = Instant::now() + time;
    while Instant::now() < end {
        while asked < WINDOW {
            socket.send(&packet)?;
            asked += 1;
        }
        match arrived(socket.recv(&mut packet))? {
            Some(_) => (asked, answered) = (asked - 1, answered + 1),
            None => asked = 0,
        }
    }
    Ok(answered)
}

/// `None` if nothing came in time.
fn arrived<T>(received: io::Result<T>) -> io::Result<Option<T>> {
    match received {
        Ok(packet) => Ok(Some(packet)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}
