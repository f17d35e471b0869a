//! The smallest web server.

use std::env;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

use super::Host;
use super::background::{Background, Stop};
use super::requests::DIRECTOR_HEADER;

/// How long a client may take to say what it wants, in one piece.
const PATIENCE: Duration = Duration::from_millis(200);

/// A web server on a thread of ours, in the network of a host: one short page for every request.
#[derive(Debug)]
pub struct Responder {
    _thread: Background,
}

impl Responder {
    /// Serves on `port` of every address of `host`; the page names the host.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start(host: &Host, port: u16) -> Result<Self> {
        let listener = host.netns().enter(|| listen(port))??;
        let name = host.name().to_owned();
        let work = move |stop: Stop| serve(&listener, &name, || stop.is_requested());
        Ok(Self {
            _thread: Background::start("responder", work)?,
        })
    }
}

/// Where a process that stands in for nginx finds the name to serve under.
pub(super) const NAME_FILE: &str = "/usr/local/nginx/conf/director";
/// Argument that tells the process in the background from the one that starts it.
const IN_BACKGROUND: &str = "serve";

/// What an executable does that was called as `nginx` where there is none: serves on port 80, in
/// the background, until it is killed.
///
/// # Errors
/// When the port is taken.
pub fn stand_in_for_nginx() -> Result<()> {
    let mut arguments = env::args_os();
    let program = arguments.next().context("called without a name")?;
    if arguments
        .next()
        .is_some_and(|argument| argument == IN_BACKGROUND)
    {
        let name = std::fs::read_to_string(NAME_FILE)?;
        return serve(&listen(80)?, &name, || false);
    }
    let mut server = Command::new(program);
    server
        .arg(IN_BACKGROUND)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    server.process_group(0).spawn()?;
    Ok(())
}

fn listen(port: u16) -> Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))
        .with_context(|| format!("cannot listen on port {port}"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn serve(listener: &TcpListener, name: &str, mut stop: impl FnMut() -> bool) -> Result<()> {
    let limit = Timespec::try_from(Duration::from_millis(50))?;
    while !stop() {
        let mut polled = [PollFd::from_borrowed_fd(listener.as_fd(), PollFlags::IN)];
        match poll(&mut polled, Some(&limit)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        while let Ok((stream, _)) = listener.accept() {
            // A client that is gone is its own business.
            let _ = answer(stream, name);
        }
    }
    Ok(())
}

fn answer(mut stream: TcpStream, name: &str) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = [0; 1024];
    let _ = stream.read(&mut request)?;
    let page = format!(
        "HTTP/1.0 200 OK\r\n{DIRECTOR_HEADER}: {name}\r\nContent-Type: text/html\r\n\r\n\
         <h1>{name}</h1>\n"
    );
    stream.write_all(page.as_bytes())
}
