//! What the file says of probes.

use super::super::diagnostic::At;
use super::super::model::check::HttpVersion;
use super::super::model::file::FileWeight;
use super::super::model::{Command, ScriptUser, Weight};
use smol_str::SmolStr;
use std::net::IpAddr;
use std::time::Duration;

/// `vrrp_check NAME`.
#[derive(Debug)]
pub(in crate::config) struct VrrpCheckDraft {
    pub name: At<String>,
    pub interval: Option<Duration>,
    pub timeout: Option<Duration>,
    pub weight: Weight,
    pub rise: Option<u32>,
    pub fall: Option<u32>,
    pub init_fail: bool,
    pub checks: Vec<CheckDraft>,
}

impl VrrpCheckDraft {
    pub(in crate::config) fn new(name: At<String>) -> Self {
        Self {
            name,
            interval: None,
            timeout: None,
            weight: Weight::default(),
            rise: None,
            fall: None,
            init_fail: false,
            checks: Vec::new(),
        }
    }
}

/// A checker, of one kind or of any.
#[derive(Debug)]
pub(in crate::config) struct CheckDraft<M = MethodDraft> {
    /// Its keyword.
    pub kind: At<SmolStr>,
    /// Most have none of their own.
    pub target: Option<Box<TargetDraft>>,
    pub rhythm: RhythmDraft,
    pub method: M,
}

impl<M> CheckDraft<M> {
    pub(in crate::config) fn new(kind: At<SmolStr>, method: M) -> Self {
        Self {
            kind,
            target: None,
            rhythm: RhythmDraft::default(),
            method,
        }
    }

    /// The same, as one of any kind.
    pub(in crate::config) fn any(self, method: fn(Box<M>) -> MethodDraft) -> CheckDraft {
        CheckDraft {
            kind: self.kind,
            target: self.target,
            rhythm: self.rhythm,
            method: method(Box::new(self.method)),
        }
    }
}

/// What belongs to one kind of checker.
#[derive(Debug)]
pub(in crate::config) enum MethodDraft {
    Ping,
    Tcp,
    Http(Box<HttpDraft>),
    Https(Box<HttpDraft>),
    Udp(Box<UdpDraft>),
    Smtp(Box<SmtpDraft>),
    Dns(Box<DnsDraft>),
    Misc(Box<MiscDraft>),
    File(Box<FileCheckDraft>),
}

/// Where a probe goes, and from where.
#[derive(Clone, Debug, Default)]
pub(in crate::config) struct TargetDraft {
    pub connect_ip: Option<At<IpAddr>>,
    pub connect_port: Option<u16>,
    pub bindto: Option<At<IpAddr>>,
    pub bind_port: Option<u16>,
    pub bind_if: Option<At<String>>,
    pub fwmark: Option<u32>,
    /// An address of it cannot be read: another one would be the wrong one.
    pub is_unusable: bool,
}

impl TargetDraft {
    /// Nothing is said of it.
    pub(in crate::config) const NONE: Self = Self {
        connect_ip: None,
        connect_port: None,
        bindto: None,
        bind_port: None,
        bind_if: None,
        fwmark: None,
        is_unusable: false,
    };

    /// What is said here, and otherwise what is said by `outer`.
    pub(in crate::config) fn or(self, outer: Self) -> Self {
        Self {
            connect_ip: self.connect_ip.or(outer.connect_ip),
            connect_port: self.connect_port.or(outer.connect_port),
            bindto: self.bindto.or(outer.bindto),
            bind_port: self.bind_port.or(outer.bind_port),
            bind_if: self.bind_if.or(outer.bind_if),
            fwmark: self.fwmark.or(outer.fwmark),
            is_unusable: self.is_unusable || outer.is_unusable,
        }
    }
}

/// How often a probe is run, and what it takes to believe in a change.
#[derive(Clone, Debug, Default)]
pub(in crate::config) struct RhythmDraft {
    pub delay_loop: Option<Duration>,
    /// `connect_timeout` or `misc_timeout`.
    pub timeout: Option<Duration>,
    pub warmup: Option<Duration>,
    pub retry: Option<u32>,
    pub delay_before_retry: Option<Duration>,
    pub alpha: Option<bool>,
    pub log_all_failures: Option<bool>,
}

