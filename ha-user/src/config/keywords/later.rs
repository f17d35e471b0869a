//! Blocks that are known and left out as a whole for now: the names in them, for the documentation
//! and for messages about keywords in the wrong place.

use super::Known;

const fn known(name: &'static str, doc: &'static str) -> Known {
    block(name, doc, &[])
}

const fn block(name: &'static str, doc: &'static str, inside: &'static [Known]) -> Known {
    Known { name, doc, inside }
}

/// A block whose lines are not keywords.
pub(super) const LINES: &[Known] = &[known(
    "no_track",
    "a line of its own, or at the end of one: not watched",
)];

pub(super) const SSL: &[Known] = &[
    known("password", "of the key"),
    known("ca", "file of authorities"),
    known("certificate", "file of the certificate"),
    known("key", "file of the key"),
];

pub(super) const TRACK_PROCESS: &[Known] = &[
    known("process", "what to look for"),
    known("param_match", "how its arguments are compared"),
    known("weight", "what it adds to the priority"),
    known("quorum", "how many there must be"),
    known("quorum_max", "how many there may be"),
    known("delay", "time that a change must last"),
    known("terminate_delay", "time that an end must last"),
    known("fork_delay", "time that a start must last"),
    known("full_command", "compare the whole command line"),
];

pub(super) const TRACK_FILE: &[Known] = &[
    known("file", "its path"),
    known("weight", "what its number is multiplied with"),
    known("init_file", "create it"),
];

pub(super) const SYNC_GROUP: &[Known] = &[
    known("group", "the instances"),
    known("track_interface", "interfaces that all members follow"),
    known("track_script", "scripts that all members follow"),
    known("track_file", "files that all members follow"),
    known("track_process", "processes that all members follow"),
    known("track_bfd", "BFD sessions that all members follow"),
    known("notify_master", "command when the group becomes MASTER"),
    known("notify_backup", "command when the group becomes BACKUP"),
    known("notify_fault", "command when the group is in FAULT"),
    known("notify_stop", "command when the daemon stops"),
    known("notify", "command for every transition"),
    known("smtp_alert", "mail on every transition"),
    known(
        "global_tracking",
        "older name of sync_group_tracking_weight",
    ),
    known("sync_group_tracking_weight", "members may use weights"),
    known(
        "notify_priority_changes",
        "changes of priority go to the pipes too",
    ),
];

pub(super) const GARP_GROUP: &[Known] = &[
    known("garp_interval", "pause between two gratuitous ARPs"),
    known("gna_interval", "pause between two neighbour adverts"),
    known("interface", "the one interface"),
    known("interfaces", "the interfaces"),
];

pub(super) const TRACK_GROUP: &[Known] = &[known("group", "the instances")];

pub(super) const TRACKED: &[Known] = &[known(
    "weight",
    "after a name: what it adds to the priority",
)];

pub(super) const HMAC: &[Known] = &[
    known("key", "number and value of a key"),
    known("active_key", "number of the key to send with"),
    known("time_window", "seconds that clocks may differ"),
    known("anti_replay", "how repeated adverts are known"),
    known("mode", "what happens to adverts that do not verify"),
];

pub(super) const BFD: &[Known] = &[
    known("neighbor_ip", "address of the neighbour"),
    known("neighbour_ip", "address of the neighbour"),
    known("source_ip", "our address"),
    known("min_rx", "shortest interval to receive at"),
    known("min_tx", "shortest interval to send at"),
    known("idle_tx", "interval while the session is down"),
    known("multiplier", "missed packets that end it"),
    known("passive", "wait for the neighbour to begin"),
    known("ttl", "TTL to send with"),
    known("hoplimit", "hop limit to send with"),
    known("max_hops", "hops that a packet may have made"),
    known("multihop", "the neighbour is not on this link"),
    known("weight", "what it adds to the priority"),
    known("vrrp", "only for VRRP"),
    known("checker", "only for checkers"),
];

