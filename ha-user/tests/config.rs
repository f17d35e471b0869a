//! Every file in `tests/config` against its snapshot, and any bytes at all against panics.
//!
//! `UPDATE=1 cargo test -p ha-user` rewrites the snapshots and `docs/keywords.md`.

use ha_user::config::keywords::{self, Effect};
use ha_user::config::model::check::Check;
use ha_user::config::model::dump::{Defaults, Dumps};
use ha_user::config::model::errand::Errands;
use ha_user::config::model::fifo::Fifos;
use ha_user::config::model::mail::Mail;
use ha_user::config::model::manners::{Garp, Manners};
use ha_user::config::model::naming::Naming;
use ha_user::config::model::opening::Opening;
use ha_user::config::model::service::VirtualServer;
use ha_user::config::model::ssl::Ssl;
use ha_user::config::model::{Config, Instance, NotifyRarely, Script, VirtualAddress};
use ha_user::config::{self, Format, Loaded, Palette, System};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config")
}

fn corpus() -> Vec<PathBuf> {
    let entries = fs::read_dir(directory()).expect("the corpus is a directory");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "conf")
        })
        .collect();
    files.sort();
    files
}

fn read(path: &Path) -> Loaded {
    let name = path.file_name().expect("a file").to_string_lossy();
    config::parse(&fs::read(path).expect("a readable file"), &name)
}

/// Compares `actual` with the file, or writes the file if `UPDATE` is set.
fn expect_file(path: &Path, actual: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, actual).expect("a writable file");
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(actual, expected, "{}: UPDATE=1 accepts it", path.display());
}

#[test]
fn every_file_means_what_its_snapshot_says() {
    let files = corpus();
    assert!(files.len() > 100, "the corpus is where it was: {files:?}");
    for path in files {
        let loaded = read(&path);
        let status = format!("status {}\n", loaded.test_status());
        let text = status + &loaded.plain() + &summary(&loaded.config);
        expect_file(&path.with_extension("expected"), &text);
    }
}

/// What a configuration means, a line for each thing in it.
fn summary(config: &Config) -> String {
    let mut text = format!("global: {:?}\nxdp: {:?}\n", config.global, config.xdp);
    if config.fifos != Fifos::default() {
        writeln!(text, "{:?}", config.fifos).expect("text");
    }
    if config.naming != Naming::default() {
        writeln!(text, "{:?}", config.naming).expect("text");
    }
    if config.errands != Errands::default() {
        writeln!(text, "{:?}", config.errands).expect("text");
    }
    if config.mail != Mail::default() {
        writeln!(text, "{:?}", config.mail).expect("text");
    }
    if config.ssl != Ssl::default() {
        writeln!(text, "{:?}", config.ssl).expect("text");
    }
    if config.dumps != Dumps::default() {
        writeln!(text, "{:?}", config.dumps).expect("text");
    }
    if config.opening != Opening::default() {
        writeln!(text, "{:?}", config.opening).expect("text");
    }
    if config.defaults != Defaults::default() {
        writeln!(text, "{:?}", config.defaults).expect("text");
    }
    for script in &config.scripts {
        summarise_script(&mut text, script);
    }
    for check in &config.checks {
        writeln!(text, "check {}: weight {:?}", check.name, check.weight).expect("text");
        probes(&mut text, "  ", &check.checks);
    }
    for process in &config.processes {
        writeln!(text, "{process:?}").expect("text");
    }
    for instance in &config.instances {
        summarise_instance(&mut text, instance);
    }
    for group in &config.sync_groups {
        writeln!(text, "{group:?}").expect("text");
    }
    for service in &config.services {
        summarise_service(&mut text, service);
    }
    for delay in &config.link_delays {
        writeln!(text, "{delay:?}").expect("text");
    }
    for file in &config.initial_files {
        writeln!(text, "{file:?}").expect("text");
    }
    text
}

fn summarise_script(text: &mut String, script: &Script) {
    let Script {
        name,
        command,
        interval,
        timeout,
        weight,
        rise,
        fall,
        init_fail,
    } = script;
    writeln!(
        text,
        "script {name}: {command:?} every {interval:?} within {timeout:?}, weight {weight:?}, \
         rise {rise}, fall {fall}, init_fail {init_fail}"
    )
    .expect("text");
}

fn probes(text: &mut String, indent: &str, checks: &[Arc<Check>]) {
    for check in checks {
        let Check { method, rhythm } = &**check;
        writeln!(text, "{indent}{method:?}\n{indent}  {rhythm:?}").expect("text");
    }
}

