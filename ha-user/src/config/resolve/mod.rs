//! From what the file says to what it means: defaults, references, and keepalived's rules between
//! keywords.

mod acceptance;
mod address;
mod authentication;
mod cast;
mod check;
mod command;
mod errand;
mod fifo;
mod file;
mod garp_group;
mod instance;
mod link;
mod manners;
mod page;
mod preemption;
mod process;
mod rhythm;
mod role;
mod script;
mod service;
mod shared;
mod ssl;
mod sync;
mod timing;
mod tracked;

use super::diagnostic::{At, Place, Report, Severity};
use super::draft::{Draft, GlobalDraft, InstanceDraft};
use super::host::Host;
use super::model::dump::Defaults;
use super::model::file::TrackFile;
use super::model::{Config, Global, Instance};
use ha_common::Family;
use instance::Pools;
use std::collections::HashMap;

/// Makes a configuration of a draft; what cannot be used is reported.
pub(super) fn resolve(mut draft: Draft, host: &dyn Host, report: &mut Report) -> Config {
    let global = std::mem::take(&mut draft.global);
    let files = file::resolve(&draft.files, report);
    let initial_files = file::initial(&draft.files);
    let mut context = Context {
        global: &global,
        files: &files,
        host,
        report,
    };
    command::security(&draft, &mut context);
    let fifos = fifo::resolve(&global.fifos, &mut context);
    let errands = errand::resolve(&global.errands, &mut context);
    let mut pools = Pools {
        scripts: script::resolve(draft.scripts, &mut context),
        checks: check::resolve(draft.checks, &mut context),
        processes: process::resolve(draft.processes, &mut context),
    };
    let sync_groups = sync::resolve(
        draft.sync_groups,
        &mut draft.instances,
        &mut pools,
        &mut context,
    );
    shared::tell(&draft.instances, &sync_groups, context.report);
    let mut instances: Vec<(Instance, Place)> = Vec::new();
    for draft in draft.instances {
        let at = draft.name.at;
        let instance = instance::resolve(draft, &mut pools, &mut context);
        instances.extend(instance.map(|instance| (instance, at)));
    }
    same_virtual_router(&mut instances, context.report);
    let instances: Vec<Instance> = instances
        .into_iter()
        .map(|(instance, _)| instance)
        .collect();
    Config {
        naming: draft.naming,
        ssl: ssl::resolve(draft.ssl, &mut context),
        garp_groups: garp_group::resolve(draft.garp_groups, &mut context),
        link_delays: link::resolve(draft.links, &instances, &mut context),
        services: service::resolve(draft.services, &draft.groups, &instances, &mut context),
        scripts: pools.scripts.finish(context.report),
        checks: pools.checks.finish(context.report),
        processes: pools.processes.finish(context.report),
        sync_groups,
        instances,
        initial_files,
        defaults: defaults(&global),
        dumps: global.dumps.clone(),
        opening: global.opening,
        fifos,
        errands,
        mail: global.mail.mail.clone(),
        global: global_model(global),
        xdp: draft.xdp,
    }
}

/// What things are resolved with.
struct Context<'a> {
    global: &'a GlobalDraft,
    files: &'a [TrackFile],
    host: &'a dyn Host,
    report: &'a mut Report,
}

