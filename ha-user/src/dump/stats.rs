//! The counters as text.

use std::fmt::Write as _;

use super::picture::{Picture, Router};

pub(super) fn text(picture: &Picture) -> String {
    picture.routers.iter().map(instance).collect()
}

fn instance(router: &Router) -> String {
    let counters = &router.counters;
    let sections: [(&str, &[(&str, u64)]); 6] = [
        (
            "Advertisements:",
            &[
                ("Received", counters.advert_rcvd),
                ("Sent", counters.advert_sent),
            ],
        ),
        (&format!("Became master: {}", counters.become_master), &[]),
        (
            &format!("Released master: {}", counters.release_master),
            &[],
        ),
        (
            "Packet Errors:",
            &[
                ("Length", counters.packet_len_err),
                ("TTL", counters.ip_ttl_err),
                ("Invalid Type", counters.invalid_type_rcvd),
                ("Advertisement Interval", counters.advert_interval_err),
                ("Address List", counters.addr_list_err),
            ],
        ),
        (
            "Authentication Errors:",
            &[
                ("Invalid Type", counters.invalid_authtype),
                ("Type Mismatch", counters.authtype_mismatch),
                ("Failure", counters.auth_failure),
            ],
        ),
        (
            "Priority Zero:",
            &[
                ("Received", counters.pri_zero_rcvd),
                ("Sent", counters.pri_zero_sent),
            ],
        ),
    ];
    let mut text = format!("VRRP Instance: {}\n", router.instance.name);
    for (heading, lines) in sections {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {heading}");
        for (name, value) in lines {
            let _ = writeln!(text, "    {name}: {value}");
        }
    }
    text
}