fn summarise_instance(text: &mut String, i: &Instance) {
    let Instance {
        name,
        interface,
        virtual_router_id: vrid,
        priority,
        version,
        ..
    } = i;
    writeln!(
        text,
        "instance {name}: {interface} {vrid} {version:?} priority {priority}"
    )
    .expect("text");
    if i.track_src_ip {
        writeln!(text, "  its source must be there").expect("text");
    }
    let Instance {
        initial_master,
        preempt,
        preempt_delay,
        advert_int,
        down_timer_adverts,
        ..
    } = i;
    let after = Some(preempt_delay).filter(|delay| !delay.is_zero());
    let after = after.map_or(String::new(), |delay| format!(" after {delay:?}"));
    writeln!(
        text,
        "  master {initial_master}, preempt {preempt}{after}, every {advert_int:?} x {down_timer_adverts}"
    )
    .expect("text");
    if i.skip_check_adv_addr {
        writeln!(text, "  skip_check_adv_addr").expect("text");
    }
    let Instance {
        source,
        unicast_peers,
        check_unicast_src,
        v3_checksum_as_v2,
        ..
    } = i;
    writeln!(
        text,
        "  source {source:?}, peers {unicast_peers:?} checked {check_unicast_src}, \
         password {:?}, as v2 {v3_checksum_as_v2}",
        i.auth_pass
            .map(|password| String::from_utf8_lossy(&password).into_owned())
    )
    .expect("text");
    addresses(text, "address", &i.addresses);
    addresses(text, "excluded", &i.excluded_addresses);
    writeln!(
        text,
        "  {:?}\n  {:?}\n  {:?}\n  {:?}",
        i.track_scripts, i.track_checks, i.track_interfaces, i.notify
    )
    .expect("text");
    announcements(text, &i.garp);
    for file in &i.track_files {
        writeln!(text, "  {file:?}").expect("text");
    }
    for process in &i.track_processes {
        writeln!(text, "  {process:?}").expect("text");
    }
    if i.smtp_alert {
        writeln!(text, "  smtp_alert").expect("text");
    }
    if i.notify_priority_changes {
        writeln!(text, "  notify_priority_changes").expect("text");
    }
    if i.rarely != NotifyRarely::default() {
        writeln!(text, "  {:?}", i.rarely).expect("text");
    }
    if i.strict {
        writeln!(text, "  strict_mode").expect("text");
    }
    if i.manners != Manners::default() {
        writeln!(text, "  {:?}", i.manners).expect("text");
    }
}

/// What a lower advert provokes is told of where it is not what a takeover brings.
fn announcements(text: &mut String, garp: &Garp) {
    let Garp {
        delay,
        repeat,
        refresh,
        refresh_repeat,
        lower_prio_delay,
        lower_prio_repeat,
    } = garp;
    writeln!(
        text,
        "  Garp {{ delay: {delay:?}, repeat: {repeat}, refresh: {refresh:?}, \
         refresh_repeat: {refresh_repeat} }}"
    )
    .expect("text");
    if (lower_prio_delay, lower_prio_repeat) != (delay, repeat) {
        writeln!(
            text,
            "  lower: {lower_prio_repeat}, after {lower_prio_delay:?}"
        )
        .expect("text");
    }
}

fn summarise_service(text: &mut String, s: &VirtualServer) {
    writeln!(
        text,
        "service {}: {} {:?}, quorum {} +- {}, without {:?}, sorry {:?}",
        s.name, s.protocol, s.addresses, s.quorum, s.hysteresis, s.without_server, s.sorry_server
    )
    .expect("text");
    writeln!(
        text,
        "  alpha {}, omega {}, fail_static {}, up {:?}, down {:?}{}",
        s.alpha,
        s.omega,
        s.fail_static,
        s.quorum_up,
        s.quorum_down,
        if s.ha_suspend { ", ha_suspend" } else { "" }
    )
    .expect("text");
    if s.smtp_alert {
        writeln!(text, "  smtp_alert").expect("text");
    }
    for server in &s.servers {
        writeln!(
            text,
            "  server {}: weight {}, inhibited {}, up {:?}, down {:?}",
            server.address,
            server.weight,
            server.inhibit_on_failure,
            server.notify_up,
            server.notify_down
        )
        .expect("text");
        if server.smtp_alert {
            writeln!(text, "    smtp_alert").expect("text");
        }
        probes(text, "    ", &server.checks);
    }
}

