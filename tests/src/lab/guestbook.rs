//! A server that writes down who comes.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv6Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::Host;
use super::background::{Background, Stop};

/// How often it looks who has come.
const GLANCE: Duration = Duration::from_millis(1);
/// How long a guest may take to say what it wants.
const PATIENCE: Duration = Duration::from_millis(200);

/// A web server with an empty page.
#[derive(Debug)]
pub struct Guestbook {
    guests: Arc<Mutex<Vec<IpAddr>>>,
    _thread: Background,
}

impl Guestbook {
    /// Lies open at `port` of every address of `host`, IPv4 or IPv6.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn open(host: &Host, port: u16) -> Result<Self> {
        let listener = host
            .netns()
            .enter(|| TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)))?
            .with_context(|| format!("cannot listen on port {port}"))?;
        listener.set_nonblocking(true)?;
        let guests = Arc::default();
        let written = Arc::clone(&guests);
        Ok(Self {
            guests,
            _thread: Background::start("guestbook", move |stop| {
                receive(&listener, &written, &stop);
                Ok(())
            })?,
        })
    }

    /// How often somebody came from `address` so far.
    #[must_use]
    pub fn count(&self, address: impl Into<IpAddr>) -> usize {
        let address = address.into();
        let guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        guests.iter().filter(|guest| **guest == address).count()
    }
}

fn receive(listener: &TcpListener, guests: &Mutex<Vec<IpAddr>>, stop: &Stop) {
    while !stop.is_requested() {
        match listener.accept() {
            Ok((stream, guest)) => {
                let mut guests = guests.lock().unwrap_or_else(PoisonError::into_inner);
                guests.push(guest.ip().to_canonical());
                drop(guests);
                // A guest that is gone is its own business.
                let _ = serve(stream);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(GLANCE),
            // A guest that has gone before it was looked at.
            Err(_) => {}
        }
    }
}

fn serve(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let _request = stream.read(&mut [0; 1024])?;
    stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n")
}
