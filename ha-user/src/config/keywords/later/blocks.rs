//! Blocks of the root and what stands in them.

use super::super::Known;

pub(in crate::config::keywords) const ROOT: &[Known] = known! {
    "linkbeat_use_polling" "poll the state of links instead of listening to netlink";
    "net_namespace" "run in a network namespace";
    "net_namespace_ipvs" "run IPVS in a network namespace of its own";
    "namespace_with_ipsets" "use ipsets although in a network namespace";
    "use_pid_dir" "pid files in a directory of keepalived's own";
    "instance" "name of this daemon in pid files and logs";
    "child_wait_time" "seconds to wait for children at a stop";
    "vrrp_track_process" "processes whose number moves priorities" => TRACK_PROCESS;
    "vrrp_sync_group" "instances that move together" => SYNC_GROUP;
    "garp_group" "interfaces that share a pace of gratuitous ARP" => GARP_GROUP;
    "linkbeat_interfaces" "interfaces whose links are polled" => LINES;
    "interface_up_down_delays" "how long a link must be stable" => LINES;
    "track_group" "instances that static addresses follow" => TRACK_GROUP;
    "static_ipaddress" "addresses that are always there" => LINES;
    "static_routes" "routes that are always there" => LINES;
    "static_rules" "rules that are always there" => LINES;
    "bfd_instance" "a BFD session" => BFD;
};

/// A block whose lines are not keywords.
pub(super) const LINES: &[Known] = known! {
    "no_track" "a line of its own, or at the end of one: not watched";
};

const TRACK_PROCESS: &[Known] = known! {
    "process" "what to look for";
    "param_match" "how its arguments are compared";
    "weight" "what it adds to the priority";
    "quorum" "how many there must be";
    "quorum_max" "how many there may be";
    "delay" "time that a change must last";
    "terminate_delay" "time that an end must last";
    "fork_delay" "time that a start must last";
    "full_command" "compare the whole command line";
};

const SYNC_GROUP: &[Known] = known! {
    "group" "the instances";
    "track_interface" "interfaces that all members follow";
    "track_script" "scripts that all members follow";
    "track_file" "files that all members follow";
    "track_process" "processes that all members follow";
    "track_bfd" "BFD sessions that all members follow";
    "notify_master" "command when the group becomes MASTER";
    "notify_backup" "command when the group becomes BACKUP";
    "notify_fault" "command when the group is in FAULT";
    "notify_stop" "command when the daemon stops";
    "notify" "command for every transition";
    "smtp_alert" "mail on every transition";
    "global_tracking" "older name of sync_group_tracking_weight";
    "sync_group_tracking_weight" "members may use weights";
    "notify_priority_changes" "changes of priority go to the pipes too";
};

const GARP_GROUP: &[Known] = known! {
    "garp_interval" "pause between two gratuitous ARPs";
    "gna_interval" "pause between two neighbour adverts";
    "interface" "the one interface";
    "interfaces" "the interfaces";
};

const TRACK_GROUP: &[Known] = known! {
    "group" "the instances";
};

const BFD: &[Known] = known! {
    "neighbor_ip" "address of the neighbour";
    "neighbour_ip" "address of the neighbour";
    "source_ip" "our address";
    "min_rx" "shortest interval to receive at";
    "min_tx" "shortest interval to send at";
    "idle_tx" "interval while the session is down";
    "multiplier" "missed packets that end it";
    "passive" "wait for the neighbour to begin";
    "ttl" "TTL to send with";
    "hoplimit" "hop limit to send with";
    "max_hops" "hops that a packet may have made";
    "multihop" "the neighbour is not on this link";
    "weight" "what it adds to the priority";
    "vrrp" "only for VRRP";
    "checker" "only for checkers";
};
