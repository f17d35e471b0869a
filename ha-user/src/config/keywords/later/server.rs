//! Virtual servers, their real servers, and the checks of those.

use super::super::Known;

pub(super) const VIRTUAL_SERVER: &[Known] = known! {
    "lvs_sched" "how connections are shared out";
    "lb_algo" "older name of lvs_sched";
    "lvs_method" "how packets reach the servers";
    "lb_kind" "older name of lvs_method";
    "protocol" "TCP, UDP or SCTP";
    "persistence_timeout" "how long a client stays with its server";
    "persistence_granularity" "mask that makes clients one";
    "persistence_engine" "what tells clients apart";
    "ip_family" "family of a firewall mark's servers";
    "hashed" "flag of the schedulers sh and mh";
    "ops" "one packet is one connection";
    "flag-1" "first flag of the scheduler";
    "flag-2" "second flag of the scheduler";
    "flag-3" "third flag of the scheduler";
    "sh-port" "the scheduler sh hashes the port too";
    "sh-fallback" "the scheduler sh steps over servers of weight 0";
    "mh-port" "the scheduler mh hashes the port too";
    "mh-fallback" "the scheduler mh steps over servers of weight 0";
    "quorum" "weight that makes it good";
    "hysteresis" "how far past the quorum it must be";
    "quorum_up" "command when it becomes good";
    "quorum_down" "command when it becomes bad";
    "omega" "notify servers that go at a stop";
    "ha_suspend" "no checks while the address is not here";
    "sorry_server" "server when there is no other";
    "sorry_server_inhibit" "weight 0 for it instead of removal";
    "sorry_server_lvs_method" "how packets reach it";
    "retry" "tries before a server counts as bad";
    "delay_before_retry" "time between two tries";
    "warmup" "time before the first check";
    "connect_timeout" "time for a connection";
    "delay_loop" "time between two checks";
    "alpha" "servers count as bad until their first success";
    "inhibit_on_failure" "weight 0 instead of removal";
    "smtp_alert" "mail on transitions";
    "virtualhost" "Host header of HTTP checks";
    "snmp_name" "name in SNMP";
    "weight" "share of the load";
    "real_server" "a server" => REAL_SERVER;
};

pub(super) const SSL: &[Known] = known! {
    "password" "of the key";
    "ca" "file of authorities";
    "certificate" "file of the certificate";
    "key" "file of the key";
};

const REAL_SERVER: &[Known] = known! {
    "lvs_method" "how packets reach it";
    "uthreshold" "connections at which it gets no more";
    "lthreshold" "connections at which it gets more again";
    "notify_up" "command when it becomes good";
    "notify_down" "command when it becomes bad";
    "retry" "tries before a server counts as bad";
    "delay_before_retry" "time between two tries";
    "warmup" "time before the first check";
    "connect_timeout" "time for a connection";
    "delay_loop" "time between two checks";
    "alpha" "servers count as bad until their first success";
    "inhibit_on_failure" "weight 0 instead of removal";
    "smtp_alert" "mail on transitions";
    "virtualhost" "Host header of HTTP checks";
    "snmp_name" "name in SNMP";
    "weight" "share of the load";
    "TCP_CHECK" "a connection can be made" => TCP_CHECK;
    "PING_CHECK" "an echo comes back" => TCP_CHECK;
    "HTTP_GET" "pages are as expected" => HTTP_GET;
    "SSL_GET" "pages are as expected, over TLS" => HTTP_GET;
    "UDP_CHECK" "a datagram is answered" => UDP_CHECK;
    "SMTP_CHECK" "a mail server greets" => SMTP_CHECK;
    "DNS_CHECK" "a name server answers" => DNS_CHECK;
    "MISC_CHECK" "a command succeeds" => MISC_CHECK;
    "BFD_CHECK" "a BFD session is up" => BFD_CHECK;
    "FILE_CHECK" "a file's content is good" => FILE_CHECK;
};

const TCP_CHECK: &[Known] = known! {
    "connect_ip" "address to connect to";
    "connect_port" "port to connect to";
    "bindto" "address to connect from";
    "bind_port" "port to connect from";
    "bind_if" "interface to connect from";
    "fwmark" "firewall mark of the packets";
    "connect_timeout" "time for the connection";
    "retry" "tries before the server counts as bad";
    "delay_before_retry" "time between two tries";
    "warmup" "time before the first check";
    "delay_loop" "time between two checks";
    "alpha" "the server counts as bad until its first success";
    "log_all_failures" "log every failed try";
};

