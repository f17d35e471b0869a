//! Where a probe goes, and from where.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rustix::net::sockopt::set_tcp_quickack;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

/// What carries a dialogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// A TCP connection in which the server speaks first.
    Tcp,
    /// A TCP connection in which we do, or nobody does: the handshake's last segment goes with the
    /// request, or is the reset at once, so that a server is not told of who has nothing to say.
    PromptTcp,
    /// UDP datagrams.
    Udp,
}

/// Where a probe goes, and from where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// Where it goes (`connect_ip`, `connect_port`); an echo, which has no port, to the host.
    pub address: SocketAddr,
    /// Where it comes from (`bindto`, `bind_port`).
    pub source: Option<SocketAddr>,
    /// The only interface that it may use (`bind_if`).
    pub interface: Option<String>,
    /// Mark of its packets, which rules of routing may ask for (`fwmark`).
    pub mark: Option<u32>,
}

impl Target {
    /// A socket on its way there: it is connected, or becomes writable when it is, or has failed.
    ///
    /// A TCP connection is reset at its end: thousands of probes would leave more closed ones waiting
    /// than there are ports.
    ///
    /// # Errors
    /// As of `socket(2)`, `bind(2)` and `connect(2)`; root or `CAP_NET_ADMIN` is wanted for a mark.
    pub(super) fn connect(&self, carrier: Carrier) -> io::Result<Socket> {
        let (kind, protocol) = match carrier {
            Carrier::Tcp | Carrier::PromptTcp => (Type::STREAM, Protocol::TCP),
            Carrier::Udp => (Type::DGRAM, Protocol::UDP),
        };
        let domain = Domain::for_address(self.address);
        let socket = Socket::new(domain, kind.nonblocking(), Some(protocol))?;
        if let Some(mark) = self.mark {
            socket.set_mark(mark)?;
        }
        if let Some(interface) = &self.interface {
            socket.bind_device(Some(interface.as_bytes()))?;
        }
        if let Some(source) = self.source {
            socket.set_reuse_address(true)?;
            socket.bind(&SockAddr::from(source))?;
        }
        if kind == Type::STREAM {
            socket.set_linger(Some(Duration::ZERO))?;
        }
        if carrier == Carrier::PromptTcp {
            set_tcp_quickack(&socket, false)?;
        }
        match socket.connect(&SockAddr::from(self.address)) {
            Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => Err(error),
            _ => Ok(socket),
        }
    }
}
