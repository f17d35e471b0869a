//! Every file in `tests/config` against its snapshot, and any bytes at all against panics.
//!
//! `UPDATE=1 cargo test -p ha-user` rewrites the snapshots and `docs/keywords.md`.

#[path = "config/summary.rs"]
mod summary;

use ha_user::config::keywords::{self, Effect};
use ha_user::config::{self, Format, Loaded, Palette, System};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use summary::summary;

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
