//! What is probed, and how: the checkers of `vrrp_check` and of real servers.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::file::TrackFile;
use super::{Command, Weight, spelling};

/// `vrrp_check NAME`, which only vipd has: checkers that priorities follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VrrpCheck {
    /// Name.
    pub name: String,
    /// What must all be good for it to be good; never empty.
    pub checks: Vec<Arc<Check>>,
    /// `weight`.
    pub weight: Weight,
}

/// A `vrrp_check` that an instance follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrackCheck {
    /// Index into [`super::Config::checks`].
    pub check: usize,
    /// Weight for this instance: the check's, unless `track_check` says otherwise.
    pub weight: Weight,
}

/// One probe. A checker with several pages or hosts is as many probes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Check {
    /// What is done.
    pub method: Method,
    /// How often, and what it takes to believe in a change.
    pub rhythm: CheckRhythm,
}

/// How often a probe is run, and what it takes to believe in a change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct CheckRhythm {
    /// `delay_loop` or `interval`: from one run to the next.
    #[serde(rename = "delay_loop", serialize_with = "spelling::time")]
    pub interval: Duration,
    /// `connect_timeout`, `misc_timeout` or `timeout`: a run that takes longer has failed.
    #[serde(rename = "connect_timeout", serialize_with = "spelling::time")]
    pub timeout: Duration,
    /// `warmup`: before the first run at most; a part of it by chance.
    #[serde(serialize_with = "spelling::time")]
    pub warmup: Duration,
    /// `delay_before_retry`: from a failure that is not believed yet to the next run, where that is
    /// not `interval`.
    #[serde(rename = "delay_before_retry", serialize_with = "spelling::some_time")]
    pub retry: Option<Duration>,
    /// `rise`: successes in a row that make it good.
    pub rise: u32,
    /// `fall`, or `retry` and one more: failures in a row that make it bad.
    pub fall: u32,
    /// What it counts as before its first result: bad with `alpha` or `init_fail`, good otherwise in a
    /// real server, and `None` otherwise in a `vrrp_check`: the first result decides.
    pub assumed: Option<bool>,
    /// `log_all_failures`.
    #[serde(rename = "log_all_failures")]
    pub logs_all_failures: bool,
}

/// What a probe does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Method {
    /// `PING_CHECK`: an echo comes back.
    Ping(Endpoint),
    /// `TCP_CHECK`: a connection can be made.
    Tcp(Endpoint),
    /// `HTTP_GET`: a page is as expected.
    Http(Endpoint, Box<Page>),
    /// `SSL_GET`: a page is as expected, by TLS; with the name that it asks for (SNI).
    Https(Endpoint, Box<Page>, Option<String>),
    /// `UDP_CHECK`: a datagram is answered, or not refused.
    Udp(Endpoint, Datagram),
    /// `SMTP_CHECK`: a mail server greets who says HELO by this name.
    Smtp(Endpoint, String),
    /// `DNS_CHECK`: a name server answers.
    Dns(Endpoint, Lookup),
    /// `MISC_CHECK`: a command succeeds.
    Misc {
        /// `misc_path` and `user`.
        command: Command,
        /// `misc_dynamic`: exit codes 2 to 255 are success, and two more than what the server counts for.
        is_dynamic: bool,
    },
    /// `FILE_CHECK`: the number in a file is no fault.
    File(TrackFile),
}

/// Where a probe goes, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Endpoint {
    /// `connect_ip` and `connect_port`; of a ping, the port is 0.
    #[serde(rename = "connect_ip")]
    pub address: SocketAddr,
    /// `bindto` and `bind_port`.
    #[serde(rename = "bindto")]
    pub source: Option<SocketAddr>,
    /// `bind_if`.
    #[serde(rename = "bind_if")]
    pub interface: Option<String>,
    /// `fwmark`.
    #[serde(rename = "fwmark")]
    pub mark: Option<u32>,
}

/// `url { ... }` of `HTTP_GET` and `SSL_GET`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Page {
    /// `path`.
    pub path: String,
    /// `virtualhost`: the Host header, if not the address.
    #[serde(rename = "virtualhost")]
    pub host: Option<String>,
    /// `http_protocol`.
    #[serde(rename = "http_protocol")]
    pub version: HttpVersion,
    /// `status_code`: ranges that are good, first and last; 200 to 299 if not given.
    #[serde(rename = "status_code")]
    pub codes: Vec<(u16, u16)>,
    /// `digest`: MD5 of the body.
    pub digest: Option<[u8; 16]>,
    /// `regex`.
    #[serde(rename = "regex")]
    pub pattern: Option<Pattern>,
}

/// `regex` and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Pattern {
    /// The expression, with its options; it compiles.
    pub expression: String,
    /// It must be found; `regex_no_match` says that it must not.
    pub is_wanted: bool,
    /// `regex_min_offset` and `regex_max_offset`: octets of the body that a match begins in.
    #[serde(rename = "regex_min_offset")]
    pub offsets: (usize, Option<usize>),
}

/// `http_protocol`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub enum HttpVersion {
    /// HTTP/1.0.
    #[default]
    V1_0,
    /// HTTP/1.0 with `Connection: close` (`1.0C`).
    V1_0Close,
    /// HTTP/1.0 with `Connection: keep-alive` (`1.0K`).
    V1_0KeepAlive,
    /// HTTP/1.1 (`1.1`), which closes the connection itself.
    V1_1,
    /// HTTP/1.1 with `Connection: keep-alive` (`1.1K`).
    V1_1KeepAlive,
}

/// `UDP_CHECK`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Datagram {
    /// `payload`; some octets of chance if not given.
    pub payload: Vec<u8>,
    /// `require_reply`: octets that the reply begins with, each with the bits that matter; `None` if a
    /// server that does not refuse is good.
    #[serde(rename = "require_reply")]
    pub reply: Option<Vec<(u8, u8)>>,
    /// `min_reply_length`.
    #[serde(rename = "min_reply_length")]
    pub least: usize,
    /// `max_reply_length`.
    #[serde(rename = "max_reply_length")]
    pub most: usize,
}

/// `DNS_CHECK`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Lookup {
    /// `type`, as DNS calls it: SOA if not given.
    #[serde(rename = "type")]
    pub kind: String,
    /// `name`: the root if not given.
    pub name: String,
}

/// As people call it: "HTTP_GET 192.0.2.10:80/health".
impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ping(endpoint) => write!(f, "PING_CHECK {}", endpoint.address.ip()),
            Self::Tcp(endpoint) => write!(f, "TCP_CHECK {}", endpoint.address),
            Self::Http(endpoint, page) => write!(f, "HTTP_GET {}{}", endpoint.address, page.path),
            Self::Https(endpoint, page, _) => {
                write!(f, "SSL_GET {}{}", endpoint.address, page.path)
            }
            Self::Udp(endpoint, _) => write!(f, "UDP_CHECK {}", endpoint.address),
            Self::Smtp(endpoint, _) => write!(f, "SMTP_CHECK {}", endpoint.address),
            Self::Dns(endpoint, lookup) => {
                write!(f, "DNS_CHECK {} for {}", endpoint.address, lookup.name)
            }
            Self::Misc { command, .. } => write!(f, "MISC_CHECK {}", command.words.join(" ")),
            Self::File(file) => write!(f, "FILE_CHECK {}", file.name),
        }
    }
}
