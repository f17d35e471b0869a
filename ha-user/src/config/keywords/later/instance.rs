//! `vrrp_instance`.

use super::super::Known;
use super::blocks::LINES;

pub(in crate::config::keywords) const INSTANCE: &[Known] = known! {
    "vrf" "VRF of unicast adverts without an interface";
    "native_ipv6" "IPv6 although there is no address yet";
    "vmac_xmit_base" "adverts leave by the interface below the virtual MAC";
    "use_vmac" "addresses have the virtual MAC";
    "use_vmac_addr" "addresses on other interfaces have the virtual MAC";
    "use_ipvlan" "addresses are on an ipvlan interface";
    "unicast_ttl" "TTL of unicast adverts";
    "unicast_fault_no_peer" "no peer is a fault";
    "old_unicast_checksum" "checksum of unicast adverts as keepalived 1.3.6 made it";
    "mcast_dst_ip" "group that adverts go to";
    "track_src_ip" "losing the source address is a fault";
    "kernel_rx_buf_size" "receive buffer of adverts";
    "no_virtual_ipaddress" "there is no address on purpose";
    "promote_secondaries" "addresses of a removed one's network stay";
    "no_accept" "packets to the addresses are dropped";
    "preempt_delay" "seconds until a living MASTER of lower priority is replaced";
    "dont_track_primary" "a fault of its own interface is none of the instance";
    "linkbeat_use_polling" "poll the state of the link";
    "notify_deleted" "command when a reload removes the instance";
    "notify_master_rx_lower_pri" "command when a MASTER hears a lower one";
    "notify_priority_changes" "changes of priority go to the pipes too";
    "smtp_alert" "mail on every transition";
    "lvs_sync_daemon_interface" "interface that IPVS connections are synchronised on";
    "garp_lower_prio_delay" "delay of the second burst after a lower advert";
    "garp_lower_prio_repeat" "gratuitous ARPs after a lower advert";
    "garp_extra_if" "repeat gratuitous ARPs on the interface below a virtual MAC";
    "vmac_garp_intvl" "older name of garp_extra_if";
    "lower_prio_no_advert" "the MASTER does not answer lower adverts";
    "higher_prio_send_advert" "one advert before yielding to a higher one";
    "owner_ignore_adverts" "an address owner ignores adverts";
    "timer_expired_backup" "a MASTER whose timer ran late becomes BACKUP";
    "thread_timer_expired" "older name of timer_expired_backup";
    "virtual_routes" "routes that come and go with the addresses" => LINES;
    "virtual_rules" "rules that come and go with the addresses" => LINES;
    "track_file" "files that it follows" => TRACKED;
    "track_process" "processes that it follows" => TRACKED;
    "track_bfd" "BFD sessions that it follows" => TRACKED;
    "auth_hmac" "authentication by HMAC" => HMAC;
};

const TRACKED: &[Known] = known! {
    "weight" "after a name: what it adds to the priority";
};

const HMAC: &[Known] = known! {
    "key" "number and value of a key";
    "active_key" "number of the key to send with";
    "time_window" "seconds that clocks may differ";
    "anti_replay" "how repeated adverts are known";
    "mode" "what happens to adverts that do not verify";
};