impl RhythmDraft {
    /// What is said here, and otherwise what is said by `outer`.
    pub(in crate::config) fn or(self, outer: Self) -> Self {
        Self {
            delay_loop: self.delay_loop.or(outer.delay_loop),
            timeout: self.timeout.or(outer.timeout),
            warmup: self.warmup.or(outer.warmup),
            retry: self.retry.or(outer.retry),
            delay_before_retry: self.delay_before_retry.or(outer.delay_before_retry),
            alpha: self.alpha.or(outer.alpha),
            log_all_failures: self.log_all_failures.or(outer.log_all_failures),
        }
    }
}

/// `HTTP_GET` and `SSL_GET`.
#[derive(Debug, Default)]
pub(in crate::config) struct HttpDraft {
    pub pages: Vec<PageDraft>,
    pub virtualhost: Option<At<String>>,
    pub version: HttpVersion,
    pub sends_name: bool,
    pub sni_name: Option<At<String>>,
}

/// `url`.
#[derive(Debug, Default)]
pub(in crate::config) struct PageDraft {
    pub path: Option<String>,
    pub virtualhost: Option<At<String>>,
    pub codes: Vec<(u16, u16)>,
    pub digest: Option<[u8; 16]>,
    pub regex: Option<At<String>>,
    pub is_unwanted: bool,
    /// `regex_options`, as the expression has them.
    pub flags: String,
    pub min_offset: usize,
    pub max_offset: Option<usize>,
}

/// `UDP_CHECK`.
#[derive(Debug, Default)]
pub(in crate::config) struct UdpDraft {
    pub payload: Vec<u8>,
    pub reply: Option<Vec<(u8, u8)>>,
    pub least: Option<usize>,
    pub most: Option<usize>,
}

/// `SMTP_CHECK`.
#[derive(Debug, Default)]
pub(in crate::config) struct SmtpDraft {
    pub helo: Option<String>,
    pub hosts: Vec<HostDraft>,
}

/// `host` of `SMTP_CHECK`.
#[derive(Debug, Default)]
pub(in crate::config) struct HostDraft {
    pub target: TargetDraft,
    pub rhythm: RhythmDraft,
}

/// `DNS_CHECK`.
#[derive(Debug, Default)]
pub(in crate::config) struct DnsDraft {
    pub kind: Option<String>,
    pub name: Option<String>,
}

/// `MISC_CHECK`.
#[derive(Debug, Default)]
pub(in crate::config) struct MiscDraft {
    pub command: Option<At<Command>>,
    pub user: Option<ScriptUser>,
    pub is_dynamic: bool,
}

/// `FILE_CHECK`.
#[derive(Debug, Default)]
pub(in crate::config) struct FileCheckDraft {
    pub file: Option<At<String>>,
    pub weight: Option<FileWeight>,
}

/// A block that says where probes go.
pub(in crate::config) trait HasTarget {
    fn target(&mut self) -> &mut TargetDraft;
}

/// A block that says how often probes are run.
pub(in crate::config) trait HasRhythm {
    fn rhythm(&mut self) -> &mut RhythmDraft;
}

/// A block that checkers stand in.
pub(in crate::config) trait HasChecks {
    fn checks(&mut self) -> &mut Vec<CheckDraft>;

    /// Adds one. Most have one, and there may be tens of thousands: no room for more is made.
    fn check(&mut self, check: CheckDraft) {
        let checks = self.checks();
        checks.reserve_exact(1);
        checks.push(check);
    }
}

impl<M> HasTarget for CheckDraft<M> {
    fn target(&mut self) -> &mut TargetDraft {
        self.target.get_or_insert_default()
    }
}

impl<M> HasRhythm for CheckDraft<M> {
    fn rhythm(&mut self) -> &mut RhythmDraft {
        &mut self.rhythm
    }
}

impl HasTarget for HostDraft {
    fn target(&mut self) -> &mut TargetDraft {
        &mut self.target
    }
}

impl HasRhythm for HostDraft {
    fn rhythm(&mut self) -> &mut RhythmDraft {
        &mut self.rhythm
    }
}

impl HasChecks for VrrpCheckDraft {
    fn checks(&mut self) -> &mut Vec<CheckDraft> {
        &mut self.checks
    }
}
