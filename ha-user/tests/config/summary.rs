//! What a configuration means, line by line, as snapshots have it.

use ha_user::config::model::check::Check;
use ha_user::config::model::dump::{Defaults, Dumps};
use ha_user::config::model::errand::Errands;
use ha_user::config::model::fifo::Fifos;
use ha_user::config::model::mail::Mail;
use ha_user::config::model::manners::{Garp, Manners};
use ha_user::config::model::naming::Naming;
use ha_user::config::model::opening::Opening;
use ha_user::config::model::service::VirtualServer;
use ha_user::config::model::ssl::Ssl;
use ha_user::config::model::{Config, Instance, NotifyRarely, Script, VirtualAddress};
use std::fmt::Write as _;
use std::sync::Arc;

/// What a configuration means, a line for each thing in it.
pub(crate) fn summary(config: &Config) -> String {
    let mut text = format!("global: {:?}\nxdp: {:?}\n", config.global, config.xdp);
    if config.fifos != Fifos::default() {
        writeln!(text, "{:?}", config.fifos).expect("text");
    }
    if config.naming != Naming::default() {
        writeln!(text, "{:?}", config.naming).expect("text");
    }
    if config.errands != Errands::default() {
        writeln!(text, "{:?}", config.errands).expect("text");
    }
    if config.mail != Mail::default() {
        writeln!(text, "{:?}", config.mail).expect("text");
    }
    if config.ssl != Ssl::default() {
        writeln!(text, "{:?}", config.ssl).expect("text");
    }
    if config.dumps != Dumps::default() {
        writeln!(text, "{:?}", config.dumps).expect("text");
    }
    if config.opening != Opening::default() {
        writeln!(text, "{:?}", config.opening).expect("text");
    }
    if config.defaults != Defaults::default() {
        writeln!(text, "{:?}", config.defaults).expect("text");
    }
    for script in &config.scripts {
        summarise_script(&mut text, script);
    }
    for check in &config.checks {
        writeln!(text, "check {}: weight {:?}", check.name, check.weight).expect("text");
        probes(&mut text, "  ", &check.checks);
    }
    for process in &config.processes {
        writeln!(text, "{process:?}").expect("text");
    }
    for instance in &config.instances {
        summarise_instance(&mut text, instance);
    }
    for group in &config.sync_groups {
        writeln!(text, "{group:?}").expect("text");
    }
    for service in &config.services {
        summarise_service(&mut text, service);
    }
    for group in &config.garp_groups {
        writeln!(text, "{group:?}").expect("text");
    }
    for delay in &config.link_delays {
        writeln!(text, "{delay:?}").expect("text");
    }
    for file in &config.initial_files {
        writeln!(text, "{file:?}").expect("text");
    }
    text
}

fn summarise_script(text: &mut String, script: &Script) {
    let Script {
        name,
        command,
        interval,
        timeout,
        weight,
        rise,
        fall,
        init_fail,
    } = script;
    writeln!(
        text,
        "script {name}: {command:?} every {interval:?} within {timeout:?}, weight {weight:?}, \
         rise {rise}, fall {fall}, init_fail {init_fail}"
    )
    .expect("text");
}

fn probes(text: &mut String, indent: &str, checks: &[Arc<Check>]) {
    for check in checks {
        let Check { method, rhythm } = &**check;
        writeln!(text, "{indent}{method:?}\n{indent}  {rhythm:?}").expect("text");
    }
}

