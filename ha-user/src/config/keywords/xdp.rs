//! `xdp { ... }`: what only vipd has.

use super::super::diagnostic::{Report, Severity};
use super::super::lexer::Word;
use super::super::model::{Xdp, XdpMode};
use super::{Keyword, Table, words};

pub(super) const TABLE: Table<Xdp> = Table {
    keywords: KEYWORDS,
    later: &[],
};

const KEYWORDS: &[Keyword<Xdp>] = &[words(
    "mode",
    "auto|native|generic|off",
    1..=1,
    "how the data path is attached; off works as keepalived does",
    mode,
)];

fn mode(xdp: &mut Xdp, _: &Word, words: &[Word], report: &mut Report) {
    let [word, ..] = words else { return };
    xdp.mode = match word.text.as_str() {
        "auto" => XdpMode::Auto,
        "native" => XdpMode::Native,
        "generic" => XdpMode::Generic,
        "off" => XdpMode::Off,
        other => {
            let message = format!("mode: unknown word '{other}'. Using default auto");
            let help = "auto, native, generic or off";
            return report.add_with_help(Severity::Error, &word.at, message, help);
        }
    };
}
