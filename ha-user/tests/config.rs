//! Every file in `tests/config` against its snapshot, and any bytes at all against panics.
//!
//! `UPDATE=1 cargo test -p ha-user` rewrites the snapshots and `docs/keywords.md`.

use ha_user::config::keywords::{self, Effect};
use ha_user::config::model::check::Check;
use ha_user::config::model::service::VirtualServer;
use ha_user::config::model::{Config, Instance, Script, VirtualAddress};
use ha_user::config::{self, Host, Loaded, Program, System};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::{fs, io};

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
        let text = status + &loaded.render(false) + &summary(&loaded.config);
        expect_file(&path.with_extension("expected"), &text);
    }
}

/// What a configuration means, a line for each thing in it.
fn summary(config: &Config) -> String {
    let mut text = format!("global: {:?}\nxdp: {:?}\n", config.global, config.xdp);
    for script in &config.scripts {
        summarise_script(&mut text, script);
    }
    for check in &config.checks {
        writeln!(text, "check {}: weight {:?}", check.name, check.weight).expect("text");
        probes(&mut text, "  ", &check.checks);
    }
    for instance in &config.instances {
        summarise_instance(&mut text, instance);
    }
    for service in &config.services {
        summarise_service(&mut text, service);
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

fn probes(text: &mut String, indent: &str, checks: &[Check]) {
    for Check { method, rhythm } in checks {
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
    let Instance {
        initial_master,
        preempt,
        advert_int,
        down_timer_adverts,
        ..
    } = i;
    writeln!(
        text,
        "  master {initial_master}, preempt {preempt}, every {advert_int:?} x {down_timer_adverts}"
    )
    .expect("text");
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
        i.track_scripts, i.track_checks, i.notify, i.garp
    )
    .expect("text");
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
        "  alpha {}, omega {}, ha_suspend {}, fail_static {}, up {:?}, down {:?}",
        s.alpha, s.omega, s.ha_suspend, s.fail_static, s.quorum_up, s.quorum_down
    )
    .expect("text");
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
    assert!(loaded.render(false).contains("no-such-file.conf: fatal: "));
}

#[test]
fn files_are_included_from_beside_the_file_that_names_them() {
    let loaded = config::load(&System::default(), &directory().join("include.conf"));
    let router_id = loaded.config.global.router_id.as_deref();
    assert_eq!(router_id, Some("included"), "{}", loaded.render(false));
}

/// A machine with one interface, one address, one script that can be run and one that cannot.
struct Small;

impl Host for Small {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match path.to_str() {
            Some("/etc/loop.conf") => Ok(b"include loop.conf\ninclude loop.conf\n".to_vec()),
            Some("/etc/v/part.conf") => Ok(b"$ID=${_ENV SITE}-${N} \nrouter_id ${_PWD}\n".to_vec()),
            Some("/etc/d/a.conf") => Ok(b"router_id from-a\n".to_vec()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, directory: &Path) -> Vec<String> {
        let names: &[&str] = match directory.to_str() {
            Some("/etc/d") => &["a.conf", "b.conf", "c.txt"],
            _ => &[],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn has_interface(&self, name: &str) -> bool {
        name == "eth0"
    }

    fn has_address(&self, address: IpAddr) -> bool {
        address == IpAddr::from([192, 0, 2, 9])
    }

    fn program(&self, name: &str) -> Program {
        match name {
            "/ok" => Program::Runnable,
            "/shared" => Program::Changeable,
            "/text" => Program::NotExecutable,
            _ => Program::Missing,
        }
    }

    fn config_id(&self) -> String {
        "small".into()
    }

    fn environment(&self, name: &str) -> Option<String> {
        (name == "SITE").then(|| "north".into())
    }
}

fn on_small_host(text: &str) -> (Loaded, String) {
    let loaded = config::parse_for(&Small, text.as_bytes(), "/etc/k.conf");
    let rendered = loaded.render(false);
    (loaded, rendered)
}

fn instance(interface: &str, more: &str) -> String {
    format!(
        "vrrp_instance VI_1 {{\n interface {interface}\n virtual_router_id 1\n \
         virtual_ipaddress {{\n 192.0.2.1\n }}\n {more}\n}}\n"
    )
}

#[test]
fn an_interface_that_does_not_exist_stops_us_unless_it_may_come_later() {
    assert!(!on_small_host(&instance("eth0", "")).0.is_fatal());
    let (loaded, said) = on_small_host(&instance("eth7", ""));
    assert!(loaded.is_fatal());
    assert!(
        said.starts_with("/etc/k.conf:2:12: fatal: interface eth7 for"),
        "{said}"
    );
    let later = format!(
        "global_defs {{\n dynamic_interfaces\n}}\n{}",
        instance("eth7", "")
    );
    assert!(!on_small_host(&later).0.is_fatal());
}

#[test]
fn a_script_that_cannot_be_run_holds_nobody_up() {
    for (script, kept) in [("/ok", 1), ("/text", 0), ("/gone", 0)] {
        let tracked = instance("eth0", "track_script {\n chk\n }");
        let (loaded, said) = on_small_host(&format!(
            "vrrp_script chk {{\n script \"{script}\"\n}}\n{tracked}"
        ));
        assert_eq!(loaded.config.scripts.len(), kept, "{said}");
        assert_eq!(
            loaded.config.instances[0].track_scripts.len(),
            kept,
            "{said}"
        );
        assert_eq!(
            said.contains("Disabling track script chk"),
            kept == 0,
            "{said}"
        );
        assert_eq!(
            loaded.test_status() == 6,
            kept == 1,
            "security is about scripts that run"
        );
    }
}

#[test]
fn script_security_keeps_root_from_what_others_can_change() {
    for (global, kept) in [
        ("", true),
        ("enable_script_security", false),
        ("enable_script_security\n script_user root", false),
        ("enable_script_security\n script_user nobody", true),
    ] {
        let instance = instance("eth0", "notify \"/shared all\"\n track_script {\n chk\n }");
        let (loaded, said) = on_small_host(&format!(
            "global_defs {{\n {global}\n}}\nvrrp_script chk {{\n script /shared\n}}\n{instance}"
        ));
        let instance = &loaded.config.instances[0];
        assert_eq!(instance.track_scripts.len() == 1, kept, "{global}: {said}");
        assert_eq!(instance.notify.all.is_some(), kept, "{global}: {said}");
        assert_eq!(said.contains("since insecure"), !kept, "{global}: {said}");
    }
}

fn service(server: &str, more: &str) -> String {
    format!(
        "virtual_server 192.0.2.1 80 {{\n protocol TCP\n real_server {server} 80 {{\n {more}\n }}\n}}\n"
    )
}

#[test]
fn servers_that_are_elsewhere_get_no_traffic_yet() {
    let ours = instance("eth0", "virtual_ipaddress_excluded {\n 192.0.2.7\n }");
    for (server, is_here) in [
        ("127.0.0.5", true),
        ("::1", true),
        ("192.0.2.1", true),
        ("192.0.2.7", true),
        ("192.0.2.9", true),
        ("192.0.2.8", false),
        ("2001:db8::1", false),
    ] {
        let (loaded, said) = on_small_host(&format!("{ours}{}", service(server, "")));
        let warned = said.contains("traffic is not forwarded to real servers yet");
        assert_eq!(warned, !is_here, "{server}: {said}");
        assert_eq!(loaded.test_status(), if is_here { 0 } else { 5 }, "{said}");
        assert_eq!(loaded.config.services.len(), 1, "{said}");
    }
}

#[test]
fn a_check_that_cannot_be_run_is_left_out() {
    for (path, kept) in [("/ok", 1), ("/text", 0), ("/gone", 0)] {
        let misc = format!("MISC_CHECK {{\n misc_path {path}\n }}");
        let (loaded, said) = on_small_host(&service("127.0.0.1", &misc));
        let checks = &loaded.config.services[0].servers[0].checks;
        assert_eq!(checks.len(), kept, "{said}");
        let (loaded, said) = on_small_host(&format!("vrrp_check c {{\n {misc}\n}}\n"));
        assert_eq!(loaded.config.checks.len(), kept, "{said}");
        assert_eq!(loaded.test_status() == 6, kept == 1, "{said}");
    }
}

#[test]
fn commands_of_servers_are_those_that_can_be_run() {
    for (path, kept) in [("/ok", true), ("/gone", false)] {
        let text = service(
            "127.0.0.1",
            &format!("notify_up {path}\n notify_down {path}"),
        );
        let text = text.replace(
            "protocol",
            &format!("quorum_up {path}\n quorum_down {path}\n protocol"),
        );
        let (loaded, said) = on_small_host(&text);
        let service = &loaded.config.services[0];
        let server = &service.servers[0];
        for command in [
            &service.quorum_up,
            &service.quorum_down,
            &server.notify_up,
            &server.notify_down,
        ] {
            assert_eq!(command.is_some(), kept, "{said}");
        }
    }
}

#[test]
fn patterns_include_what_they_match() {
    let (loaded, said) = on_small_host("global_defs {\n include d/*.conf\n}\n");
    assert_eq!(loaded.config.global.router_id.as_deref(), Some("from-a"));
    assert!(said.contains("cannot read /etc/d/b.conf"), "{said}");
    assert!(!said.contains("c.txt"), "{said}");
}

#[test]
fn a_file_that_includes_itself_ends() {
    let (_, said) = on_small_host("include loop.conf\n");
    assert!(said.contains("files include each other 16 deep"), "{said}");
}

#[test]
fn variables_go_through_included_files() {
    let (loaded, said) = on_small_host(
        "$PART=v/part.conf\n$N=7\nglobal_defs {\n @small include $PART\n @other include x\n}\n",
    );
    let router_id = loaded.config.global.router_id.as_deref();
    assert_eq!(router_id, Some("/etc/v"), "{said}");
    let (loaded, said) = on_small_host(
        "global_defs {\n include v/part.conf\n $N=8\n router_id ${ID}.${_INSTANCE}\n}\n",
    );
    let router_id = loaded.config.global.router_id.as_deref();
    assert_eq!(router_id, Some("north-8.small"), "{said}");
    assert!(said.is_empty(), "{said}");
}

#[test]
fn a_terminal_shows_the_line_and_the_place() {
    let text = b"vrrp_instance VI_1 {\n\tprioritty 5\n}\n";
    let shown = config::parse(text, "f").render(true);
    assert!(shown.contains("    \tprioritty 5\n    \t^\n"), "{shown}");
    assert!(shown.contains("did you mean `priority`?"), "{shown}");
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
        let _ = config::parse(&bytes, "random").render(true);
    }

    #[test]
    fn any_words_are_read(words in proptest::collection::vec(word(), 0..120)) {
        let _ = config::parse(words.concat().as_bytes(), "random").render(true);
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