impl Context<'_> {
    /// Reports something about an instance, by its name.
    fn say(&mut self, severity: Severity, instance: &At<String>, at: &Place, text: &str) {
        let message = format!("({}) {text}", instance.value);
        self.report.add(severity, at, message);
    }

    /// An interface that may come later, which keepalived misses nevertheless when it is asked.
    fn awaited(&mut self, name: &At<String>, what: &str) {
        if self.host.has_interface(&name.value) {
            return;
        }
        let severity = match self.host.absence() {
            Severity::Absent if !self.global.dynamic_interfaces => Severity::Stray,
            _ => Severity::Notice,
        };
        let message = format!("unknown interface {} specified for {what}", name.value);
        self.report.add(severity, &name.at, message);
    }

    /// Whether an instance asks for VRRP by the letter.
    fn is_strict(&self, instance: &InstanceDraft) -> bool {
        instance.strict.unwrap_or(self.global.strict)
    }

    /// An interface that is not there stops keepalived, unless interfaces may come later, or the
    /// configuration is only looked at.
    fn interface(&mut self, name: &At<String>, owner: &str) {
        if self.host.has_interface(&name.value) {
            return;
        }
        let (severity, help) = match self.host.absence() {
            _ if self.global.dynamic_interfaces => (Severity::Notice, "it may come later"),
            Severity::Notice => (Severity::Notice, "`--check-interfaces` makes that a fault"),
            severity => (
                severity,
                "create it first, or say `dynamic_interfaces` in global_defs",
            ),
        };
        let message = format!("interface {} for {owner} doesn't exist", name.value);
        self.report.add_with_help(severity, &name.at, message, help);
    }
}

/// Two instances cannot be the same virtual router: keepalived does not start with them. Of two
/// unicast ones with different peers or sources, which it runs, we run the first.
fn same_virtual_router(instances: &mut Vec<(Instance, Place)>, report: &mut Report) {
    let mut kept: Vec<(Instance, Place)> = Vec::new();
    let mut places = HashMap::new();
    for (instance, at) in instances.drain(..) {
        let place = *places.entry(identity(&instance)).or_insert(kept.len());
        match kept.get(place) {
            Some((twin, _)) => clash(twin, &instance, &at, report),
            None => kept.push((instance, at)),
        }
    }
    *instances = kept;
}

fn clash(one: &Instance, other: &Instance, at: &Place, report: &mut Report) {
    let severity = if one.unicast_peers == other.unicast_peers && one.source == other.source {
        Severity::Fatal
    } else {
        Severity::Error
    };
    let message = format!(
        "{} and {} both use VRID {} with {} on interface {}: leaving {} out",
        one.name, other.name, one.virtual_router_id, one.family, one.interface, other.name
    );
    let help = "give each instance of an interface its own virtual_router_id";
    report.add_with_help(severity, at, message, help);
}

/// What makes a virtual router of its own on a link.
fn identity(instance: &Instance) -> (u8, String, Family, bool) {
    let unicast = !instance.unicast_peers.is_empty();
    let interface = instance.interface.clone();
    (
        instance.virtual_router_id,
        interface,
        instance.family,
        unicast,
    )
}

/// Name of an instance for messages that begin with it.
fn owner(instance: &InstanceDraft) -> String {
    format!("vrrp_instance {}", instance.name.value)
}

/// What instances begin with.
fn defaults(global: &GlobalDraft) -> Defaults {
    let otherwise = Defaults::default();
    Defaults {
        dynamic_interfaces: global.dynamic_interfaces,
        version: global.version.unwrap_or(otherwise.version),
        garp: manners::default_garp(global),
        manners: manners::default_manners(global),
        notify_priority_changes: global.notify_priority_changes,
        strict: global.strict,
        down_timer_adverts: global
            .down_timer_adverts
            .unwrap_or(otherwise.down_timer_adverts),
        group4: global.group4.unwrap_or(otherwise.group4),
        group6: global.group6.unwrap_or(otherwise.group6),
        check_unicast_src: global.check_unicast_src,
        skip_check_adv_addr: global.skip_check_adv_addr,
    }
}

fn global_model(global: GlobalDraft) -> Global {
    Global {
        router_id: global.router_id,
        script_user: global.script_user,
        script_security: global.script_security,
        notification_email: global.notification_email,
        notification_email_from: global.notification_email_from,
        smtp_server: global.smtp_server,
        smtp_connect_timeout: global.smtp_connect_timeout,
        rt_priority: global.rt_priority,
        garp_interval: global.garp_interval.unwrap_or_default(),
        gna_interval: global.gna_interval.unwrap_or_default(),
    }
}
