//! Blocks of the root and what stands in them.

use super::super::Known;
use super::super::takes::{Takes, address, block, lines, number, words};
use super::word::{is_weight, weight};

pub(in crate::config::keywords) const ROOT: &[Known] = known! {
    "net_namespace" [words("NAME", 1..=1)] "run in a network namespace";
    "net_namespace_ipvs" [words("[NAME]", 0..=1)] "run IPVS in a network namespace of its own";
    "namespace_with_ipsets" [] "use ipsets although in a network namespace";
    "child_wait_time" [number(0, u32::MAX as i64)] "seconds to wait for children at a stop";
    "track_group" [block("NAME", TRACK_GROUP)] "instances that static addresses follow";
    "static_ipaddress" [lines("ADDRESS[/LENGTH] [dev NAME]", LINES)] "addresses that are always there";
    "static_routes" [lines("ROUTE", LINES)] "routes that are always there";
    "static_rules" [lines("RULE", LINES)] "rules that are always there";
    "bfd_instance" [block("NAME", BFD)] "a BFD session";
};

/// A block whose lines are not keywords.
pub(super) const LINES: &[Known] = known! {
    "no_track" [] "a line of its own, or at the end of one: not watched";
};

pub(in crate::config::keywords) const SYNC_GROUP: &[Known] = known! {
    "track_bfd" [lines("NAME [weight N [reverse]]", &[])] "BFD sessions that all members follow";
    "global_tracking" [Takes::Truth] "older name of sync_group_tracking_weight";
};

const TRACK_GROUP: &[Known] = known! {
    "group" [lines("INSTANCE", &[])] "the instances";
};

const BFD: &[Known] = known! {
    "neighbor_ip" [address()] "address of the neighbour";
    "neighbour_ip" [address()] "address of the neighbour";
    "source_ip" [address()] "our address";
    "min_rx" [number(1, 4_294_967)] "shortest interval to receive at";
    "min_tx" [number(1, 4_294_967)] "shortest interval to send at";
    "idle_tx" [number(1000, 4_294_967)] "interval while the session is down";
    "multiplier" [number(1, 255)] "missed packets that end it";
    "passive" [] "wait for the neighbour to begin";
    "ttl" [number(1, 255)] "TTL to send with";
    "hoplimit" [number(1, 255)] "hop limit to send with";
    "max_hops" [number(-1, 255)] "hops that a packet may have made";
    "multihop" [] "the neighbour is not on this link";
    "weight" [weight(is_weight)] "what it adds to the priority";
    "vrrp" [] "only for VRRP";
    "checker" [] "only for checkers";
};
