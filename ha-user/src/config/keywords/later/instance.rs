//! `vrrp_instance`.

use super::super::Known;
use super::super::takes::{Takes, block, each, interface, lines, number, words};
use super::blocks::LINES;
use super::word::{is_pause, is_process_weight, is_vmac, is_whole, weight};

pub(in crate::config::keywords) const INSTANCE: &[Known] = known! {
    "vrf" [interface()] "VRF of unicast adverts without an interface";
    "vmac_xmit_base" [] "adverts leave by the interface below the virtual MAC";
    "use_vmac" [each("[INTERFACE] [MAC]", 0..=2, is_vmac)] "addresses have the virtual MAC";
    "use_vmac_addr" [] "addresses on other interfaces have the virtual MAC";
    "use_ipvlan" [words("[INTERFACE] [ADDRESS] [bridge|private|vepa]", 0..=3)] "addresses are on an ipvlan interface";
    "old_unicast_checksum" [each("[never]", 0..=1, |word| word == "never")] "checksum of unicast adverts as keepalived 1.3.6 made it";
    "kernel_rx_buf_size" [number(0, u32::MAX as i64)] "receive buffer of adverts";
    "no_virtual_ipaddress" [] "there is no address on purpose";
    "promote_secondaries" [] "addresses of a removed one's network stay";
    "dont_track_primary" [] "a fault of its own interface is none of the instance";
    "linkbeat_use_polling" [] "poll the state of the link";
    "lvs_sync_daemon_interface" [interface()] "interface that IPVS connections are synchronised on";
    "garp_extra_if" [each("[all] SECONDS", 1..=2, is_pause)] "repeat gratuitous ARPs on the interface below a virtual MAC";
    "vmac_garp_intvl" [each("[all] SECONDS", 1..=2, is_pause)] "older name of garp_extra_if";
    "timer_expired_backup" [each("[PRIORITY]", 0..=1, |word| is_whole(word, &(1..=254)))] "a MASTER whose timer ran late becomes BACKUP";
    "thread_timer_expired" [each("[PRIORITY]", 0..=1, |word| is_whole(word, &(1..=254)))] "older name of timer_expired_backup";
    "virtual_routes" [lines("ROUTE", LINES)] "routes that come and go with the addresses";
    "virtual_rules" [lines("RULE", LINES)] "rules that come and go with the addresses";
    "track_bfd" [lines("NAME [weight N [reverse]]", TRACKED)] "BFD sessions that it follows";
    "auth_hmac" [block("", HMAC)] "authentication by HMAC";
};

const TRACKED: &[Known] = known! {
    "weight" [weight(is_process_weight)] "after a name: what it adds to the priority";
};

const HMAC: &[Known] = known! {
    "key" [words("ID VALUE", 2..=2)] "number and value of a key";
    "active_key" [number(1, 255)] "number of the key to send with";
    "time_window" [number(1, 300)] "seconds that clocks may differ";
    "anti_replay" [each("time|monotonic", 1..=1, |word| matches!(word, "time" | "monotonic"))] "how repeated adverts are known";
    "mode" [each("enforce|permissive|receive-only", 1..=1, |word| matches!(word, "enforce" | "permissive" | "receive-only"))] "what happens to adverts that do not verify";
};
