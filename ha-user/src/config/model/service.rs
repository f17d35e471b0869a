//! What is in front of servers, and the servers behind it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use super::Command;
use super::check::Check;

/// `virtual_server`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualServer {
    /// What tells it from others: `192.0.2.1:80/TCP`, `fwmark 3`, `group web/TCP`.
    pub name: String,
    /// What is gated, each once over all virtual servers; port 0 is every port. None of a firewall
    /// mark.
    pub addresses: Vec<SocketAddr>,
    /// `protocol`.
    pub protocol: Protocol,
    /// `quorum`: weight of good servers that it takes.
    pub quorum: u32,
    /// `hysteresis`: how much more it takes to come back, and how much less to go; below the quorum.
    pub hysteresis: u32,
    /// `alpha`: servers count as bad until they are found good.
    pub alpha: bool,
    /// `omega`: a stop tells of servers and of the quorum.
    pub omega: bool,
    /// `ha_suspend`: no probes while none of `addresses`, of which there are some, is here.
    pub ha_suspend: bool,
    /// `fail_static`, which only vipd has: servers that go bad all at once stay in use.
    pub fail_static: bool,
    /// `no_server`, which only vipd has.
    pub without_server: WithoutServer,
    /// `quorum_up`.
    pub quorum_up: Option<Command>,
    /// `quorum_down`.
    pub quorum_down: Option<Command>,
    /// `sorry_server`; port 0 is that of the client.
    pub sorry_server: Option<SocketAddr>,
    /// `real_server` blocks, in the order of the file; never empty.
    pub servers: Vec<RealServer>,
}

/// `real_server`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealServer {
    /// Its address; port 0 is that of the client.
    pub address: SocketAddr,
    /// `weight`.
    pub weight: u32,
    /// `inhibit_on_failure`: bad, it keeps its connections and gets no new ones.
    pub inhibit_on_failure: bool,
    /// `notify_up`.
    pub notify_up: Option<Command>,
    /// `notify_down`.
    pub notify_down: Option<Command>,
    /// What must all be good for it to be good. Without any, it always is.
    pub checks: Vec<Arc<Check>>,
}

/// `protocol`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP, also if none is given: so the kernel reads what keepalived gives it then.
    #[default]
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    /// All of them, as the file names them.
    pub const NAMES: &[(&str, Self)] =
        &[("TCP", Self::Tcp), ("UDP", Self::Udp), ("SCTP", Self::Sctp)];
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Self::NAMES.iter().find(|(_, protocol)| protocol == self);
        f.write_str(named.map_or("", |(name, _)| name))
    }
}

/// What becomes of traffic to a virtual server whose servers are not enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WithoutServer {
    /// Dropped.
    #[default]
    Drop,
    /// Refused: a reset, or an unreachable port.
    Reject,
    /// Passed.
    Pass,
}