fn summarise_instance(text: &mut String, i: &Instance) {
    let Instance {
        name,
        interface,
        virtual_router_id: vrid,
        priority,
        version,
        ..
    } = i;
    writeln!(
        text,
        "instance {name}: {interface} {vrid} {version:?} priority {priority}"
    )
    .expect("text");
    if i.track_src_ip {
        writeln!(text, "  its source must be there").expect("text");
    }
    let Instance {
        initial_master,
        preempt,
        preempt_delay,
        advert_int,
        down_timer_adverts,
        ..
    } = i;
    let after = Some(preempt_delay).filter(|delay| !delay.is_zero());
    let after = after.map_or(String::new(), |delay| format!(" after {delay:?}"));
    writeln!(
        text,
        "  master {initial_master}, preempt {preempt}{after}, every {advert_int:?} x {down_timer_adverts}"
    )
    .expect("text");
    if i.skip_check_adv_addr {
        writeln!(text, "  skip_check_adv_addr").expect("text");
    }
    let Instance {
        source,
        unicast_peers,
        check_unicast_src,
        v3_checksum_as_v2,
        ..
    } = i;
    writeln!(
        text,
        "  source {source:?}, peers {unicast_peers:?} checked {check_unicast_src}, \
         password {:?}, as v2 {v3_checksum_as_v2}",
        i.auth_pass
            .map(|password| String::from_utf8_lossy(&password).into_owned())
    )
    .expect("text");
    cast(text, i);
    addresses(text, "address", &i.addresses);
    addresses(text, "excluded", &i.excluded_addresses);
    writeln!(
        text,
        "  {:?}\n  {:?}\n  {:?}\n  {:?}",
        i.track_scripts, i.track_checks, i.track_interfaces, i.notify
    )
    .expect("text");
    announcements(text, &i.garp);
    for file in &i.track_files {
        writeln!(text, "  {file:?}").expect("text");
    }
    for process in &i.track_processes {
        writeln!(text, "  {process:?}").expect("text");
    }
    if i.smtp_alert {
        writeln!(text, "  smtp_alert").expect("text");
    }
    if i.notify_priority_changes {
        writeln!(text, "  notify_priority_changes").expect("text");
    }
    if i.rarely != NotifyRarely::default() {
        writeln!(text, "  {:?}", i.rarely).expect("text");
    }
    if i.strict {
        writeln!(text, "  strict_mode").expect("text");
    }
    if i.owner_ignore_adverts {
        writeln!(text, "  owner_ignore_adverts").expect("text");
    }
    if !i.accept {
        writeln!(text, "  no_accept").expect("text");
    }
    if i.manners != Manners::default() {
        writeln!(text, "  {:?}", i.manners).expect("text");
    }
}

/// Where adverts go, where that is not as it is without being told.
fn cast(text: &mut String, i: &Instance) {
    let otherwise = Defaults::default();
    if ![otherwise.group4, otherwise.group6].contains(&i.group) {
        writeln!(text, "  to {}", i.group).expect("text");
    }
    if let Some(ttl) = i.unicast_ttl {
        writeln!(text, "  unicast_ttl {ttl}").expect("text");
    }
    for one in &i.peer_ttls {
        writeln!(text, "  {one:?}").expect("text");
    }
    if i.lacks_peers {
        writeln!(text, "  lacks peers").expect("text");
    }
}

/// What a lower advert provokes is told of where it is not what a takeover brings.
fn announcements(text: &mut String, garp: &Garp) {
    let Garp {
        delay,
        repeat,
        refresh,
        refresh_repeat,
        lower_prio_delay,
        lower_prio_repeat,
    } = garp;
    writeln!(
        text,
        "  Garp {{ delay: {delay:?}, repeat: {repeat}, refresh: {refresh:?}, \
         refresh_repeat: {refresh_repeat} }}"
    )
    .expect("text");
    if (lower_prio_delay, lower_prio_repeat) != (delay, repeat) {
        writeln!(
            text,
            "  lower: {lower_prio_repeat}, after {lower_prio_delay:?}"
        )
        .expect("text");
    }
}

fn summarise_service(text: &mut String, s: &VirtualServer) {
    writeln!(
        text,
        "service {}: {} {:?}, quorum {} +- {}, without {:?}, sorry {:?}",
        s.name, s.protocol, s.addresses, s.quorum, s.hysteresis, s.without_server, s.sorry_server
    )
    .expect("text");
    writeln!(
        text,
        "  alpha {}, omega {}, fail_static {}, up {:?}, down {:?}{}",
        s.alpha,
        s.omega,
        s.fail_static,
        s.quorum_up,
        s.quorum_down,
        if s.ha_suspend { ", ha_suspend" } else { "" }
    )
    .expect("text");
    if s.smtp_alert {
        writeln!(text, "  smtp_alert").expect("text");
    }
    for server in &s.servers {
        writeln!(
            text,
            "  server {}: weight {}, inhibited {}, up {:?}, down {:?}",
            server.address,
            server.weight,
            server.inhibit_on_failure,
            server.notify_up,
            server.notify_down
        )
        .expect("text");
        if server.smtp_alert {
            writeln!(text, "    smtp_alert").expect("text");
        }
        probes(text, "    ", &server.checks);
    }
}

fn addresses(text: &mut String, kind: &str, addresses: &[VirtualAddress]) {
    for address in addresses {
        writeln!(text, "  {kind} {address:?}").expect("text");
    }
}
