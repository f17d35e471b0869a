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
};
