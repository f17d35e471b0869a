//! What is in front of servers, and the servers behind it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use serde::Serialize;

use super::Command;
use super::check::Check;

/// `virtual_server`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VirtualServer {
    /// What tells it from others: `192.0.2.1:80/TCP`, `fwmark 3`, `group web/TCP`.
    pub name: String,
    /// The same as keepalived has it in pipes and mail: `[192.0.2.1]:tcp:80`, `FWM 3`, `[web]:0`.
    #[serde(skip)]
    pub title: String,
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
    #[serde(rename = "no_server")]
    pub without_server: WithoutServer,
    /// `quorum_up`.
    pub quorum_up: Option<Command>,
    /// `quorum_down`.
    pub quorum_down: Option<Command>,
    /// `smtp_alert`, here or in `global_defs`.
    pub smtp_alert: bool,
    /// `sorry_server`; port 0 is that of the client.
    pub sorry_server: Option<SocketAddr>,
    /// `real_server` blocks, in the order of the file; never empty.
    #[serde(rename = "real_server")]
    pub servers: Vec<RealServer>,
}

/// `real_server`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RealServer {
    /// Its address; port 0 is that of the client.
    pub address: SocketAddr,
    /// `weight`.
    pub weight: u32,
    /// `inhibit_on_failure`: bad, it keeps its connections and gets no new ones.
    pub inhibit_on_failure: bool,
    /// `smtp_alert`, here or around it.
    pub smtp_alert: bool,
    /// `notify_up`.
    pub notify_up: Option<Command>,
    /// `notify_down`.
    pub notify_down: Option<Command>,
    /// What must all be good for it to be good. Without any, it always is.
    pub checks: Vec<Arc<Check>>,
}

/// `protocol`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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

    /// Address, protocol and port, as keepalived has them in pipes and mail.
    #[must_use]
    pub fn trio(self, address: SocketAddr) -> String {
        let protocol = self.to_string().to_lowercase();
        format!("[{}]:{protocol}:{}", address.ip(), address.port())
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Self::NAMES.iter().find(|(_, protocol)| protocol == self);
        f.write_str(named.map_or("", |(name, _)| name))
    }
}

/// What becomes of traffic to a virtual server whose servers are not enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum WithoutServer {
    /// Dropped.
    #[default]
    Drop,
    /// Refused: a reset, or an unreachable port.
    Reject,
    /// Passed.
    Pass,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trio_names_its_protocol_in_small_letters() {
        let address = "[2001:db8::1]:80".parse().expect("an address");
        assert_eq!(Protocol::Tcp.trio(address), "[2001:db8::1]:tcp:80");
    }
}
