//! `vrrp_check`, and the checkers of real servers.

use super::super::diagnostic::{At, Severity};
use super::super::draft::check::{
    CheckDraft, DnsDraft, FileCheckDraft, MethodDraft, MiscDraft, RhythmDraft, SmtpDraft,
    TargetDraft, UdpDraft, VrrpCheckDraft,
};
use super::super::model::Weight;
use super::super::model::check::{Check, Datagram, Endpoint, Lookup, Method, VrrpCheck};
use super::super::model::file::TrackFile;
use super::Context;
use super::command::is_usable;
use super::page::pages;
use super::rhythm::Level;
use super::tracked::{Entry, Pool, Tracked};
use smallvec::{SmallVec, smallvec};
use smol_str::SmolStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// What keepalived says in HELO.
const HELO: &str = "smtpchecker.keepalived.org";
/// Longest reply of `UDP_CHECK`, if not given.
const LONGEST_REPLY: usize = 255;

impl Tracked for VrrpCheck {
    const KIND: &'static str = "check";

    fn name(&self) -> &str {
        &self.name
    }

    fn weight(&self) -> Weight {
        self.weight
    }
}

/// A checker's keyword.
type Kind = At<SmolStr>;
/// What a checker does; most do one thing.
type Methods = SmallVec<[Method; 1]>;

fn one(method: Method) -> Methods {
    smallvec![method]
}

/// What checkers take from the block that they stand in.
pub(super) struct Around<'a> {
    pub level: Level<'a>,
    pub address: IpAddr,
    pub port: Option<u16>,
    pub virtualhost: Option<&'a At<String>>,
}

/// Resolves all `vrrp_check` blocks.
pub(super) fn resolve(drafts: Vec<VrrpCheckDraft>, context: &mut Context<'_>) -> Pool<VrrpCheck> {
    Pool::new(drafts.into_iter().filter_map(|draft| entry(draft, context)))
}

/// `None` if the block has no checker that can be used.
fn entry(mut draft: VrrpCheckDraft, context: &mut Context<'_>) -> Option<Entry<VrrpCheck>> {
    let checkers = std::mem::take(&mut draft.checks);
    let around = Around {
        level: Level::Priority(&draft),
        address: Ipv4Addr::LOCALHOST.into(),
        port: None,
        virtualhost: None,
    };
    let checks = checks(checkers, &around, context);
    let At { value: name, at } = draft.name;
    if checks.is_empty() {
        let message = format!("No checker set for vrrp_check {name} - removing");
        context.report.add(Severity::Error, &at, message);
        return None;
    }
    let weight = draft.weight;
    let check = VrrpCheck {
        name,
        checks,
        weight,
    };
    Some(Entry::new(check, at, true))
}

/// The probes that checkers stand for; what cannot be used is reported and left out.
pub(super) fn checks(
    drafts: Vec<CheckDraft>,
    around: &Around<'_>,
    context: &mut Context<'_>,
) -> Vec<Arc<Check>> {
    let mut probes = Vec::with_capacity(drafts.len());
    for draft in drafts {
        Checker { around, context }.probes(draft, &mut probes);
    }
    probes
}

/// A checker that is being resolved. `None`, of its methods, is reported and left out.
struct Checker<'a, 'c> {
    around: &'a Around<'a>,
    context: &'a mut Context<'c>,
}

impl Checker<'_, '_> {
    /// Adds what it stands for to `probes`.
    fn probes(&mut self, draft: CheckDraft, probes: &mut Vec<Arc<Check>>) {
        let CheckDraft {
            kind,
            target,
            rhythm,
            method,
        } = draft;
        let target = target.as_deref();
        if let MethodDraft::Smtp(smtp) = &method
            && !smtp.hosts.is_empty()
        {
            return self.hosts(&kind, target, &rhythm, smtp, probes);
        }
        let rhythm = self.around.level.rhythm(rhythm, &method);
        let methods = self.methods(&kind, target, method).unwrap_or_default();
        probes.extend(methods.into_iter().map(|method| {
            let rhythm = rhythm.clone();
            Arc::new(Check { method, rhythm })
        }));
    }

    /// A probe for each of the hosts of a mail server.
    fn hosts(
        &mut self,
        kind: &Kind,
        target: Option<&TargetDraft>,
        rhythm: &RhythmDraft,
        smtp: &SmtpDraft,
        probes: &mut Vec<Arc<Check>>,
    ) {
        for host in &smtp.hosts {
            let host_target = host.target.clone().or(target.cloned().unwrap_or_default());
            let own = host.rhythm.clone().or(rhythm.clone());
            let Some(endpoint) = self.endpoint(kind, Some(&host_target), Some(25)) else {
                continue;
            };
            let single = MethodDraft::Smtp(Box::default());
            probes.push(Arc::new(Check {
                method: Method::Smtp(endpoint, helo(smtp)),
                rhythm: self.around.level.rhythm(own, &single),
            }));
        }
    }

