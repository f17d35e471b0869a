//! `virtual_server`, its group, and its real servers.

use super::super::diagnostic::{At, Place, Severity};
use super::super::draft::service::{
    GroupDraft, RealServerDraft, ServerDefaults, VirtualServerDraft, Whom,
};
use super::super::model::service::{Protocol, RealServer, VirtualServer};
use super::super::model::{Command, Instance};
use super::Context;
use super::check::{Around, checks};
use super::command::is_usable;
use super::rhythm::Level;
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Resolves all `virtual_server` blocks, for a host with these virtual routers.
pub(super) fn resolve(
    drafts: Vec<VirtualServerDraft>,
    groups: &[GroupDraft],
    instances: &[Instance],
    context: &mut Context<'_>,
) -> Vec<Arc<VirtualServer>> {
    let groups = groups.iter();
    let mut services = Services {
        groups: groups.map(|group| (&*group.name.value, group)).collect(),
        carried: carried(instances).collect(),
        context,
        names: HashSet::new(),
        taken: HashSet::new(),
    };
    drafts
        .into_iter()
        .filter_map(|draft| services.service(draft).map(Arc::new))
        .collect()
}

/// The virtual servers so far.
struct Services<'a, 'c> {
    groups: HashMap<&'a str, &'a GroupDraft>,
    /// Addresses that a router has.
    carried: HashSet<IpAddr>,
    context: &'a mut Context<'c>,
    names: HashSet<String>,
    /// What is gated, and for whom.
    taken: HashSet<(SocketAddr, Protocol)>,
}

/// Why the data path does not look whether a service has servers, and what is to be done.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ungated {
    reason: &'static str,
    help: &'static str,
}

impl Ungated {
    const NOT_OURS: Self = Self {
        reason: "no vrrp_instance has the address",
        help: "put it into a `virtual_ipaddress`; where this host has it by other means, all traffic passes",
    };
    const IPV6: Self = Self {
        reason: "only IPv4 is gated yet",
        help: "all traffic passes",
    };
    const EVERY_PORT: Self = Self {
        reason: "only single ports are gated yet",
        help: "name the port, or all traffic passes",
    };
}

impl Services<'_, '_> {
    /// `None` if it is left out.
    fn service(&mut self, mut draft: VirtualServerDraft) -> Option<VirtualServer> {
        let protocol = draft.protocol.unwrap_or_default();
        let name = name(&draft.whom, protocol);
        if draft.servers.is_empty() {
            return self.leave_out(&name, &draft.at, "has no real servers - ignoring");
        }
        if !self.names.insert(name.clone()) {
            return self.leave_out(&name, &draft.at, "is there already: ignoring this one");
        }
        let addresses = self.addresses(&draft, &name, protocol)?;
        self.said_nothing_of_protocol(&draft, &name);
        let servers = self.servers(&mut draft, &name);
        let is_gated = self.gating(&draft, &name, &addresses);
        self.forwarding(&draft, &name, &servers, is_gated);
        let (quorum, hysteresis) = self.demands(&draft, &name, &servers);
        let ha_suspend = self.suspends(&draft, &name) && !addresses.is_empty();
        Some(VirtualServer {
            title: title(&draft.whom, protocol),
            addresses,
            protocol,
            quorum,
            hysteresis,
            alpha: draft.defaults.rhythm.alpha.unwrap_or(false),
            omega: draft.omega,
            smtp_alert: self
                .context
                .global
                .mail
                .of_checker(draft.defaults.smtp_alert),
            ha_suspend,
            fail_static: draft.fail_static,
            without_server: draft.without_server,
            quorum_up: self.command("quorum_up", draft.quorum_up),
            quorum_down: self.command("quorum_down", draft.quorum_down),
            sorry_server: draft.sorry_server,
            servers,
            name,
        })
    }

    /// What is gated. An address of two virtual servers is the first one's.
    fn addresses(
        &mut self,
        draft: &VirtualServerDraft,
        name: &str,
        protocol: Protocol,
    ) -> Option<Vec<SocketAddr>> {
        let asked = match &draft.whom {
            Whom::Address(address) => vec![*address],
            Whom::Mark(_) => Vec::new(),
            Whom::Group(group) => match self.group(group) {
                Some(group) => group.addresses.clone(),
                None => return self.leave_out(name, &draft.at, "has no such group: ignoring it"),
            },
        };
        let mut addresses = Vec::new();
        for address in asked {
            if self.taken.insert((address, protocol)) {
                addresses.push(address);
            } else {
                let text = format!("{address}/{protocol} is there already: ignoring it here");
                self.say(Severity::Error, &draft.at, name, &text);
            }
        }
        Some(addresses)
    }

