//! `xdp { ... }`: what only vipd has.

use std::time::Duration;

use super::super::model::{BackupTraffic, FastHandover, LeaseMode, Xdp, XdpMode};
use super::choice::{Choices, choose};
use super::{Keyword, Table, number, seconds, value, words};

pub(super) const TABLE: Table<Xdp> = Table {
    keywords: &[KEYWORDS],
    later: &[],
};

/// Longest lifetime of an address: the kernel counts it in jiffies of 32 bits.
const LONGEST_LIFETIME: Duration = Duration::from_secs(86_400);

const KEYWORDS: &[Keyword<Xdp>] = &[
    words(
        "mode",
        "auto|native|generic|tc|off",
        1..=1,
        "how the data path is attached; off works as keepalived does",
        |xdp, keyword, words, report| {
            const MODES: Choices<XdpMode> = &[
                ("auto", XdpMode::Auto),
                ("native", XdpMode::Native),
                ("generic", XdpMode::Generic),
                ("tc", XdpMode::Tc),
                ("off", XdpMode::Off),
            ];
            choose(&mut xdp.mode, MODES, keyword, words, report);
        },
    ),
    words(
        "lease",
        "strict|fence|off",
        1..=1,
        "what ends an ownership: silence of our own and other routers, other routers, or neither",
        |xdp, keyword, words, report| {
            choose(&mut xdp.lease, LeaseMode::NAMES, keyword, words, report);
        },
    ),
    words(
        "backup_traffic",
        "auto|pass|drop",
        1..=1,
        "IP to an address that is not owned; auto drops it where vipd put the address on",
        |xdp, keyword, words, report| {
            const POLICIES: Choices<BackupTraffic> = &[
                ("auto", BackupTraffic::Auto),
                ("pass", BackupTraffic::Pass),
                ("drop", BackupTraffic::Drop),
            ];
            choose(&mut xdp.backup_traffic, POLICIES, keyword, words, report);
        },
    ),
    words(
        "fast_handover",
        "off|auto|on",
        1..=1,
        "a Backup that knows the Active to go waits milliseconds; auto: while there are only two",
        |xdp, keyword, words, report| {
            const MODES: Choices<FastHandover> = &[
                ("off", FastHandover::Off),
                ("auto", FastHandover::Auto),
                ("on", FastHandover::On),
            ];
            choose(&mut xdp.fast_handover, MODES, keyword, words, report);
        },
    ),
    seconds(
        "address_lifetime",
        Duration::ZERO..=LONGEST_LIFETIME,
        "seconds that an address outlives the daemon; 60 if not given, 0 is for ever",
        |xdp, lifetime| xdp.address_lifetime = lifetime.value,
    ),
    number(
        "absorb_above",
        0..=u32::MAX as i64,
        "bad or repeated adverts of an interface per second before they are dropped; 1000 if not \
         given",
        |xdp, rate| xdp.absorb_above = value::count(&rate).unwrap_or(xdp.absorb_above),
    ),
];
