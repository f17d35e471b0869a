//! `global_defs`.

use ha_common::Family;

use super::{Text, announcements, answers};
use crate::config::machine_name;
use crate::config::model::Global;
use crate::dump::command;
use crate::dump::picture::Picture;

pub(super) fn show(picture: &Picture, text: &mut Text) {
    let Picture {
        global, defaults, ..
    } = picture;
    let router_id = global.router_id.clone().unwrap_or_else(machine_name);
    text.thing(format_args!("Router ID = {router_id}"));
    mail(global, text);
    text.thing(format_args!(
        "Dynamic interfaces = {}",
        defaults.dynamic_interfaces
    ));
    text.thing(format_args!(
        "VRRP notify priority changes = {}",
        defaults.notify_priority_changes
    ));
    for (family, group) in [
        (Family::Ipv4, defaults.group4),
        (Family::Ipv6, defaults.group6),
    ] {
        text.thing(format_args!("VRRP {family} mcast group = {group}"));
    }
    announcements(&defaults.garp, "refresh timer", |what, value| {
        text.thing(format_args!("Gratuitous ARP {what} = {value}"));
    });
    text.thing(format_args!(
        "Num adverts before down = {}",
        defaults.down_timer_adverts
    ));
    for line in answers(defaults.manners) {
        text.thing(line);
    }
    text.thing(format_args!(
        "Gratuitous ARP interval = {:.6}",
        global.garp_interval.as_secs_f64()
    ));
    text.thing(format_args!(
        "Gratuitous NA interval = {:.6}",
        global.gna_interval.as_secs_f64()
    ));
    text.thing(format_args!(
        "VRRP default protocol version = {}",
        defaults.version.number()
    ));
    text.thing(format_args!(
        "VRRP check unicast_src = {}",
        defaults.check_unicast_src
    ));
    text.thing(format_args!(
        "VRRP skip check advert addresses = {}",
        defaults.skip_check_adv_addr
    ));
    text.thing(format_args!("VRRP strict mode = {}", defaults.strict));
    text.thing(format_args!(
        "VRRP realtime priority = {}",
        global.rt_priority.unwrap_or_default()
    ));
    scripts(global, text);
    if !picture.opening.startup_delay.is_zero() {
        let delay = picture.opening.startup_delay.as_secs_f64();
        text.thing(format_args!("vrrp_startup_delay = {delay}"));
    }
}

fn mail(global: &Global, text: &mut Text) {
    if let Some(server) = &global.smtp_server {
        let (host, port) = server.split_once(' ').unwrap_or((server, "25"));
        text.thing(format_args!("Smtp server = {host}"));
        text.thing(format_args!("Smtp server port = {port}"));
    }
    if let Some(timeout) = global.smtp_connect_timeout {
        let seconds = timeout.as_secs();
        text.thing(format_args!("Smtp server connection timeout = {seconds}"));
    }
    if let Some(from) = &global.notification_email_from {
        text.thing(format_args!("Email notification from = {from}"));
        text.thing("Email notification to:");
        for address in &global.notification_email {
            text.thing(format_args!("  {address}"));
        }
    }
}

fn scripts(global: &Global, text: &mut Text) {
    text.thing(format_args!(
        "Script security {}",
        super::enabled(global.script_security)
    ));
    let (uid, gid) = command::default_uid_gid(global.script_user.as_ref());
    text.thing(format_args!("Default script uid:gid {uid}:{gid}"));
}
