//! `vrrp_instance`.

use super::time::moment;
use super::{Text, address, announcements, answers, enabled, notify, yes};
use crate::config::model::{Instance, VirtualAddress, VrrpVersion};
use crate::dump::json::MASKED;
use crate::dump::picture::{Picture, Router};
use crate::vrrp::State;

/// What keepalived calls the TTL of adverts to peers that it was not told.
const UNICAST_TTL: u8 = 255;

pub(super) fn show(picture: &Picture, router: &Router, text: &mut Text) {
    let instance = &router.instance;
    text.thing(format_args!("VRRP Instance = {}", instance.name));
    let version = instance.version.number();
    text.about(format_args!("VRRP Version = {version}"));
    let mut groups = picture.groups.iter().map(|group| &group.group);
    if let Some(group) = groups.find(|group| group.has(&instance.name)) {
        text.about(format_args!("Sync group = {}", group.name));
    }
    state(router, text);
    wire(router, text);
    announcements(&instance.garp, "refresh", |what, value| {
        text.about(format_args!("Gratuitous ARP {what} = {value}"));
    });
    election(router, text);
    authentication(instance, text);
    addresses(router, text);
    tracked(picture, instance, text);
    text.about(format_args!(
        "Using smtp notification = {}",
        yes(instance.smtp_alert)
    ));
    let deleted = match instance.rarely.tells_deleted {
        true => "Deleted",
        false => "Fault",
    };
    text.about(format_args!("Notify deleted = {deleted}"));
    let script_user = picture.global.script_user.as_ref();
    notify(&instance.notify, Some(&instance.rarely), script_user, text);
    text.about(format_args!(
        "Notify priority changes = {}",
        instance.notify_priority_changes
    ));
}

fn state(router: &Router, text: &mut Text) {
    let word = router.state_word();
    text.about(format_args!("State = {word}"));
    if router.state == State::Backup {
        let active = router
            .active
            .map_or("0.0.0.0".to_owned(), |one| one.to_string());
        text.about(format_args!("Master router = {active}"));
        text.about(format_args!("Master priority = {}", router.active_priority));
        if router.instance.version == VrrpVersion::V3 {
            let interval = router.active_adver_interval.as_secs_f64();
            text.about(format_args!("Master advert int = {interval:.2} sec"));
        }
    }
    flags(&router.instance, text);
    text.about(format_args!("Wantstate = {word}"));
    text.about("Number of config faults = 0");
    text.about(format_args!(
        "Number of interface and track script faults = {}",
        router.faults
    ));
    text.about(format_args!(
        "Number of track scripts init = {}",
        router.pending
    ));
    text.about(format_args!("Last transition = {}", moment(router.since)));
    let deadline = router.deadline.map_or("DISABLED".to_owned(), moment);
    text.about(format_args!("Read timeout = {deadline}"));
    let silence = router.active_down_interval.as_micros();
    text.about(format_args!("Master down timer = {silence} usecs"));
}

/// There are more flags than are shown.
fn flags(instance: &Instance, text: &mut Text) {
    let is_unicast = is_unicast(instance);
    let hidden = instance.skip_check_adv_addr
        || !instance.preempt
        || instance.check_unicast_src
        || instance.source.is_some();
    if !is_unicast && !hidden {
        return text.about("Flags: none");
    }
    text.about("Flags:");
    if is_unicast {
        text.item("Using unicast");
    }
}

fn is_unicast(instance: &Instance) -> bool {
    !instance.unicast_peers.is_empty()
}

fn wire(router: &Router, text: &mut Text) {
    let instance = &router.instance;
    text.about(format_args!("Interface = {}", instance.interface));
    if instance.strict {
        text.about("Enforcing strict VRRP compliance");
    }
    if instance.skip_check_adv_addr {
        text.about("Skip checking advert IP addresses");
    }
    let source = router
        .source
        .map_or("(none)".to_owned(), |one| one.to_string());
    let origin = match instance.source {
        Some(_) => " (from configuration)",
        None => "",
    };
    text.about(format_args!("Using src_ip = {source}{origin}"));
    if !is_unicast(instance) {
        text.about(format_args!("Multicast address {}", instance.group));
    }
}