pub(super) const VIRTUAL_SERVER: &[Known] = &[
    known("lvs_sched", "how connections are shared out"),
    known("lb_algo", "older name of lvs_sched"),
    known("lvs_method", "how packets reach the servers"),
    known("lb_kind", "older name of lvs_method"),
    known("protocol", "TCP, UDP or SCTP"),
    known(
        "persistence_timeout",
        "how long a client stays with its server",
    ),
    known("persistence_granularity", "mask that makes clients one"),
    known("persistence_engine", "what tells clients apart"),
    known("ip_family", "family of a firewall mark's servers"),
    known("hashed", "flag of the schedulers sh and mh"),
    known("ops", "one packet is one connection"),
    known("flag-1", "first flag of the scheduler"),
    known("flag-2", "second flag of the scheduler"),
    known("flag-3", "third flag of the scheduler"),
    known("sh-port", "the scheduler sh hashes the port too"),
    known(
        "sh-fallback",
        "the scheduler sh steps over servers of weight 0",
    ),
    known("mh-port", "the scheduler mh hashes the port too"),
    known(
        "mh-fallback",
        "the scheduler mh steps over servers of weight 0",
    ),
    known("quorum", "weight that makes it good"),
    known("hysteresis", "how far past the quorum it must be"),
    known("quorum_up", "command when it becomes good"),
    known("quorum_down", "command when it becomes bad"),
    known("omega", "notify servers that go at a stop"),
    known("ha_suspend", "no checks while the address is not here"),
    known("sorry_server", "server when there is no other"),
    known("sorry_server_inhibit", "weight 0 for it instead of removal"),
    known("sorry_server_lvs_method", "how packets reach it"),
    known("retry", "tries before a server counts as bad"),
    known("delay_before_retry", "time between two tries"),
    known("warmup", "time before the first check"),
    known("connect_timeout", "time for a connection"),
    known("delay_loop", "time between two checks"),
    known("alpha", "servers count as bad until their first success"),
    known("inhibit_on_failure", "weight 0 instead of removal"),
    known("smtp_alert", "mail on transitions"),
    known("virtualhost", "Host header of HTTP checks"),
    known("snmp_name", "name in SNMP"),
    known("weight", "share of the load"),
    block("real_server", "a server", REAL_SERVER),
];

const REAL_SERVER: &[Known] = &[
    known("lvs_method", "how packets reach it"),
    known("uthreshold", "connections at which it gets no more"),
    known("lthreshold", "connections at which it gets more again"),
    known("notify_up", "command when it becomes good"),
    known("notify_down", "command when it becomes bad"),
    known("retry", "tries before a server counts as bad"),
    known("delay_before_retry", "time between two tries"),
    known("warmup", "time before the first check"),
    known("connect_timeout", "time for a connection"),
    known("delay_loop", "time between two checks"),
    known("alpha", "servers count as bad until their first success"),
    known("inhibit_on_failure", "weight 0 instead of removal"),
    known("smtp_alert", "mail on transitions"),
    known("virtualhost", "Host header of HTTP checks"),
    known("snmp_name", "name in SNMP"),
    known("weight", "share of the load"),
    block("TCP_CHECK", "a connection can be made", TCP_CHECK),
    block("PING_CHECK", "an echo comes back", TCP_CHECK),
    block("HTTP_GET", "pages are as expected", HTTP_GET),
    block("SSL_GET", "pages are as expected, over TLS", HTTP_GET),
    block("UDP_CHECK", "a datagram is answered", UDP_CHECK),
    block("SMTP_CHECK", "a mail server greets", SMTP_CHECK),
    block("DNS_CHECK", "a name server answers", DNS_CHECK),
    block("MISC_CHECK", "a command succeeds", MISC_CHECK),
    block("BFD_CHECK", "a BFD session is up", BFD_CHECK),
    block("FILE_CHECK", "a file's content is good", FILE_CHECK),
];

const TCP_CHECK: &[Known] = &[
    known("connect_ip", "address to connect to"),
    known("connect_port", "port to connect to"),
    known("bindto", "address to connect from"),
    known("bind_port", "port to connect from"),
    known("bind_if", "interface to connect from"),
    known("fwmark", "firewall mark of the packets"),
    known("connect_timeout", "time for the connection"),
    known("retry", "tries before the server counts as bad"),
    known("delay_before_retry", "time between two tries"),
    known("warmup", "time before the first check"),
    known("delay_loop", "time between two checks"),
    known("alpha", "the server counts as bad until its first success"),
    known("log_all_failures", "log every failed try"),
];