fn addresses(text: &mut String, kind: &str, addresses: &[VirtualAddress]) {
    for address in addresses {
        writeln!(text, "  {kind} {address:?}").expect("text");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_fatal() {
    let loaded = config::load(&System::default(), &directory().join("no-such-file.conf"));
    assert!(!loaded.readable);
    assert!(loaded.is_fatal());
    assert_eq!(loaded.test_status(), 4);
    assert!(loaded.plain().contains("no-such-file.conf: fatal: "));
}

#[test]
fn files_are_included_from_beside_the_file_that_names_them() {
    let loaded = config::load(&System::default(), &directory().join("include.conf"));
    let router_id = loaded.config.global.router_id.as_deref();
    assert_eq!(router_id, Some("included"), "{}", loaded.plain());
}

const FAULTY: &[u8] = b"global_defs {\n\tvrrp_strikt\n}\nxdp {\n";

#[test]
fn a_terminal_shows_the_line_and_the_place() {
    let shown = config::parse(FAULTY, "f").render(Format::Picture, Palette::default());
    for part in [
        "! warning: Unknown keyword 'vrrp_strikt'",
        ",-[f:2:2]",
        " 2 |     vrrp_strikt\n",
        "   :     ^^^^^^^^^^^\n",
        "did you mean `vrrp_strict`?",
        ",-[f:4:5]",
    ] {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
    let bright = Palette {
        colours: true,
        unicode: true,
    };
    let shown = config::parse(FAULTY, "f").render(Format::Picture, bright);
    assert!(shown.contains("╭─[") && shown.contains("\x1b["), "{shown}");
}

#[test]
fn a_picture_moves_no_cursor() {
    let shown = config::parse(b"\x1b[2J\r\x07x y\n", "f\x1b");
    let shown = shown.render(Format::Picture, Palette::default());
    assert!(!shown.contains(['\x1b', '\r', '\x07']), "{shown:?}");
}

#[test]
fn programs_are_told_the_same_as_people() {
    let loaded = config::parse(FAULTY, "f");
    let text = loaded.render(Format::Json, Palette::default());
    let told: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(told["schema"], "vipd.findings/1");
    assert_eq!(told["status"], loaded.test_status());
    let findings = told["findings"].as_array().expect("a list");
    assert_eq!(findings.len(), loaded.diagnostics.len());
    let typo = &findings[0];
    assert_eq!(typo["severity"], "warning");
    assert_eq!(typo["file"], "f");
    assert_eq!(
        [&typo["line"], &typo["column"], &typo["length"]],
        [2, 2, 11]
    );
    assert!(
        typo["message"]
            .as_str()
            .expect("text")
            .contains("vrrp_strikt")
    );
    assert_eq!(typo["help"], "did you mean `vrrp_strict`?");
}

#[test]
fn the_page_of_keywords_is_up_to_date() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/keywords.md");
    expect_file(&page, &keywords::markdown());
}

/// keepalived 2.4.3 has 363 different keywords; `xdp` and `mode` are ours on top, `mode` being
/// one of `auth_hmac` too.
#[test]
fn all_keywords_of_keepalived_are_known() {
    let names: std::collections::BTreeSet<&str> = keywords::catalogue()
        .iter()
        .map(|entry| entry.name)
        .collect();
    assert!(names.len() >= 363, "{} names", names.len());
    let used = keywords::catalogue()
        .iter()
        .filter(|entry| entry.effect == Effect::Used);
    assert!(used.count() >= 50);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = config::parse(&bytes, "random").render(Format::Picture, Palette::default());
    }

    #[test]
    fn any_words_are_read(words in proptest::collection::vec(word(), 0..120)) {
        let _ = config::parse(words.concat().as_bytes(), "random").render(Format::Picture, Palette::default());
    }

    #[test]
    fn any_part_of_a_file_is_read(
        file in proptest::sample::select(corpus()),
        cut in any::<proptest::sample::Index>(),
    ) {
        let text = fs::read(file).expect("a readable file");
        let _ = config::parse(&text[..cut.index(text.len() + 1)], "part");
    }
}

/// Words that make files which get far: keywords, braces, numbers, addresses.
fn word() -> impl Strategy<Value = String> {
    let names: Vec<&str> = keywords::catalogue()
        .iter()
        .map(|entry| entry.name)
        .collect();
    prop_oneof![
        4 => proptest::sample::select(names).prop_map(|name| format!("{name} ")),
        3 => Just("{\n".to_owned()),
        3 => Just("\n}\n".to_owned()),
        3 => Just("\n".to_owned()),
        2 => any::<i16>().prop_map(|number| format!("{number} ")),
        1 => any::<[u8; 4]>().prop_map(|[a, b, c, d]| format!("{a}.{b}.{c}.{d}/{d} ")),
        1 => proptest::sample::select(vec![
            "$A= \\\n", "\n$A=$B$B\n", "\n$B=$A \n", "${A}", "$B\n", " \\\n", "\n~SEQ(A,1,9) ",
            "fwmark ", "group ", "80 ", "299-200 ", "\"(a{9}\" ", "caseless ", "192.0.2.0/24 ",
            "\n~LST({A,B},{1,2},$A ) ", "\n@anywhere ", "\n@^x ",
        ]).prop_map(str::to_owned),
        1 => "[ -~\u{e9}\"\\\\#!$@~]{0,8} ",
        1 => proptest::sample::select(vec!["MASTER ", "PASS ", "weight ", "dev ", "include ", "0.01 "])
            .prop_map(str::to_owned),
    ]
}
