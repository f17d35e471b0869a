//! `vrrp_instance NAME { ... }`.

use super::super::draft::InstanceDraft;
use super::address::{address, excluded_address};
use super::instance_value::{
    auth_pass, auth_type, interface, multicast_source, notify, state, track_script, unicast_peer,
    unicast_source,
};
use super::later as blocks;
use super::{
    Keyword, Syntax, accepted, flag, later, later_block, lines, number, number_or, seconds, switch,
    value, words,
};
use std::time::Duration;

pub(super) const KEYWORDS: &[Keyword<InstanceDraft>] = &[
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
        "version of VRRP; that of vrrp_version if not given",
        |instance, version| {
            instance.version = value::version(&version);
        },
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
    accepted("preempt", "the default"),
    accepted(
        "accept",
        "the default: packets to the addresses are accepted",
    ),
    accepted(
        "skip_check_adv_addr",
        "lists of addresses are compared once for each Active router",
    ),
    accepted("debug", "has no effect in keepalived either"),
    switch(
        "strict_mode",
        "no authentication; nothing else of it yet",
        |instance, on| instance.strict = Some(on),
    ),
    Keyword {
        name: "authentication",
        doc: "plain text, of version 2 only",
        syntax: Syntax::Block(AUTHENTICATION),
    },
    words(
        "mcast_src_ip",
        "ADDRESS",
        1..=1,
        "where adverts come from",
        multicast_source,
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
        "ADDRESS",
        "adverts go to these instead of the group",
        unicast_peer,
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
    words(
        "notify_master",
        "COMMAND [USER [GROUP]]",
        1..=3,
        "command when it becomes MASTER",
        notify,
    ),
    words(
        "notify_backup",
        "COMMAND [USER [GROUP]]",
        1..=3,
        "command when it becomes BACKUP",
        notify,
    ),
    words(
        "notify_fault",
        "COMMAND [USER [GROUP]]",
        1..=3,
        "command when it is in FAULT",
        notify,
    ),
    words(
        "notify_stop",
        "COMMAND [USER [GROUP]]",
        1..=3,
        "command when the daemon stops",
        notify,
    ),
    words(
        "notify",
        "COMMAND [USER [GROUP]]",
        1..=3,
        "command for every transition; gets type, name, state and priority",
        notify,
    ),
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
        value::SECONDS,
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
    later("vrf", "VRF of unicast adverts without an interface"),
    later("native_ipv6", "IPv6 although there is no address yet"),
    later(
        "vmac_xmit_base",
        "adverts leave by the interface below the virtual MAC",
    ),
    later("use_vmac", "addresses have the virtual MAC"),
    later(
        "use_vmac_addr",
        "addresses on other interfaces have the virtual MAC",
    ),
    later("use_ipvlan", "addresses are on an ipvlan interface"),
    later("unicast_ttl", "TTL of unicast adverts"),
    later("unicast_fault_no_peer", "no peer is a fault"),
    later(
        "old_unicast_checksum",
        "checksum of unicast adverts as keepalived 1.3.6 made it",
    ),
    later("mcast_dst_ip", "group that adverts go to"),
    later("track_src_ip", "losing the source address is a fault"),
    later("kernel_rx_buf_size", "receive buffer of adverts"),
    later("no_virtual_ipaddress", "there is no address on purpose"),
    later(
        "promote_secondaries",
        "addresses of a removed one's network stay",
    ),
    later("no_accept", "packets to the addresses are dropped"),
    later(
        "preempt_delay",
        "seconds until a living MASTER of lower priority is replaced",
    ),
    later(
        "dont_track_primary",
        "a fault of its own interface is none of the instance",
    ),
    later("linkbeat_use_polling", "poll the state of the link"),
    later(
        "notify_deleted",
        "command when a reload removes the instance",
    ),
    later(
        "notify_master_rx_lower_pri",
        "command when a MASTER hears a lower one",
    ),
    later(
        "notify_priority_changes",
        "changes of priority go to the pipes too",
    ),
    later("smtp_alert", "mail on every transition"),
    later(
        "lvs_sync_daemon_interface",
        "interface that IPVS connections are synchronised on",
    ),
    later(
        "garp_lower_prio_delay",
        "delay of the second burst after a lower advert",
    ),
    later(
        "garp_lower_prio_repeat",
        "gratuitous ARPs after a lower advert",
    ),
    later(
        "garp_extra_if",
        "repeat gratuitous ARPs on the interface below a virtual MAC",
    ),
    later("vmac_garp_intvl", "older name of garp_extra_if"),
    later(
        "lower_prio_no_advert",
        "the MASTER does not answer lower adverts",
    ),
    later(
        "higher_prio_send_advert",
        "one advert before yielding to a higher one",
    ),
    later("owner_ignore_adverts", "an address owner ignores adverts"),
    later(
        "timer_expired_backup",
        "a MASTER whose timer ran late becomes BACKUP",
    ),
    later("thread_timer_expired", "older name of timer_expired_backup"),
    later_block(
        "virtual_routes",
        "routes that come and go with the addresses",
        blocks::LINES,
    ),
    later_block(
        "virtual_rules",
        "rules that come and go with the addresses",
        blocks::LINES,
    ),
    later_block(
        "track_interface",
        "interfaces that it follows",
        blocks::TRACKED,
    ),
    later_block("track_file", "files that it follows", blocks::TRACKED),
    later_block(
        "track_process",
        "processes that it follows",
        blocks::TRACKED,
    ),
    later_block("track_bfd", "BFD sessions that it follows", blocks::TRACKED),
    later_block("auth_hmac", "authentication by HMAC", blocks::HMAC),
];

const AUTHENTICATION: &[Keyword<InstanceDraft>] = &[
    words(
        "auth_type",
        "PASS",
        1..=1,
        "plain text; AH is not supported",
        auth_type,
    ),
    words("auth_pass", "PASSWORD", 1..=1, "8 bytes count", auth_pass),
];
