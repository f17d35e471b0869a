//! `vipd -t` as a command: what it writes where, and what it exits with.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An instance on an interface that no machine has.
const GOOD: &str = "vrrp_instance VI_1 {\n interface no-such-if\n virtual_router_id 1\n \
                    virtual_ipaddress {\n 192.0.2.1\n }\n}\n";

fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("a writable file");
    path
}

fn vipd(path: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vipd"))
        .args(options)
        .arg("-f")
        .arg(path)
        .env("LC_ALL", "C")
        .output()
        .expect("vipd runs")
}

fn status(name: &str, text: &str, options: &[&str]) -> Option<i32> {
    vipd(&file(name, text), options).status.code()
}

#[test]
fn the_status_says_how_bad_it_is() {
    let security = format!("vrrp_script s {{\n script /bin/true\n}}\n{GOOD}").replace(
        "virtual_router_id 1\n",
        "virtual_router_id 1\n track_script {\n s\n }\n",
    );
    for (name, text, expected) in [
        ("good", GOOD.to_owned(), 0),
        ("no-vrid", GOOD.replace("virtual_router_id 1\n", ""), 4),
        (
            "typo",
            GOOD.replace("virtual_ipaddress", "priority 300\n virtual_ipaddress"),
            5,
        ),
        ("security", security, 6),
    ] {
        let name = format!("status-{name}.conf");
        assert_eq!(status(&name, &text, &["-t"]), Some(expected), "{name}");
    }
    let missing = vipd(Path::new("/no-such-file.conf"), &["-t"]);
    assert_eq!(missing.status.code(), Some(4));
}

#[test]
fn interfaces_matter_to_those_who_ask() {
    assert_eq!(status("asked.conf", GOOD, &["-t"]), Some(0));
    let asked = vipd(&file("asked.conf", GOOD), &["-t", "--check-interfaces"]);
    let said = String::from_utf8_lossy(&asked.stderr);
    assert_eq!(asked.status.code(), Some(5), "{said}");
    assert!(
        said.contains("asked.conf:2:12: fatal: interface no-such-if"),
        "{said}"
    );
    let later = format!("global_defs {{\n dynamic_interfaces\n}}\n{GOOD}");
    assert_eq!(
        status("later.conf", &later, &["-t", "--check-interfaces"]),
        Some(0)
    );
}

#[test]
fn an_open_brace_is_named_where_it_is() {
    let text = "global_defs {\n router_id a\nvrrp_instance VI_1 {\n}\n";
    let told = vipd(&file("brace.conf", text), &["-t"]);
    let said = String::from_utf8_lossy(&told.stderr);
    assert!(
        said.contains("brace.conf:1:13: error: missing '}'"),
        "{said}"
    );
}

#[test]
fn a_pipe_gets_lines_and_a_program_an_object() {
    let path = file("formats.conf", "foo\n");
    let plain = vipd(&path, &["-t"]);
    let line = format!("{}:1:1: warning: Unknown keyword 'foo'", path.display());
    let said = String::from_utf8_lossy(&plain.stderr);
    assert!(
        said.starts_with(&line) && said.lines().count() == 1,
        "{said}"
    );
    assert!(plain.stdout.is_empty());
    let picture = vipd(&path, &["-t", "--format=picture"]);
    assert!(String::from_utf8_lossy(&picture.stderr).contains("1 | foo"));
    let json = vipd(&path, &["-t", "--format=json"]);
    let told: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(told["findings"][0]["length"], 3);
    assert!(json.stderr.is_empty());
    assert_eq!(json.status.code(), Some(5));
}

#[test]
fn findings_can_go_to_a_file() {
    let log = file("findings.json", "");
    let to_file = format!("-t{}", log.display());
    let said = vipd(&file("to-file.conf", "foo\n"), &[&to_file, "--format=json"]);
    assert!(said.stdout.is_empty() && said.stderr.is_empty());
    let told = std::fs::read(log).expect("the findings");
    let told: serde_json::Value = serde_json::from_slice(&told).expect("JSON");
    assert_eq!(told["status"], 5);
}
