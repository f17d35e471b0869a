//! The manual page of the configuration, `docs/vipd.conf.5`, is made of the table of keywords.
//!
//! `UPDATE=1 cargo test -p ha-user --test manual` rewrites it; `man -l docs/vipd.conf.5` shows it.

use ha_user::config::keywords::{self, Effect, Entry};
use roff::{Inline, Roff, bold, italic, roman};
use std::path::Path;

/// What the file is made of, before the keywords: paragraphs, and indented examples.
const LANGUAGE: &[Piece] = &[
    Piece::Text(
        "vipd reads keepalived's configuration. A line is a keyword and its values; a keyword may \
         have a block of lines in braces. What stands behind # or ! is a comment, in double quotes a \
         word may have blanks, and a line that ends with a backslash goes on in the next one.",
    ),
    Piece::Example(
        "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.100/24\n    }\n}",
    ),
    Piece::Text("Other files are read where an include stands. Its last part may have * and ?."),
    Piece::Example("include /etc/keepalived/conf.d/*.conf"),
    Piece::Text(
        "A line behind @ID is for the director of that name alone, one behind @^ID for all others: \
         that of --config-id, else the machine's.",
    ),
    Piece::Example("@lb1 priority 150\n@^lb1 priority 100"),
    Piece::Text(
        "$NAME=TEXT says what $NAME or ${NAME} stands for from there on. ${NAME A B} puts A and B in \
         the place of $1 and $2, and ${_ENV NAME} is a variable of the environment.",
    ),
    Piece::Example("$VIP=192.0.2.100/24\nvirtual_ipaddress {\n    $VIP\n}"),
    Piece::Text(
        "~SEQ(NAME, FIRST, LAST), with a STEP before LAST if wanted, repeats the rest of its line for each number, ~LST for each of a list.",
    ),
    Piece::Example("~SEQ(N, 1, 9) 192.0.2.10$N"),
    Piece::Text(
        "vipd -t checks a file and says where it is wrong, why, and what mends it. It needs neither root \
         nor the interfaces; --check-interfaces asks for those, too, and --format json is for programs. \
         The status is 0 if the file is good, 5 if something in it is not used as it is written, 6 if \
         scripts run that others than root may change, 4 if vipd would not start.",
    ),
    Piece::Example("vipd -t --check-interfaces -f /etc/keepalived/keepalived.conf"),
];

enum Piece {
    Text(&'static str),
    Example(&'static str),
}

#[test]
fn the_manual_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/vipd.conf.5");
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).expect("a writable file");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        page == expected,
        "{}: UPDATE=1 accepts what it should be",
        path.display()
    );
}

fn page() -> String {
    let mut page = Roff::new();
    page.control("TH", ["vipd.conf", "5", "", "vipd", "File formats"]);
    page.control("SH", ["NAME"]);
    page.text([roman(
        "vipd.conf - configuration of vipd, the virtual-IP daemon",
    )]);
    page.control("SH", ["DESCRIPTION"]);
    for piece in LANGUAGE {
        describe(&mut page, piece);
    }
    page.control("SH", ["KEYWORDS"]);
    page.text([roman("A keyword that is not simply used says so:")]);
    for effect in Effect::ALL
        .into_iter()
        .filter(|effect| *effect != Effect::Used)
    {
        let words = [
            italic(effect.name()),
            roman(": "),
            roman(effect.meaning()),
            roman("."),
        ];
        item(&mut page, &words[..1], &words[2..]);
    }
    for block in keywords::catalogue().chunk_by(|one, other| one.path == other.path) {
        page.control("SS", [title(&block[0]).as_str()]);
        for entry in block {
            explain(&mut page, entry);
        }
    }
    page.control("SH", ["FILES"]);
    item(
        &mut page,
        &[italic("/etc/keepalived/keepalived.conf")],
        &[roman("read unless --use-file names another one")],
    );
    page.control("SH", ["SEE ALSO"]);
    page.text([roman(
        "vipd -t checks a file, and vipd --explain KEYWORD shows what is said here of one keyword.",
    )]);
    page.to_roff()
}

fn describe(page: &mut Roff, piece: &Piece) {
    match piece {
        Piece::Text(text) => {
            page.control("PP", []);
            page.text([roman(*text)]);
        }
        Piece::Example(text) => {
            page.control("PP", []);
            page.control("RS", ["4"]);
            page.control("nf", []);
            for line in text.lines() {
                page.text([roman(line)]);
            }
            page.control("fi", []);
            page.control("RE", []);
        }
    }
}

fn title(entry: &Entry) -> String {
    match entry.path.as_slice() {
        [] => "Outside all blocks".to_owned(),
        path => format!("In {}", path.join(" / ")),
    }
}

fn explain(page: &mut Roff, entry: &Entry) {
    let mut head = vec![bold(entry.name)];
    if !entry.value.is_empty() {
        head.extend([roman(" "), italic(entry.value.as_str())]);
    }
    let mut text = vec![roman(entry.doc)];
    if entry.effect != Effect::Used {
        text.extend([roman(" ("), italic(entry.effect.name()), roman(")")]);
    }
    item(page, &head, &text);
}

fn item(page: &mut Roff, head: &[Inline], text: &[Inline]) {
    page.control("TP", []);
    page.text(head.to_vec());
    page.text(text.to_vec());
}
