//! Whatever a file says of probes, what is made of it can be run.

use ha_user::check::Recipe;
use ha_user::check::dialogue::tls;
use ha_user::config::model::check::{Check, Endpoint, Method, Page};
use ha_user::config::model::service::VirtualServer;
use ha_user::config::model::ssl::Ssl;
use ha_user::config::{self, keywords};
use proptest::prelude::*;
use regex::bytes::Regex;
use std::sync::Arc;
use std::time::Duration;

const CHECKERS: [&str; 9] = [
    "TCP_CHECK",
    "PING_CHECK",
    "HTTP_GET",
    "SSL_GET",
    "UDP_CHECK",
    "SMTP_CHECK",
    "DNS_CHECK",
    "MISC_CHECK",
    "FILE_CHECK",
];
/// One of the values is its name.
const FILE: &str = "track_file x {\nfile /run/x\n}\n";
const VALUES: [&str; 26] = [
    "0",
    "1",
    "7",
    "0.5",
    "4294967295",
    "99999999999999999999",
    "-1",
    "x",
    "192.0.2.9",
    "2001:db8::9",
    "192.0.2.9 80",
    "/bin/true",
    "\"a b\"",
    "\"\"",
    "(a|b)",
    "(a",
    "200-299 404",
    "299-200",
    "9b3a0c85a887a256d6939da88aabd8cd",
    "AAAA",
    "1.1",
    "UDP",
    "yes",
    "no",
    "caseless dotall caseless",
    "www.example.org",
];

/// Lines of a block: its keywords, with any values.
fn lines(path: &[&'static str]) -> impl Strategy<Value = String> + use<> {
    let entries = keywords::catalogue().iter();
    let names: Vec<&str> = entries
        .filter(|entry| entry.path == path && !entry.value.contains('{'))
        .map(|entry| entry.name)
        .collect();
    let line = (
        proptest::sample::select(names),
        proptest::sample::select(VALUES.as_slice()),
    );
    let line = line.prop_map(|(name, value)| format!("{name} {value}\n"));
    proptest::collection::vec(line, 0..8).prop_map(|lines| lines.concat())
}

/// A checker in a block, with a page that may be left out.
fn checker(around: &'static [&'static str]) -> impl Strategy<Value = String> {
    let any = proptest::sample::select(CHECKERS.as_slice());
    any.prop_flat_map(move |kind| {
        let path: Vec<&'static str> = around.iter().copied().chain([kind]).collect();
        let page: Vec<&'static str> = around.iter().copied().chain(["HTTP_GET", "url"]).collect();
        (lines(&path), lines(&page)).prop_map(move |(lines, page)| {
            format!("{kind} {{\n{lines}url {{\npath /\n{page}}}\n}}\n")
        })
    })
}

fn can_be_run(check: &Arc<Check>) {
    let Check { method, rhythm } = &**check;
    assert!(rhythm.interval >= Duration::from_millis(10), "{rhythm:?}");
    assert!(rhythm.timeout >= Duration::from_millis(1), "{rhythm:?}");
    assert!(rhythm.rise >= 1 && rhythm.fall >= 1, "{rhythm:?}");
    let client = tls::client(&Ssl::default()).expect("a client of any server");
    let recipe = Recipe::new(method, &client);
    assert!(recipe.is_ok(), "{recipe:?}");
    match method {
        Method::Ping(to) => can_be_reached(to),
        Method::Tcp(to) | Method::Smtp(to, _) | Method::Dns(to, _) => has_port(to),
        Method::Http(to, page) | Method::Https(to, page, _) => {
            has_port(to);
            can_be_judged(page);
        }
        Method::Udp(to, datagram) => {
            has_port(to);
            assert!(datagram.least <= datagram.most, "{datagram:?}");
        }
        Method::File(file) => assert_eq!(file.name, "x", "{file:?}"),
        Method::Misc { command, .. } => assert!(!command.program().is_empty(), "{command:?}"),
    }
}

fn has_port(to: &Endpoint) {
    assert_ne!(to.address.port(), 0, "{to:?}");
    can_be_reached(to);
}

fn can_be_reached(to: &Endpoint) {
    let is_of_its_family = |source: std::net::SocketAddr| source.is_ipv4() == to.address.is_ipv4();
    assert!(to.source.is_none_or(is_of_its_family), "{to:?}");
}

fn can_be_judged(page: &Page) {
    assert!(!page.codes.is_empty(), "{page:?}");
    let rises = |(first, last): &(u16, u16)| 100 <= *first && first <= last && *last < 600;
    assert!(page.codes.iter().all(rises), "{page:?}");
    if let Some(pattern) = &page.pattern {
        assert!(Regex::new(&pattern.expression).is_ok(), "{pattern:?}");
        let (first, last) = pattern.offsets;
        assert!(last.is_none_or(|last| first <= last), "{pattern:?}");
    }
}

fn can_be_met(service: &Arc<VirtualServer>) {
    assert!(service.hysteresis < service.quorum, "{service:?}");
    assert!(!service.servers.is_empty(), "{service:?}");
    let checks = service.servers.iter().flat_map(|server| &server.checks);
    checks.for_each(can_be_run);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_vrrp_check_can_be_run(
        block in lines(&["vrrp_check"]),
        one in checker(&["vrrp_check"]),
        two in checker(&["vrrp_check"]),
    ) {
        let text = format!("{FILE}vrrp_check c {{\n{block}{one}{two}}}\n");
        let loaded = config::parse(text.as_bytes(), "random");
        for check in &loaded.config.checks {
            assert!(!check.checks.is_empty(), "{text}");
            check.checks.iter().for_each(can_be_run);
        }
    }

    #[test]
    fn every_virtual_server_can_be_met(
        service in lines(&["virtual_server"]),
        server in lines(&["virtual_server", "real_server"]),
        one in checker(&["virtual_server", "real_server"]),
        two in checker(&["virtual_server", "real_server"]),
    ) {
        let text = format!(
            "{FILE}virtual_server 192.0.2.1 80 {{\n{service}\
             real_server 127.0.0.1 {{\n{server}{one}}}\n\
             real_server 127.0.0.2 8080 {{\n{two}}}\n}}\n"
        );
        let loaded = config::parse(text.as_bytes(), "random");
        assert_eq!(loaded.config.services.len(), 1, "{text}");
        loaded.config.services.iter().for_each(can_be_met);
    }
}

#[test]
fn what_a_reload_does_not_change_is_the_same_object() {
    let service = |address: &str, weight: u32| {
        format!(
            "virtual_server {address} 80 {{\n protocol TCP\n real_server 192.0.2.9 80 {{\n \
             weight {weight}\n TCP_CHECK {{\n }}\n }}\n}}\n"
        )
    };
    let config = |weight| {
        let text = service("192.0.2.1", 1) + &service("192.0.2.2", weight);
        config::parse(text.as_bytes(), "f").config
    };
    let (before, mut after) = (config(1), config(2));
    after.keep_equals(&before);
    let is_kept = |index: usize| Arc::ptr_eq(&before.services[index], &after.services[index]);
    assert!(is_kept(0) && !is_kept(1));
    assert_eq!(after.services[1].servers[0].weight, 2);
}
