//! `global_defs { ... }`.

use super::super::diagnostic::{Report, Severity};
use super::super::draft::GlobalDraft;
use super::super::lexer::Word;
use super::super::model::dump::JsonVersion;
use super::choice::chosen;
use super::takes::{self, Takes};
use super::{
    Keyword, Table, accepted, dispensable, errand, fifo, flag, later, lines, mail, number,
    number_or, seconds, switch, taken_for_granted, value, words,
};
use ha_common::Family;
use std::time::Duration;

pub(super) const TABLE: Table<GlobalDraft> = Table {
    keywords: &[KEYWORDS, errand::KEYWORDS, fifo::KEYWORDS, mail::KEYWORDS],
    later: later::GLOBAL,
};

const KEYWORDS: &[Keyword<GlobalDraft>] = &[
    dispensable(words(
        "router_id",
        "NAME",
        1..=1,
        "name of this director",
        |global, _, words, _| {
            global.router_id = words.first().map(|word| word.text.to_string());
        },
    )),
    lines(
        "notification_email",
        "ADDRESS",
        "who gets mail",
        |global, words, _| {
            global
                .notification_email
                .extend(words.first().map(|word| word.text.to_string()));
        },
    ),
    dispensable(words(
        "notification_email_from",
        "ADDRESS",
        1..=1,
        "who sends it",
        |global, _, words, _| {
            global.notification_email_from = words.first().map(|word| word.text.to_string());
        },
    )),
    words(
        "smtp_server",
        "HOST [PORT]",
        1..=2,
        "the mail server",
        smtp_server,
    ),
    seconds(
        "smtp_connect_timeout",
        Duration::ZERO..=value::LONGEST,
        "time for a connection to it",
        |global, timeout| global.smtp_connect_timeout = Some(timeout.value),
    ),
    words(
        "script_user",
        "USER [GROUP]",
        0..=2,
        "whom scripts run as",
        script_user,
    ),
    switch(
        "enable_script_security",
        "never run a script as root that others could change",
        |global, on| {
            global.script_security = on;
        },
    ),
    words(
        "dynamic_interfaces",
        "[allow_if_changes]",
        0..=1,
        "interfaces may come into being later",
        dynamic_interfaces,
    ),
    number(
        "vrrp_version",
        2..=3,
        "version of instances of IPv4 that name none; 2 if not given",
        |global, version| {
            global.version = value::version(version).map(|version| version.value);
        },
    ),
    switch(
        "vrrp_strict",
        "RFC only: MASTER owns the addresses, no password, no preempt_delay, no answer to lower adverts, no_accept",
        |global, on| global.strict = on,
    ),
    switch(
        "vrrp_lower_prio_no_advert",
        "a MASTER does not answer adverts of lower priority",
        |global, on| global.manners.lower_prio_no_advert = Some(on),
    ),
    switch(
        "vrrp_higher_prio_send_advert",
        "a MASTER sends one more advert before it yields to a higher one",
        |global, on| global.manners.higher_prio_send_advert = Some(on),
    ),
    flag(
        "vrrp_check_unicast_src",
        "unicast adverts only from peers",
        |global, _| {
            global.check_unicast_src = true;
        },
    ),
    switch(
        "v3_checksum_as_v2",
        "checksum of version 3 without pseudo-header",
        |global, on| {
            global.v3_checksum_as_v2 = on;
        },
    ),
    number(
        "vrrp_down_timer_adverts",
        1..=100,
        "adverts missed until a takeover; 3 if not given",
        |global, count| {
            global.down_timer_adverts = value::octet(count).map(|count| count.value);
        },
    ),
    number(
        "vrrp_garp_master_delay",
        value::SECONDS,
        "seconds to the second burst of gratuitous ARP; 5 if not given",
        |global, delay| {
            global.garp.delay = value::whole_seconds(&delay);
        },
    ),
    number_or(
        "vrrp_garp_master_repeat",
        value::REPEATS,
        Some(1),
        "gratuitous ARPs in a burst; 5 if not given",
        |global, count| {
            global.garp.repeat = value::count(&count);
        },
    ),
    number(
        "vrrp_garp_master_refresh",
        value::LONG,
        "seconds between bursts afterwards; 0, if not given, is never",
        |global, refresh| {
            global.garp.refresh = value::whole_seconds(&refresh);
        },
    ),
    number_or(
        "vrrp_garp_master_refresh_repeat",
        value::REPEATS,
        Some(1),
        "gratuitous ARPs in such a burst; 1 if not given",
        |global, count| {
            global.garp.refresh_repeat = value::count(&count);
        },
    ),
    number(
        "vrrp_garp_lower_prio_delay",
        value::SECONDS,
        "seconds from the gratuitous ARPs that a lower advert provokes to their repetition; vrrp_garp_master_delay if not given",
        |global, delay| {
            global.garp.lower_prio_delay = value::whole_seconds(&delay);
        },
    ),
    number(
        "vrrp_garp_lower_prio_repeat",
        value::COUNT,
        "gratuitous ARPs that a lower advert provokes; vrrp_garp_master_repeat if not given",
        |global, count| {
            global.garp.lower_prio_repeat = value::count(&count);
        },
    ),
    switch(
        "vrrp_min_garp",
        "one gratuitous ARP after a takeover and no second burst, unless the number or the delay is given",
        |global, on| global.min_garp = on,
    ),
    seconds(
        "vrrp_garp_interval",
        Duration::from_micros(1)..=value::LONGEST,
        "pause between two gratuitous ARPs of an interface; 64 in a millisecond if not given",
        |global, pause| global.garp_interval = Some(pause.value),
    ),
    seconds(
        "vrrp_gna_interval",
        Duration::from_micros(1)..=value::LONGEST,
        "pause between two unsolicited neighbour adverts of an interface; 64 in a millisecond if not given",
        |global, pause| global.gna_interval = Some(pause.value),
    ),
    seconds(
        "vrrp_startup_delay",
        Duration::from_millis(1)..=value::LONGEST,
        "how long after the start nobody takes over",
        |global, delay| global.opening.startup_delay = delay.value,
    ),
    seconds(
        "vrrp_delay_after_boot",
        Duration::from_millis(1)..=value::LONGEST,
        "how long after the start of the machine nobody takes over",
        |global, delay| global.opening.delay_after_boot = delay.value,
    ),
    switch(
        "vrrp_owner_ignore_adverts",
        "an address owner keeps its addresses whoever speaks up: of two owners, both answer",
        |global, on| global.owner_ignore_adverts = on,
    ),
    words(
        "vrrp_mcast_group4",
        "GROUP",
        1..=1,
        "group that adverts of IPv4 go to; 224.0.0.18 if not given",
        multicast_group,
    ),
    words(
        "vrrp_mcast_group6",
        "GROUP",
        1..=1,
        "group that adverts of IPv6 go to; ff02::12 if not given",
        multicast_group,
    ),
    number(
        "vrrp_rt_priority",
        1..=99,
        "real-time priority of the thread that sends adverts; 2 if not given",
        |global, priority| {
            global.rt_priority = value::octet(priority).map(|priority| priority.value);
        },
    ),
    accepted(
        "reload_check_config",
        takes::words("[PATH]", 0..=1),
        "the default: a file with errors is not taken at a reload",
    ),
    accepted(
        "vrrp_no_swap",
        Takes::Nothing,
        "the daemon's memory is locked wherever that is permitted",
    ),
    taken_for_granted(switch(
        "vrrp_skip_check_adv_addr",
        "the default: addresses that adverts list are compared, and the advert counts in any case",
        |global, on| global.skip_check_adv_addr = on,
    )),
    number(
        "json_version",
        1..=2,
        "layout of the JSON dump: 1, a list of instances, if not given; 2, an object",
        |global, version| {
            global.dumps.json_version = match version.value {
                2 => JsonVersion::V2,
                _ => JsonVersion::V1,
            };
        },
    ),
    dispensable(words(
        "state_dump_file",
        "PATH",
        1..=1,
        "where USR1 dumps to, below $TMPDIR or /tmp if not absolute; keepalived.data if not given",
        |global, _, words, _| global.dumps.state = path(words),
    )),
    dispensable(words(
        "stats_dump_file",
        "PATH",
        1..=1,
        "where USR2 dumps to; keepalived.stats if not given",
        |global, _, words, _| global.dumps.stats = path(words),
    )),
    dispensable(words(
        "json_dump_file",
        "PATH",
        1..=1,
        "where the JSON dump goes; keepalived.json if not given",
        |global, _, words, _| global.dumps.json = path(words),
    )),
];