    fn methods(
        &mut self,
        kind: &Kind,
        target: Option<&TargetDraft>,
        method: MethodDraft,
    ) -> Option<Methods> {
        let port = default_port(&method);
        let to = |checker: &mut Self| checker.endpoint(kind, target, port);
        Some(match method {
            MethodDraft::Ping => one(Method::Ping(to(self)?)),
            MethodDraft::Tcp => one(Method::Tcp(to(self)?)),
            MethodDraft::Http(http) => {
                let endpoint = to(self)?;
                let pages = pages(*http, self.around.virtualhost, self.context.report);
                let method = |(page, _)| Method::Http(endpoint.clone(), Box::new(page));
                self.some(kind, pages.into_iter().map(method).collect())?
            }
            MethodDraft::Https(http) => {
                let endpoint = to(self)?;
                let pages = pages(*http, self.around.virtualhost, self.context.report);
                let method = |(page, name)| Method::Https(endpoint.clone(), Box::new(page), name);
                self.some(kind, pages.into_iter().map(method).collect())?
            }
            MethodDraft::Udp(udp) => {
                let endpoint = to(self)?;
                one(Method::Udp(endpoint, self.datagram(kind, *udp)?))
            }
            MethodDraft::Smtp(smtp) => one(Method::Smtp(to(self)?, helo(&smtp))),
            MethodDraft::Dns(dns) => one(Method::Dns(to(self)?, lookup(*dns))),
            MethodDraft::Misc(misc) => one(self.command(kind, *misc)?),
            MethodDraft::File(file) => one(self.file(kind, *file)?),
        })
    }

    /// A checker without a page is none.
    fn some(&mut self, kind: &Kind, methods: Methods) -> Option<Methods> {
        if methods.is_empty() {
            self.leave_out(kind, "no url to get");
            return None;
        }
        Some(methods)
    }

    fn endpoint(
        &mut self,
        kind: &Kind,
        target: Option<&TargetDraft>,
        default_port: Option<u16>,
    ) -> Option<Endpoint> {
        let target = target.unwrap_or(&TargetDraft::NONE);
        if target.is_unusable {
            return None;
        }
        let own = target.connect_ip.as_ref().map(|address| address.value);
        let address = own.unwrap_or(self.around.address);
        let Some(port) = self.port(kind, target, default_port) else {
            self.leave_out(kind, "it needs a connect_port");
            return None;
        };
        if let Some(source) = &target.bindto
            && source.value.is_ipv4() != address.is_ipv4()
        {
            let why = format!(
                "bindto {} and {address} are not of one family",
                source.value
            );
            self.leave_out(&with(kind, source), &why);
            return None;
        }
        Some(Endpoint {
            address: SocketAddr::new(address, port),
            source: source(target, address),
            interface: target.bind_if.as_ref().map(|name| name.value.clone()),
            mark: target.fwmark,
        })
    }

    fn port(&self, kind: &Kind, target: &TargetDraft, default_port: Option<u16>) -> Option<u16> {
        if kind.value == "PING_CHECK" {
            return Some(0);
        }
        target.connect_port.or(self.around.port).or(default_port)
    }

    fn datagram(&mut self, kind: &Kind, udp: UdpDraft) -> Option<Datagram> {
        let (least, most) = (udp.least.unwrap_or(0), udp.most.unwrap_or(LONGEST_REPLY));
        if least > most {
            let why = format!("min_reply_length {least} is above max_reply_length {most}");
            self.leave_out(kind, &why);
            return None;
        }
        Some(Datagram {
            payload: udp.payload,
            reply: udp.reply,
            least,
            most,
        })
    }

    fn command(&mut self, kind: &Kind, misc: MiscDraft) -> Option<Method> {
        let Some(command) = misc.command else {
            self.leave_out(kind, "no misc_path");
            return None;
        };
        let user = misc.user.as_ref();
        is_usable("MISC_CHECK", &command, user, Severity::Error, self.context).then(|| {
            let mut command = command.value;
            command.user = misc.user;
            Method::Misc {
                command,
                is_dynamic: misc.is_dynamic,
            }
        })
    }

    fn file(&mut self, kind: &Kind, check: FileCheckDraft) -> Option<Method> {
        let Some(name) = check.file else {
            self.leave_out(kind, "no track_file specified");
            return None;
        };
        let mut files = self.context.files.iter();
        let Some(file) = files.find(|file| file.name == name.value) else {
            let why = format!("track_file {} not found", name.value);
            self.leave_out(&with(kind, &name), &why);
            return None;
        };
        Some(Method::File(TrackFile {
            weight: check.weight.unwrap_or(file.weight),
            ..file.clone()
        }))
    }

    fn leave_out(&mut self, kind: &Kind, why: &str) {
        let message = format!("{}: {why}: leaving the checker out", kind.value);
        self.context.report.add(Severity::Error, &kind.at, message);
    }
}

/// A checker's keyword with the place of something in it.
fn with<T>(kind: &Kind, place: &At<T>) -> Kind {
    At {
        value: kind.value.clone(),
        at: place.at,
    }
}

const fn default_port(method: &MethodDraft) -> Option<u16> {
    match method {
        MethodDraft::Http(_) => Some(80),
        MethodDraft::Https(_) => Some(443),
        MethodDraft::Smtp(_) => Some(25),
        MethodDraft::Dns(_) => Some(53),
        _ => None,
    }
}

fn source(target: &TargetDraft, to: IpAddr) -> Option<SocketAddr> {
    let any = match to {
        IpAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let address = target.bindto.as_ref().map(|source| source.value);
    let port = target.bind_port;
    let is_given = address.is_some() || port.is_some();
    is_given.then(|| SocketAddr::new(address.unwrap_or(any), port.unwrap_or(0)))
}

fn helo(smtp: &SmtpDraft) -> String {
    smtp.helo.clone().unwrap_or_else(|| HELO.into())
}

fn lookup(dns: DnsDraft) -> Lookup {
    Lookup {
        kind: dns.kind.unwrap_or_else(|| "SOA".into()),
        name: dns.name.unwrap_or_else(|| ".".into()),
    }
}
