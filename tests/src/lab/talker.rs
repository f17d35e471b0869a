//! A local process of a director that speaks as the VIP, whatever became of the daemon.

use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::time::Duration;

use anyhow::{Context, Result};
use socket2::{Domain, Socket, Type};

use super::Host;
use super::background::{Background, Stop};

/// Between two words.
const RHYTHM: Duration = Duration::from_millis(2);
/// Where the datagrams go; nobody listens.
const DATAGRAMS: u16 = 9;
/// Where the stream goes.
const STREAM: u16 = 7112;

/// Sends datagrams, and octets of a TCP connection, from the VIP whenever it is an address of the
/// host: like a web server whose answers are not acknowledged.
#[derive(Debug)]
pub struct Talker(#[expect(dead_code, reason = "ends with it")] Background);

/// Listens to the streams of [`Talker`]s.
#[derive(Debug)]
pub struct Listener(#[expect(dead_code, reason = "ends with it")] Background);

impl Listener {
    /// Takes connections on `host`, and reads nothing: what is sent stays unacknowledged only
    /// while the other one does not answer for the VIP.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start(host: &Host) -> Result<Self> {
        let any = (Ipv4Addr::UNSPECIFIED, STREAM);
        let listener = host.netns().enter(|| TcpListener::bind(any))?;
        let listener = listener.context("cannot listen to talkers")?;
        listener.set_nonblocking(true)?;
        let thread = Background::start("listener", move |stop| {
            let mut streams = Vec::new();
            while !stop.is_requested() {
                streams.extend(listener.accept().ok());
                std::thread::sleep(RHYTHM);
            }
            Ok(())
        })?;
        Ok(Self(thread))
    }
}

impl Talker {
    /// Starts to speak as `vip` from `host` to `listener`.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(host: &Host, vip: Ipv4Addr, listener: Ipv4Addr) -> Result<Self> {
        let here = host.clone();
        let thread = Background::start("talker", move |stop| {
            here.netns().join()?;
            talk(vip, listener, &stop);
            Ok(())
        })?;
        Ok(Self(thread))
    }
}

fn talk(vip: Ipv4Addr, listener: Ipv4Addr, stop: &Stop) {
    let kinds = [(Type::DGRAM, DATAGRAMS), (Type::STREAM, STREAM)];
    let mut voices = [None, None];
    while !stop.is_requested() {
        for (voice, (kind, port)) in voices.iter_mut().zip(kinds) {
            let alive = voice.as_ref().is_some_and(speak);
            if !alive {
                // It fails while the VIP is not here.
                *voice = connect(kind, vip, SocketAddrV4::new(listener, port)).ok();
            }
        }
        std::thread::sleep(RHYTHM);
    }
}

/// Whether the voice may still be heard.
fn speak(mut voice: &Socket) -> bool {
    match voice.write_all(b"here I am") {
        Ok(()) => true,
        // Not connected yet, or nothing was acknowledged for long; "nobody listens" is no matter.
        Err(error) => matches!(
            error.kind(),
            ErrorKind::WouldBlock | ErrorKind::NotConnected | ErrorKind::ConnectionRefused
        ),
    }
}

fn connect(kind: Type, vip: Ipv4Addr, to: SocketAddrV4) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, kind, None)?;
    socket.bind(&SocketAddrV4::new(vip, 0).into())?;
    socket.set_nonblocking(true)?;
    match socket.connect(&to.into()) {
        Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => Err(error),
        _ => Ok(socket),
    }
}