const HTTP_GET: &[Known] = known! {
    "connect_ip" "address to connect to";
    "connect_port" "port to connect to";
    "bindto" "address to connect from";
    "bind_port" "port to connect from";
    "bind_if" "interface to connect from";
    "fwmark" "firewall mark of the packets";
    "connect_timeout" "time for the connection";
    "retry" "tries before the server counts as bad";
    "delay_before_retry" "time between two tries";
    "warmup" "time before the first check";
    "delay_loop" "time between two checks";
    "alpha" "the server counts as bad until its first success";
    "log_all_failures" "log every failed try";
    "nb_get_retry" "older name of retry";
    "virtualhost" "Host header";
    "http_protocol" "version of HTTP";
    "enable_sni" "send the name in TLS";
    "sni_name" "that name";
    "fast_recovery" "one success is enough";
    "tls_compliant" "insist on a proper end of TLS";
    "url" "a page" => URL;
};

const URL: &[Known] = known! {
    "path" "what to get";
    "digest" "MD5 of the body";
    "status_code" "codes that are good";
    "virtualhost" "Host header";
    "regex" "what the body must match";
    "regex_no_match" "the body must not match";
    "regex_options" "how the expression is read";
    "regex_min_offset" "first byte to match";
    "regex_max_offset" "last byte to match";
    "regex_stack" "memory for matching";
    "tls_compliant" "insist on a proper end of TLS";
};

const UDP_CHECK: &[Known] = known! {
    "connect_ip" "address to connect to";
    "connect_port" "port to connect to";
    "bindto" "address to connect from";
    "bind_port" "port to connect from";
    "bind_if" "interface to connect from";
    "fwmark" "firewall mark of the packets";
    "connect_timeout" "time for the connection";
    "retry" "tries before the server counts as bad";
    "delay_before_retry" "time between two tries";
    "warmup" "time before the first check";
    "delay_loop" "time between two checks";
    "alpha" "the server counts as bad until its first success";
    "log_all_failures" "log every failed try";
    "payload" "what to send";
    "require_reply" "what must come back";
    "min_reply_length" "shortest answer";
    "max_reply_length" "longest answer";
};

const SMTP_CHECK: &[Known] = known! {
    "connect_ip" "address to connect to";
    "connect_port" "port to connect to";
    "bindto" "address to connect from";
    "bind_port" "port to connect from";
    "bind_if" "interface to connect from";
    "fwmark" "firewall mark of the packets";
    "connect_timeout" "time for the connection";
    "retry" "tries before the server counts as bad";
    "delay_before_retry" "time between two tries";
    "warmup" "time before the first check";
    "delay_loop" "time between two checks";
    "alpha" "the server counts as bad until its first success";
    "log_all_failures" "log every failed try";
    "helo_name" "name in HELO";
    "host" "another address to check" => TCP_CHECK;
};

const DNS_CHECK: &[Known] = known! {
    "connect_ip" "address to connect to";
    "connect_port" "port to connect to";
    "bindto" "address to connect from";
    "bind_port" "port to connect from";
    "bind_if" "interface to connect from";
    "fwmark" "firewall mark of the packets";
    "connect_timeout" "time for the connection";
    "retry" "tries before the server counts as bad";
    "delay_before_retry" "time between two tries";
    "warmup" "time before the first check";
    "delay_loop" "time between two checks";
    "alpha" "the server counts as bad until its first success";
    "log_all_failures" "log every failed try";
    "type" "type of record to ask for";
    "name" "name to ask for";
};

const MISC_CHECK: &[Known] = known! {
    "retry" "tries before the server counts as bad";
    "delay_before_retry" "time between two tries";
    "warmup" "time before the first check";
    "delay_loop" "time between two checks";
    "alpha" "the server counts as bad until its first success";
    "log_all_failures" "log every failed try";
    "misc_path" "the command";
    "misc_timeout" "seconds that it may take";
    "misc_dynamic" "its exit code is a weight";
    "user" "whom it runs as";
};

const BFD_CHECK: &[Known] = known! {
    "name" "the session";
    "alpha" "the server counts as bad until the session is up";
};

const FILE_CHECK: &[Known] = known! {
    "track_file" "the file";
    "weight" "what its number is multiplied with";
};
