//! `global_defs { ... }`.

use super::super::diagnostic::{Report, Severity};
use super::super::draft::GlobalDraft;
use super::super::lexer::Word;
use super::{
    Keyword, accepted, flag, later, lines, number, number_or, seconds, switch, value, words,
};
use std::time::Duration;

pub(super) const KEYWORDS: &[Keyword<GlobalDraft>] = &[
    words(
        "router_id",
        "NAME",
        1..=1,
        "name of this director",
        |global, _, words, _| {
            global.router_id = words.first().map(|word| word.text.clone());
        },
    ),
    lines(
        "notification_email",
        "ADDRESS",
        "who gets mail",
        |global, words, _| {
            global
                .notification_email
                .extend(words.first().map(|word| word.text.clone()));
        },
    ),
    words(
        "notification_email_from",
        "ADDRESS",
        1..=1,
        "who sends it",
        |global, _, words, _| {
            global.notification_email_from = words.first().map(|word| word.text.clone());
        },
    ),
    words(
        "smtp_server",
        "HOST [PORT]",
        1..=2,
        "the mail server",
        smtp_server,
    ),
    seconds(
        "smtp_connect_timeout",
        Duration::ZERO..=Duration::from_secs(4294),
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
        |global, _, _, _| {
            global.dynamic_interfaces = true;
        },
    ),
    number(
        "vrrp_version",
        2..=3,
        "version of instances that name none; 2 if not given",
        |global, version| {
            global.version = value::version(&version);
        },
    ),
    switch(
        "vrrp_strict",
        "no authentication; nothing else of it yet",
        |global, on| global.strict = on,
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
        value::SECONDS,
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
    accepted(
        "vrrp_skip_check_adv_addr",
        "lists of addresses are compared once for each Active router",
    ),
    later("process_names", "name each process by what it does"),
    later("process_name", "name of the parent process"),
    later("vrrp_process_name", "name of the VRRP process"),
    later("checker_process_name", "name of the checker process"),
    later("lvs_process_name", "older name of checker_process_name"),
    later("bfd_process_name", "name of the BFD process"),
    later(
        "use_symlink_paths",
        "keep symbolic links in the paths of scripts",
    ),
    later(
        "set_supplementary_groups",
        "scripts get their user's supplementary groups",
    ),
    later("smtp_helo_name", "name in HELO to the mail server"),
    later(
        "smtp_alert",
        "mail on every transition, unless a block says otherwise",
    ),
    later("smtp_alert_vrrp", "mail on VRRP transitions"),
    later("smtp_alert_checker", "mail on transitions of real servers"),
    later("checker_log_all_failures", "log every failed check"),
    later("no_email_faults", "no mail on FAULT"),
    later("no_checker_emails", "older name of smtp_alert_checker off"),
    later("startup_script", "command to run before anything else"),
    later("startup_script_timeout", "seconds that it may take"),
    later("shutdown_script", "command to run at the end"),
    later("shutdown_script_timeout", "seconds that it may take"),
    later(
        "max_auto_priority",
        "highest real-time priority that a late daemon raises itself to",
    ),
    later("min_auto_priority_delay", "how late it must be for that"),
    later("umask", "mask for created files"),
    later("random_seed", "seed of random numbers, for tests"),
    later("default_interface", "interface of addresses that name none"),
    later("disable_local_igmp", "no IGMP joins of the daemon's own"),
    later("vrrp_mcast_group4", "IPv4 group that adverts go to"),
    later("vrrp_mcast_group6", "IPv6 group that adverts go to"),
    later(
        "vrrp_garp_lower_prio_delay",
        "delay of the second burst after a lower advert",
    ),
    later(
        "vrrp_garp_lower_prio_repeat",
        "gratuitous ARPs after a lower advert",
    ),
    later(
        "vrrp_garp_interval",
        "pause between two gratuitous ARPs of an interface",
    ),
    later(
        "vrrp_gna_interval",
        "pause between two unsolicited neighbour adverts of an interface",
    ),
    later("vrrp_min_garp", "one gratuitous ARP, no second burst"),
    later(
        "vrrp_garp_extra_if",
        "repeat gratuitous ARPs on the interface below a virtual MAC",
    ),
    later("vrrp_vmac_garp_intvl", "older name of vrrp_garp_extra_if"),
    later(
        "vrrp_lower_prio_no_advert",
        "the Active does not answer lower adverts",
    ),
    later(
        "vrrp_higher_prio_send_advert",
        "one advert before yielding to a higher one",
    ),
    later(
        "vrrp_owner_ignore_adverts",
        "an address owner ignores adverts",
    ),
    later(
        "vrrp_startup_delay",
        "seconds without a takeover after the start",
    ),
    later(
        "vrrp_delay_after_boot",
        "seconds without a takeover after boot",
    ),
    later(
        "log_unknown_vrids",
        "log adverts of VRIDs that are not configured",
    ),
    later("vrrp_iptables", "chains for no_accept"),
    later("vrrp_ipsets", "sets for no_accept"),
    later("nftables", "table for no_accept"),
    later("nftables_priority", "priority of its chains"),
    later("nftables_ifindex", "match interfaces by index"),
    later(
        "nftables_ipvs",
        "table for firewall marks of virtual servers",
    ),
    later("nftables_ipvs_priority", "priority of its chains"),
    later("nftables_ipvs_start_fwmark", "first firewall mark"),
    later("nftables_counters", "count matches"),
    later("snmp_socket", "where the SNMP agent listens"),
    later("enable_traps", "send SNMP traps"),
    later("enable_snmp_vrrp", "SNMP for VRRP"),
    later("enable_snmp_keepalived", "older name of enable_snmp_vrrp"),
    later("enable_snmp_rfc", "SNMP as RFC 2787 and RFC 6527"),
    later("enable_snmp_rfcv2", "SNMP as RFC 2787"),
    later("enable_snmp_rfcv3", "SNMP as RFC 6527"),
    later("enable_snmp_checker", "SNMP for virtual servers"),
    later(
        "snmp_vs_stats_update_interval",
        "age of virtual server figures in SNMP",
    ),
    later(
        "snmp_rs_stats_update_interval",
        "age of real server figures in SNMP",
    ),
    later("enable_dbus", "D-Bus interface"),
    later("dbus_service_name", "its name"),
    later(
        "dbus_no_interface_name",
        "leave the interface out of its paths",
    ),
    later("notify_fifo", "pipe that gets every transition"),
    later("notify_fifo_script", "command that reads it"),
    later("vrrp_notify_fifo", "pipe that gets VRRP transitions"),
    later("vrrp_notify_fifo_script", "command that reads it"),
    later("lvs_notify_fifo", "pipe that gets transitions of servers"),
    later("lvs_notify_fifo_script", "command that reads it"),
    later(
        "vrrp_notify_priority_changes",
        "changes of priority go to the pipes too",
    ),
    later(
        "fifo_write_vrrp_states_on_reload",
        "states go to the pipes after a reload",
    ),
    later("lvs_timeouts", "timeouts of IPVS connections"),
    later("lvs_flush", "empty IPVS at the start"),
    later("lvs_flush_on_stop", "empty IPVS at a stop"),
    later("lvs_flush_onstop", "older name of lvs_flush_on_stop"),
    later("lvs_sync_daemon", "synchronise IPVS connections"),
    later(
        "rs_init_notifies",
        "notify the state of servers at the start",
    ),
    later("vmac_prefix", "prefix of names of virtual MAC interfaces"),
    later(
        "vmac_addr_prefix",
        "prefix of names of virtual MAC interfaces for addresses",
    ),
    later(
        "reload_check_config",
        "check a new file before a reload takes it",
    ),
    later("reload_time_file", "file with the time of a reload"),
    later("reload_repeat", "that time is one of every day"),
    later("reload_file", "file whose existence stops a reload"),
    later("config_save_dir", "where each loaded configuration is kept"),
    later(
        "tmp_config_directory",
        "where the configuration is written between processes",
    ),
    later("data_use_instance", "name of the daemon in names of dumps"),
    later("json_version", "layout of the JSON dump"),
    later("state_dump_file", "where USR1 dumps to"),
    later("stats_dump_file", "where USR2 dumps to"),
    later("json_dump_file", "where the JSON dump goes"),
    later("iproute_usr_dir", "where iproute2 has its names"),
    later("iproute_etc_dir", "where iproute2 has its local names"),
    later("include_check", "what is an error about an include"),
    later(
        "vrrp_netlink_cmd_rcv_bufs",
        "receive buffer of netlink commands",
    ),
    later(
        "vrrp_netlink_cmd_rcv_bufs_force",
        "set it beyond the system's limit",
    ),
    later(
        "vrrp_netlink_monitor_rcv_bufs",
        "receive buffer of netlink events",
    ),
    later(
        "vrrp_netlink_monitor_rcv_bufs_force",
        "set it beyond the system's limit",
    ),
    later(
        "process_monitor_rcv_bufs",
        "receive buffer of process events",
    ),
    later(
        "process_monitor_rcv_bufs_force",
        "set it beyond the system's limit",
    ),
    later(
        "lvs_netlink_cmd_rcv_bufs",
        "receive buffer of netlink commands of the checkers",
    ),
    later(
        "lvs_netlink_cmd_rcv_bufs_force",
        "set it beyond the system's limit",
    ),
    later(
        "lvs_netlink_monitor_rcv_bufs",
        "receive buffer of netlink events of the checkers",
    ),
    later(
        "lvs_netlink_monitor_rcv_bufs_force",
        "set it beyond the system's limit",
    ),
    later("vrrp_rx_bufs_policy", "receive buffer of adverts"),
    later("vrrp_rx_bufs_multiplier", "adverts that it holds"),
    later("vrrp_priority", "nice value of the VRRP process"),
    later("vrrp_no_swap", "lock the VRRP process in memory"),
    later("vrrp_rt_priority", "real-time priority of the VRRP process"),
    later("vrrp_cpu_affinity", "processors of the VRRP process"),
    later(
        "vrrp_rlimit_rttime",
        "processor time of the real-time VRRP process",
    ),
    later("vrrp_rlimit_rtime", "older name of vrrp_rlimit_rttime"),
    later("checker_priority", "nice value of the checker process"),
    later("checker_no_swap", "lock the checker process in memory"),
    later(
        "checker_rt_priority",
        "real-time priority of the checker process",
    ),
    later("checker_cpu_affinity", "processors of the checker process"),
    later(
        "checker_rlimit_rttime",
        "processor time of the real-time checker process",
    ),
    later(
        "checker_rlimit_rtime",
        "older name of checker_rlimit_rttime",
    ),
    later("bfd_priority", "nice value of the BFD process"),
    later("bfd_no_swap", "lock the BFD process in memory"),
    later("bfd_rt_priority", "real-time priority of the BFD process"),
    later("bfd_cpu_affinity", "processors of the BFD process"),
    later(
        "bfd_rlimit_rttime",
        "processor time of the real-time BFD process",
    ),
    later("bfd_rlimit_rtime", "older name of bfd_rlimit_rttime"),
];

fn smtp_server(global: &mut GlobalDraft, _: &Word, words: &[Word], _: &mut Report) {
    let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    global.smtp_server = Some(words.join(" "));
}

fn script_user(global: &mut GlobalDraft, keyword: &Word, words: &[Word], report: &mut Report) {
    global.script_user = value::script_user(words);
    if words.is_empty() {
        let message = "No script username specified: ignoring the line";
        report.add(Severity::Error, &keyword.at, message);
    }
}
