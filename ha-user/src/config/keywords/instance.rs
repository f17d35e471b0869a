//! `vrrp_instance NAME { ... }`.

use super::super::diagnostic::At;
use super::super::draft::InstanceDraft;
use super::address::{address, excluded_address};
use super::instance_value::{
    auth_pass, auth_type, interface, multicast_group, multicast_source, notify, notify_deleted,
    state, track_check, track_file, track_interface, track_process, track_script, unicast_source,
};
use super::peer::unicast_peer;
use super::takes::{self, Takes};
use super::{
    Keyword, Table, accepted, block, command, dispensable, flag, later, lines, number, number_or,
    seconds, switch, taken_for_granted, value, words,
};
use ha_common::Family;
use std::time::Duration;

pub(super) const TABLE: Table<InstanceDraft> = Table {
    keywords: &[KEYWORDS],
    later: later::INSTANCE,
};

const KEYWORDS: &[Keyword<InstanceDraft>] = &[
    words(
        "state",
        "MASTER|BACKUP",
        1..=1,
        "what to be until the first election",
        state,
    ),
    words(
        "interface",
        "NAME",
        1..=1,
        "where adverts are sent and heard",
        interface,
    ),
    number(
        "virtual_router_id",
        1..=255,
        "the same on all directors, different from other routers on the link",
        |instance, vrid| {
            instance.virtual_router_id = value::octet(vrid);
        },
    ),
    number_or(
        "priority",
        1..=255,
        Some(100),
        "the highest becomes MASTER; 100 if not given",
        |instance, priority| {
            instance.priority = value::octet(priority).map(|priority| priority.value);
        },
    ),
    number(
        "version",
        2..=3,
        "version of VRRP; 3 for IPv6, and else that of vrrp_version, if not given",
        |instance, version| instance.version = value::version(version),
    ),
    seconds(
        "advert_int",
        Duration::from_millis(10)..=Duration::from_secs(255),
        "time between two adverts: whole seconds in version 2, 0.01 s to 40.95 s in version 3; 1 if not given",
        |instance, interval| instance.advert_int = Some(interval),
    ),
    flag(
        "nopreempt",
        "a living MASTER of lower priority stays",
        |instance, at| instance.nopreempt = Some(at),
    ),
    seconds(
        "preempt_delay",
        Duration::ZERO..=Duration::from_secs(1000),
        "how long a living MASTER of lower priority is left alone before it is replaced",
        |instance, delay| instance.preempt_delay = Some(delay),
    ),
    accepted("preempt", Takes::Nothing, "the default"),
    flag(
        "accept",
        "packets to the addresses are for this host: the default, but not in strict mode",
        |instance, at| instance.accept = accept(at, true),
    ),
    flag(
        "no_accept",
        "packets to the addresses are dropped, except by an address owner; needs the data path",
        |instance, at| instance.accept = accept(at, false),
    ),
    taken_for_granted(switch(
        "skip_check_adv_addr",
        "the default: addresses that adverts list are compared, and the advert counts in any case",
        |instance, on| instance.skip_check_adv_addr = Some(on),
    )),
    accepted(
        "debug",
        takes::number(0, 4),
        "has no effect in keepalived either",
    ),
    switch(
        "strict_mode",
        "RFC only: MASTER owns the addresses, no password, no preempt_delay, no answer to lower adverts, no_accept",
        |instance, on| instance.strict = Some(on),
    ),
    block(
        "authentication",
        "plain text, of version 2 only",
        &AUTHENTICATION,
    ),
    words(
        "mcast_src_ip",
        "ADDRESS",
        1..=1,
        "where adverts come from",
        multicast_source,
    ),
    words(
        "mcast_dst_ip",
        "GROUP",
        1..=1,
        "group that adverts go to; that of vrrp_mcast_group4 or vrrp_mcast_group6 if not given",
        multicast_group,
    ),
    words(
        "unicast_src_ip",
        "ADDRESS",
        1..=1,
        "where unicast adverts come from",
        unicast_source,
    ),
    lines(
        "unicast_peer",
        "ADDRESS [min_ttl N] [max_ttl N]",
        "adverts go to these instead of the group; with a TTL, those of others are not heard",
        unicast_peer,
    ),
    number(
        "unicast_ttl",
        0..=255,
        "TTL of adverts to peers; if not given, 255, or 64 of IPv6",
        |instance, ttl| instance.unicast_ttl = value::octet(ttl),
    ),
    flag(
        "unicast_fault_no_peer",
        "the instance is in FAULT unless it has a unicast_peer",
        |instance, _| instance.unicast_fault_no_peer = true,
    ),
    flag(
        "native_ipv6",
        "a router of IPv6, whatever its first address is",
        |instance, _| {
            instance.family.get_or_insert(Family::Ipv6);
        },
    ),
    flag(
        "track_src_ip",
        "the address of mcast_src_ip or unicast_src_ip must be on the interface; if not, that is a fault",
        |instance, _| instance.track_src_ip = true,
    ),
    switch(
        "check_unicast_src",
        "unicast adverts only from peers",
        |instance, on| {
            instance.check_unicast_src = Some(on);
        },
    ),
    lines(
        "virtual_ipaddress",
        "ADDRESS[/LENGTH] [dev NAME] [label NAME] [brd ADDRESS] [scope NAME]",
        "the addresses",
        address,
    ),
    lines(
        "virtual_ipaddress_excluded",
        "as virtual_ipaddress",
        "addresses that adverts do not list",
        excluded_address,
    ),
    lines(
        "track_script",
        "NAME [weight N [reverse]]",
        "scripts that it follows",
        track_script,
    ),
    lines(
        "track_check",
        "NAME [weight N [reverse]]",
        "vipd's own: checks that it follows",
        track_check,
    ),
    lines(
        "track_interface",
        "NAME [weight N [reverse]]",
        "other interfaces that it follows; without a weight, down is a fault",
        track_interface,
    ),
    lines(
        "track_file",
        "NAME [weight N [reverse]]",
        "files whose number, times the weight, it adds to its priority; -254 and less is a fault",
        track_file,
    ),
    lines(
        "track_process",
        "NAME [weight N [reverse]]",
        "processes that it follows",
        track_process,
    ),
    command("notify_master", "command when it becomes MASTER", notify),
    command("notify_backup", "command when it becomes BACKUP", notify),
    command("notify_fault", "command when it is in FAULT", notify),
    command("notify_stop", "command when the daemon stops", notify),
    dispensable(command(
        "notify_dual_active",
        "command when another router turns out to be MASTER, too; gets arguments as notify does",
        notify,
    )),
    command(
        "notify",
        "command for every transition; gets type, name, state and priority",
        notify,
    ),
    words(
        "notify_deleted",
        "[COMMAND [USER [GROUP]]]",
        0..=3,
        "a reload that removes the instance is told as DELETED, not as FAULT; and its command",
        notify_deleted,
    ),
    command(
        "notify_master_rx_lower_pri",
        "command when it hears an advert of lower priority as MASTER, once in an interval",
        notify,
    ),
    switch(
        "notify_priority_changes",
        "changes of priority go to the pipes, too",
        |instance, on| instance.notify_priority_changes = Some(on),
    ),
    switch("smtp_alert", "mail on every transition", |instance, on| {
        instance.smtp_alert = Some(on)
    }),
    number(
        "garp_master_delay",
        value::SECONDS,
        "seconds to the second burst of gratuitous ARP",
        |instance, delay| {
            instance.garp.delay = value::whole_seconds(&delay);
        },
    ),
    number_or(
        "garp_master_repeat",
        value::REPEATS,
        Some(1),
        "gratuitous ARPs in a burst",
        |instance, count| {
            instance.garp.repeat = value::count(&count);
        },
    ),
    number(
        "garp_master_refresh",
        value::LONG,
        "seconds between bursts afterwards; 0 is never",
        |instance, refresh| {
            instance.garp.refresh = value::whole_seconds(&refresh);
        },
    ),
    number_or(
        "garp_master_refresh_repeat",
        value::REPEATS,
        Some(1),
        "gratuitous ARPs in such a burst",
        |instance, count| {
            instance.garp.refresh_repeat = value::count(&count);
        },
    ),
    number(
        "garp_lower_prio_delay",
        value::SECONDS,
        "seconds from the gratuitous ARPs that a lower advert provokes to their repetition",
        |instance, delay| {
            instance.garp.lower_prio_delay = value::whole_seconds(&delay);
        },
    ),
    number(
        "garp_lower_prio_repeat",
        value::COUNT,
        "gratuitous ARPs that a lower advert provokes",
        |instance, count| {
            instance.garp.lower_prio_repeat = value::count(&count);
        },
    ),
    switch(
        "lower_prio_no_advert",
        "a MASTER does not answer adverts of lower priority",
        |instance, on| instance.manners.lower_prio_no_advert = Some(on),
    ),
    switch(
        "higher_prio_send_advert",
        "a MASTER sends one more advert before it yields to a higher one",
        |instance, on| instance.manners.higher_prio_send_advert = Some(on),
    ),
    switch(
        "owner_ignore_adverts",
        "an address owner keeps its addresses whoever speaks up: of two owners, both answer",
        |instance, on| instance.owner_ignore_adverts = Some(on),
    ),
    number(
        "down_timer_adverts",
        1..=100,
        "adverts missed until a takeover",
        |instance, count| {
            instance.down_timer_adverts = value::octet(count).map(|count| count.value);
        },
    ),
    switch(
        "v3_checksum_as_v2",
        "checksum of version 3 without pseudo-header",
        |instance, on| {
            instance.v3_checksum_as_v2 = Some(on);
        },
    ),
];

fn accept(at: At<()>, value: bool) -> Option<At<bool>> {
    Some(At { value, at: at.at })
}

const AUTHENTICATION: Table<InstanceDraft> = Table {
    later: &[],
    keywords: &[&[
        words(
            "auth_type",
            "PASS",
            1..=1,
            "plain text; AH is not supported",
            auth_type,
        ),
        words("auth_pass", "PASSWORD", 1..=1, "8 bytes count", auth_pass),
    ]],
};