fn smtp_server(global: &mut GlobalDraft, _: &Word, words: &[Word], _: &mut Report) {
    let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    global.smtp_server = Some(words.join(" "));
}

/// Of the family that the keyword is for.
fn multicast_group(global: &mut GlobalDraft, keyword: &Word, words: &[Word], report: &mut Report) {
    let [word, ..] = words else { return };
    let (family, group) = match keyword.text.as_str() {
        "vrrp_mcast_group6" => (Family::Ipv6, &mut global.group6),
        _ => (Family::Ipv4, &mut global.group4),
    };
    *group = value::group(keyword, word, Some(family), report).or(*group);
}

fn path(words: &[Word]) -> Option<String> {
    let given = words.first().map(|word| word.text.to_string());
    given.filter(|path| !path.is_empty())
}

fn script_user(global: &mut GlobalDraft, keyword: &Word, words: &[Word], report: &mut Report) {
    global.script_user = value::script_user(words);
    if words.is_empty() {
        let message = "No script username specified: ignoring the line";
        report.add(Severity::Error, &keyword.at, message);
    }
}

fn dynamic_interfaces(
    global: &mut GlobalDraft,
    keyword: &Word,
    words: &[Word],
    report: &mut Report,
) {
    global.dynamic_interfaces = true;
    chosen(&[("allow_if_changes", ())], keyword, words, report);
}
