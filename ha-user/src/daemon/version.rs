//! `--version`, as tools that look for keepalived's read it.

use std::io::Write as _;

use rustix::fs::fstat;

/// keepalived whose command line and files we are compatible with.
const COMPATIBLE_WITH: &str = "2.4.3";

/// What an exporter looks for before it asks for JSON.
const BUILT_WITH: &str = "--enable-json";

/// The version in a line.
pub(super) fn line() -> String {
    let own = env!("CARGO_PKG_VERSION");
    format!("Keepalived v{COMPATIBLE_WITH} (vipd {own})")
}

/// Prints the version to standard error, where keepalived prints it and exporters read it, and to
/// standard output, where people pipe it from; once only where both are the same.
pub(super) fn print() {
    let text = format!(
        "{}\n\nABI of the data path: {}\nOptions of keepalived's build: {BUILT_WITH}\n",
        line(),
        ha_common::abi::ABI_VERSION
    );
    // Nobody can be told if they are closed.
    let _ = std::io::stderr().write_all(text.as_bytes());
    if !same_file() {
        let _ = std::io::stdout().write_all(text.as_bytes());
    }
}

fn same_file() -> bool {
    let identity = |fd| fstat(fd).map(|stat| (stat.st_dev, stat.st_ino)).ok();
    identity(rustix::stdio::stdout()) == identity(rustix::stdio::stderr())
}