    fn group(&self, name: &str) -> Option<&GroupDraft> {
        self.groups.get(name).copied()
    }

    fn has_mark(&self, draft: &VirtualServerDraft) -> bool {
        match &draft.whom {
            Whom::Address(_) => false,
            Whom::Mark(_) => true,
            Whom::Group(group) => self.group(group).is_some_and(|group| group.has_mark),
        }
    }

    /// Whether its probes depend on where its addresses are. Nobody knows where a firewall mark is.
    fn suspends(&mut self, draft: &VirtualServerDraft, name: &str) -> bool {
        let Some(at) = &draft.ha_suspend else {
            return false;
        };
        let has_mark = self.has_mark(draft);
        if has_mark {
            let text = "cannot use ha_suspend with fwmarks - clearing ha_suspend";
            self.say(Severity::Error, at, name, text);
        }
        !has_mark
    }

    fn said_nothing_of_protocol(&mut self, draft: &VirtualServerDraft, name: &str) {
        if draft.protocol.is_none() && !matches!(draft.whom, Whom::Mark(_)) {
            let text = "no protocol set - defaulting to UDP";
            self.say(Severity::Error, &draft.at, name, text);
        }
    }

    fn servers(&mut self, draft: &mut VirtualServerDraft, name: &str) -> Vec<RealServer> {
        let mut servers = Vec::with_capacity(draft.servers.len());
        let mut taken = HashSet::with_capacity(draft.servers.len());
        for server in std::mem::take(&mut draft.servers) {
            let at = server.address.at;
            let server = self.server(server, draft);
            if taken.insert(server.address) {
                servers.push(server);
            } else {
                let text = format!("real server {} is duplicated - removing it", server.address);
                self.say(Severity::Error, &at, name, &text);
            }
        }
        servers
    }

    fn server(&mut self, draft: RealServerDraft, service: &VirtualServerDraft) -> RealServer {
        let address = with_port(draft.address.value, &service.whom);
        let ServerDefaults {
            rhythm,
            virtualhost,
            weight,
            inhibit_on_failure,
            smtp_alert,
        } = draft.own.or(service.defaults.clone());
        let around = Around {
            level: Level::Server(&rhythm),
            address: address.ip(),
            port: Some(address.port()).filter(|port| *port != 0),
            virtualhost: virtualhost.as_ref(),
        };
        let commands = draft.commands.map(|commands| *commands);
        let commands = commands.unwrap_or_default();
        RealServer {
            address,
            weight: weight.unwrap_or(1),
            inhibit_on_failure: inhibit_on_failure.unwrap_or(false),
            smtp_alert: self.context.global.mail.of_checker(smtp_alert),
            checks: checks(draft.checks, &around, self.context),
            notify_up: self.command("notify_up", commands.up),
            notify_down: self.command("notify_down", commands.down),
        }
    }

    fn command(&mut self, keyword: &str, command: Option<At<Command>>) -> Option<Command> {
        let command = command?;
        let user = command.value.user.as_ref();
        let usable = is_usable(keyword, &command, user, Severity::Notice, self.context);
        usable.then_some(command.value)
    }

    /// Quorum and hysteresis, as far as they can be had.
    fn demands(
        &mut self,
        draft: &VirtualServerDraft,
        name: &str,
        servers: &[RealServer],
    ) -> (u32, u32) {
        let weights = servers.iter().map(|server| server.weight);
        let total = weights.fold(0, u32::saturating_add);
        let mut quorum = draft.quorum.as_ref().map_or(1, |quorum| quorum.value);
        let at = draft.quorum.as_ref().map_or(&draft.at, |quorum| &quorum.at);
        if total == 0 {
            let text = "its real servers have no weight, which is never enough";
            self.say(Severity::Warning, at, name, text);
        } else if quorum > total {
            let text = format!(
                "quorum {quorum} exceeds total weight of real servers {total}, \
                 reducing quorum to {total}"
            );
            quorum = total;
            self.say(Severity::Warning, at, name, &text);
        }
        let most = quorum.saturating_sub(1);
        match &draft.hysteresis {
            Some(At { value, at }) if *value > most => {
                let text =
                    format!("hysteresis {value} >= quorum {quorum}; setting hysteresis to {most}");
                self.say(Severity::Error, at, name, &text);
                (quorum, most)
            }
            hysteresis => (quorum, hysteresis.as_ref().map_or(0, |value| value.value)),
        }
    }