const HTTP_GET: &[Known] = &[
    known("connect_ip", "address to connect to"),
    known("connect_port", "port to connect to"),
    known("bindto", "address to connect from"),
    known("bind_port", "port to connect from"),
    known("bind_if", "interface to connect from"),
    known("fwmark", "firewall mark of the packets"),
    known("connect_timeout", "time for the connection"),
    known("retry", "tries before the server counts as bad"),
    known("delay_before_retry", "time between two tries"),
    known("warmup", "time before the first check"),
    known("delay_loop", "time between two checks"),
    known("alpha", "the server counts as bad until its first success"),
    known("log_all_failures", "log every failed try"),
    known("nb_get_retry", "older name of retry"),
    known("virtualhost", "Host header"),
    known("http_protocol", "version of HTTP"),
    known("enable_sni", "send the name in TLS"),
    known("sni_name", "that name"),
    known("fast_recovery", "one success is enough"),
    known("tls_compliant", "insist on a proper end of TLS"),
    block("url", "a page", URL),
];

const URL: &[Known] = &[
    known("path", "what to get"),
    known("digest", "MD5 of the body"),
    known("status_code", "codes that are good"),
    known("virtualhost", "Host header"),
    known("regex", "what the body must match"),
    known("regex_no_match", "the body must not match"),
    known("regex_options", "how the expression is read"),
    known("regex_min_offset", "first byte to match"),
    known("regex_max_offset", "last byte to match"),
    known("regex_stack", "memory for matching"),
    known("tls_compliant", "insist on a proper end of TLS"),
];

const UDP_CHECK: &[Known] = &[
    known("connect_ip", "address to connect to"),
    known("connect_port", "port to connect to"),
    known("bindto", "address to connect from"),
    known("bind_port", "port to connect from"),
    known("bind_if", "interface to connect from"),
    known("fwmark", "firewall mark of the packets"),
    known("connect_timeout", "time for the connection"),
    known("retry", "tries before the server counts as bad"),
    known("delay_before_retry", "time between two tries"),
    known("warmup", "time before the first check"),
    known("delay_loop", "time between two checks"),
    known("alpha", "the server counts as bad until its first success"),
    known("log_all_failures", "log every failed try"),
    known("payload", "what to send"),
    known("require_reply", "what must come back"),
    known("min_reply_length", "shortest answer"),
    known("max_reply_length", "longest answer"),
];

const SMTP_CHECK: &[Known] = &[
    known("connect_ip", "address to connect to"),
    known("connect_port", "port to connect to"),
    known("bindto", "address to connect from"),
    known("bind_port", "port to connect from"),
    known("bind_if", "interface to connect from"),
    known("fwmark", "firewall mark of the packets"),
    known("connect_timeout", "time for the connection"),
    known("retry", "tries before the server counts as bad"),
    known("delay_before_retry", "time between two tries"),
    known("warmup", "time before the first check"),
    known("delay_loop", "time between two checks"),
    known("alpha", "the server counts as bad until its first success"),
    known("log_all_failures", "log every failed try"),
    known("helo_name", "name in HELO"),
    block("host", "another address to check", TCP_CHECK),
];

const DNS_CHECK: &[Known] = &[
    known("connect_ip", "address to connect to"),
    known("connect_port", "port to connect to"),
    known("bindto", "address to connect from"),
    known("bind_port", "port to connect from"),
    known("bind_if", "interface to connect from"),
    known("fwmark", "firewall mark of the packets"),
    known("connect_timeout", "time for the connection"),
    known("retry", "tries before the server counts as bad"),
    known("delay_before_retry", "time between two tries"),
    known("warmup", "time before the first check"),
    known("delay_loop", "time between two checks"),
    known("alpha", "the server counts as bad until its first success"),
    known("log_all_failures", "log every failed try"),
    known("type", "type of record to ask for"),
    known("name", "name to ask for"),
];

const MISC_CHECK: &[Known] = &[
    known("retry", "tries before the server counts as bad"),
    known("delay_before_retry", "time between two tries"),
    known("warmup", "time before the first check"),
    known("delay_loop", "time between two checks"),
    known("alpha", "the server counts as bad until its first success"),
    known("log_all_failures", "log every failed try"),
    known("misc_path", "the command"),
    known("misc_timeout", "seconds that it may take"),
    known("misc_dynamic", "its exit code is a weight"),
    known("user", "whom it runs as"),
];

const BFD_CHECK: &[Known] = &[
    known("name", "the session"),
    known("alpha", "the server counts as bad until the session is up"),
];

const FILE_CHECK: &[Known] = &[
    known("track_file", "the file"),
    known("weight", "what its number is multiplied with"),
];