fn election(router: &Router, text: &mut Text) {
    let instance = &router.instance;
    text.about(format_args!(
        "Down timer adverts = {}",
        instance.down_timer_adverts
    ));
    for line in answers(instance.manners) {
        text.about(line);
    }
    text.about(format_args!(
        "Virtual Router ID = {}",
        instance.virtual_router_id
    ));
    text.about(format_args!("Priority = {}", instance.priority));
    text.about(format_args!("Effective priority = {}", router.priority));
    text.about(format_args!("Total priority = {}", router.total_priority));
    let own = instance.advert_int;
    match instance.version {
        VrrpVersion::V2 => text.about(format_args!("Advert interval = {} sec", own.as_secs())),
        VrrpVersion::V3 => {
            text.about(format_args!(
                "Advert interval = {} milli-sec",
                own.as_millis()
            ));
            if router.state == State::Backup {
                let active = router.active_adver_interval.as_millis();
                text.about(format_args!("Master advert interval = {active} milli-sec"));
            }
        }
    }
    text.about(format_args!("Accept = {}", enabled(instance.accept)));
    text.about(format_args!("Preempt = {}", enabled(instance.preempt)));
    if !instance.preempt_delay.is_zero() {
        let delay = instance.preempt_delay.as_secs_f64();
        text.about(format_args!("Preempt delay = {delay} secs"));
    }
    text.about("Promote_secondaries = disabled");
}

fn authentication(instance: &Instance, text: &mut Text) {
    match (instance.auth_pass, instance.version) {
        (Some(_), _) => {
            text.about("Authentication type = SIMPLE_PASSWORD");
            text.about(format_args!("Password = {MASKED}"));
        }
        (None, VrrpVersion::V2) => text.about("Authentication type = none"),
        (None, VrrpVersion::V3) => {}
    }
}

fn addresses(router: &Router, text: &mut Text) {
    let instance = &router.instance;
    let list = |addresses: &[VirtualAddress], text: &mut Text| {
        for one in addresses {
            text.item(address::describe(one, router));
        }
    };
    if !instance.addresses.is_empty() {
        text.about(format_args!("Virtual IP ({}):", instance.addresses.len()));
        list(&instance.addresses, text);
    }
    if !instance.excluded_addresses.is_empty() {
        text.about("Virtual IP Excluded :");
        list(&instance.excluded_addresses, text);
    }
    if is_unicast(instance) {
        let ttl = instance.unicast_ttl.unwrap_or(UNICAST_TTL);
        text.about(format_args!("Unicast TTL = {ttl}"));
        let check = yes(instance.check_unicast_src);
        text.about(format_args!("Check unicast src : {check}"));
        text.about("Unicast Peer :");
        for peer in &instance.unicast_peers {
            let ttl = instance.peer_ttls.iter().find(|one| one.peer == *peer);
            let (min, max) = ttl.map_or((u8::MIN, u8::MAX), |one| (one.min_ttl, one.max_ttl));
            text.item(format_args!("{peer} min_ttl {min} max_ttl {max}"));
        }
        text.about("Unicast checksum compatibility = no");
    }
}

fn tracked(picture: &Picture, instance: &Instance, text: &mut Text) {
    if !instance.track_interfaces.is_empty() {
        text.about("Tracked interfaces :");
    }
    for track in &instance.track_interfaces {
        text.item(format_args!("{} weight {}", track.name, track.weight));
    }
    let tracks = instance.track_scripts.iter();
    let scripts: Vec<_> = tracks
        .filter_map(|track| Some((picture.scripts.get(track.script)?, track.weight)))
        .collect();
    if !scripts.is_empty() {
        text.about("Tracked scripts :");
    }
    for (script, followed) in scripts {
        text.item(format_args!("{} weight {}", script.name, followed));
    }
}