    /// Says where the data path lets everything through. Whether it gates anything at all.
    fn gating(&mut self, draft: &VirtualServerDraft, name: &str, asked: &[SocketAddr]) -> bool {
        let open = |address: &SocketAddr| Some((*address, self.why_ungated(*address)?));
        let open: Vec<_> = asked.iter().filter_map(open).collect();
        if let Some((first, why)) = open.first() {
            let alike = open.iter().filter(|(_, other)| other == why);
            let others = match alike.count() - 1 {
                0 => String::new(),
                count => format!(" and {count} more"),
            };
            let first = first.ip();
            let message = format!(
                "virtual_server {name}: probed and not gated at {first}{others}: {}",
                why.reason
            );
            let report = &mut *self.context.report;
            report.add_with_help(Severity::Warning, &draft.at, message, why.help);
        }
        open.len() < asked.len()
    }

    fn why_ungated(&self, address: SocketAddr) -> Option<Ungated> {
        match address.ip() {
            IpAddr::V6(_) => Some(Ungated::IPV6),
            IpAddr::V4(_) if address.port() == 0 => Some(Ungated::EVERY_PORT),
            ip => (!self.is_carried(ip)).then_some(Ungated::NOT_OURS),
        }
    }

    /// Says what is not done yet.
    fn forwarding(
        &mut self,
        draft: &VirtualServerDraft,
        name: &str,
        servers: &[RealServer],
        is_gated: bool,
    ) {
        let text = if self.has_mark(draft) {
            "probed; a firewall mark is neither gated nor forwarded yet"
        } else if servers
            .iter()
            .all(|server| self.is_here(server.address.ip()))
        {
            return;
        } else if !is_gated {
            "probed; traffic is not forwarded to real servers yet"
        } else {
            "probed and gated; traffic is not forwarded to real servers yet"
        };
        self.say(Severity::Warning, &draft.at, name, text);
    }

    /// Whether an address is of this host, whatever router owns it now.
    fn is_here(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.is_carried(address) || self.context.host.has_address(address)
    }

    /// Whether a router has an address.
    fn is_carried(&self, address: IpAddr) -> bool {
        self.carried.contains(&address)
    }

    fn leave_out<V>(&mut self, name: &str, at: &Place, why: &str) -> Option<V> {
        let message = format!("virtual_server {name} {why}");
        self.context.report.add(Severity::Error, at, message);
        None
    }

    fn say(&mut self, severity: Severity, at: &Place, name: &str, text: &str) {
        let message = format!("virtual_server {name}: {text}");
        self.context.report.add(severity, at, message);
    }
}

fn carried(instances: &[Instance]) -> impl Iterator<Item = IpAddr> {
    let lists = instances
        .iter()
        .flat_map(|one| [&one.addresses, &one.excluded_addresses]);
    lists.flatten().map(|carried| carried.address)
}

fn name(whom: &Whom, protocol: Protocol) -> String {
    match whom {
        Whom::Address(address) if address.port() == 0 => format!("{}/{protocol}", address.ip()),
        Whom::Address(address) => format!("{address}/{protocol}"),
        Whom::Mark(mark) => format!("fwmark {mark}"),
        Whom::Group(group) => format!("group {group}/{protocol}"),
    }
}

fn title(whom: &Whom, protocol: Protocol) -> String {
    match whom {
        Whom::Address(address) => protocol.trio(*address),
        Whom::Mark(mark) => format!("FWM {mark}"),
        Whom::Group(group) => format!("[{group}]:0"),
    }
}

/// A server without a port has that of its virtual server.
fn with_port(mut server: SocketAddr, whom: &Whom) -> SocketAddr {
    if let Whom::Address(address) = whom
        && server.port() == 0
    {
        server.set_port(address.port());
    }
    server
}
