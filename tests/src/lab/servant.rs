//! Servers that keep to their protocol, or break it on purpose.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv6Addr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use socket2::SockRef;

use super::Host;
use super::background::{Background, Stop};

/// How often a thread looks whether it is to end.
const GLANCE: Duration = Duration::from_millis(20);
/// How long a client is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a server does with who comes.
#[derive(Clone, Copy, Debug)]
pub enum Manner {
    /// Takes a connection, and says nothing.
    Silent,
    /// Says this at once.
    Says(&'static str),
    /// Says this after it was asked, a character at a time with so much time before each.
    Drips(&'static str, Duration),
    /// Says this after it was asked, then resets the connection.
    Resets(&'static str),
    /// Says one after it was asked, and the other one to the next, by turns.
    Alternates(&'static str, &'static str),
    /// Receives mail (RFC 5321), or at least greets.
    ReceivesMail,
}

/// What a server does with a datagram.
#[derive(Clone, Copy, Debug)]
pub enum Return {
    /// Sends it back.
    Echo,
    /// Sends this back.
    Answer(&'static [u8]),
    /// Nothing.
    Nothing,
}

/// A server on a thread of ours, in the network of a host.
#[derive(Debug)]
pub struct Servant {
    _thread: Background,
}

impl Servant {
    /// Serves by TCP on `port` of every address of `host`, IPv4 or IPv6.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn by_tcp(host: &Host, port: u16, manner: Manner) -> Result<Self> {
        let listener = host
            .netns()
            .enter(|| TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)))?
            .with_context(|| format!("cannot listen on port {port}"))?;
        listener.set_nonblocking(true)?;
        let work = move |stop: Stop| receive(&listener, manner, &stop);
        Ok(Self {
            _thread: Background::start("servant", work)?,
        })
    }

    /// Serves by UDP on `port` of every address of `host`, IPv4 or IPv6.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn by_udp(host: &Host, port: u16, answer: Return) -> Result<Self> {
        let socket = host
            .netns()
            .enter(|| UdpSocket::bind((Ipv6Addr::UNSPECIFIED, port)))?
            .with_context(|| format!("cannot receive on port {port}"))?;
        socket.set_read_timeout(Some(GLANCE))?;
        let work = move |stop: Stop| {
            return_all(&socket, answer, &stop);
            Ok(())
        };
        Ok(Self {
            _thread: Background::start("servant", work)?,
        })
    }
}

fn receive(listener: &TcpListener, manner: Manner, stop: &Stop) -> Result<()> {
    for number in 0_usize.. {
        let stream = loop {
            if stop.is_requested() {
                return Ok(());
            }
            match listener.accept() {
                Ok((stream, _)) => break stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    thread::sleep(Duration::from_millis(1));
                }
                // A client that has gone before it was looked at.
                Err(_) => {}
            }
        };
        thread::Builder::new()
            .name("servant".to_owned())
            // A client that is gone is its own business.
            .spawn(move || drop(serve(stream, manner, number)))?;
    }
    Ok(())
}

fn serve(mut stream: TcpStream, manner: Manner, number: usize) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    match manner {
        Manner::Silent => {}
        Manner::Says(text) => stream.write_all(text.as_bytes())?,
        Manner::ReceivesMail => return receive_mail(stream),
        Manner::Drips(text, pause) => {
            hear(&mut stream)?;
            for octet in text.as_bytes() {
                thread::sleep(pause);
                stream.write_all(&[*octet])?;
            }
            return Ok(());
        }
        Manner::Resets(text) => {
            hear(&mut stream)?;
            stream.write_all(text.as_bytes())?;
            return SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        }
        Manner::Alternates(one, other) => {
            hear(&mut stream)?;
            let text = [one, other][number % 2];
            return stream.write_all(text.as_bytes());
        }
    }
    // Until the client has had enough.
    while stream.read(&mut [0; 512])? > 0 {}
    Ok(())
}

fn hear(stream: &mut TcpStream) -> io::Result<()> {
    stream.read(&mut [0; 1024]).map(drop)
}

fn receive_mail(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(b"220-mail.example\r\n220 ready\r\n")?;
    loop {
        let mut line = [0; 512];
        let length = stream.read(&mut line)?;
        let reply: &[u8] = match line.get(..4) {
            _ if length == 0 => return Ok(()),
            Some(b"HELO") => b"250 mail.example\r\n",
            Some(b"QUIT") => return stream.write_all(b"221 bye\r\n"),
            _ => b"500 what?\r\n",
        };
        stream.write_all(reply)?;
    }
}

fn return_all(socket: &UdpSocket, answer: Return, stop: &Stop) {
    let mut datagram = [0; 2048];
    while !stop.is_requested() {
        let Ok((length, from)) = socket.recv_from(&mut datagram) else {
            continue;
        };
        let octets = match answer {
            Return::Echo => datagram.get(..length).unwrap_or_default(),
            Return::Answer(octets) => octets,
            Return::Nothing => continue,
        };
        // Who asked may be gone.
        let _ = socket.send_to(octets, from);
    }
}
