//! Who may know whom: the dependency direction that ARCHITECTURE.md draws.

use crate::source::{self, Source};

/// Words that code below a directory must not contain.
struct Rule {
    directory: &'static str,
    /// Directories and files below it that the rule is not about.
    except: &'static [&'static str],
    words: &'static [&'static str],
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        directory: "ha-user/src/vrrp",
        // A test takes its number of seeds from the environment, and all cores.
        except: &["ha-user/src/vrrp/tests"],
        words: &[
            "tokio",
            "aya",
            "rustix",
            "libc",
            "socket2",
            "netlink_sys",
            "rtnetlink",
            "netlink_packet_core",
            "netlink_packet_route",
            "pnet",
            "std::fs",
            "std::io",
            "std::env",
            "std::process",
            "std::thread",
            "UdpSocket",
            "TcpStream",
            "UnixStream",
            "Instant",
            "SystemTime",
        ],
        why: "the engine sees neither sockets nor files nor a clock",
    },
    Rule {
        directory: "ha-user/src/check",
        except: &["ha-user/src/check/prober"],
        words: &[
            "tokio",
            "aya",
            "rustix",
            "libc",
            "socket2",
            "std::fs",
            "std::env",
            "std::process",
            "std::thread",
            "UdpSocket",
            "TcpStream",
            "UnixStream",
            "Instant",
            "SystemTime",
        ],
        why: "what decides about probes sees neither sockets nor files nor a clock",
    },
    Rule {
        directory: "ha-user/src",
        except: &[
            "ha-user/src/daemon",
            "ha-user/src/bin",
            "ha-user/src/lib.rs",
            "ha-user/src/cli",
            // Asks the daemon to keep its role out of a child's environment.
            "ha-user/src/script.rs",
        ],
        words: &["crate::daemon", "super::daemon"],
        why: "nobody depends on the daemon; it wires the others",
    },
    Rule {
        directory: "ha-user/src",
        except: &[
            "ha-user/src/config",
            "ha-user/src/notify",
            "ha-user/src/control",
        ],
        words: &["MASTER", "BACKUP"],
        why: "only config, notify and control know keepalived's words",
    },
    Rule {
        directory: "xtask/src",
        except: &[],
        words: &["ha_user", "ha_common", "ha_tests"],
        why: "xtask builds the crates, so it cannot need them",
    },
];

#[test]
fn dependencies_point_one_way() {
    let violations: Vec<_> = RULES.iter().flat_map(Rule::violations).collect();
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

#[test]
fn a_word_is_not_a_part_of_a_longer_one() {
    assert!(contains_word("use tokio::net;", "tokio"));
    assert!(contains_word(
        "let now = std::time::Instant::now();",
        "Instant"
    ));
    assert!(!contains_word("use layaya::x;", "aya"));
    assert!(!contains_word("struct InstantReplay;", "Instant"));
}

impl Rule {
    fn violations(&self) -> Vec<String> {
        let sources = source::rust_below(self.directory);
        let concerned = sources.iter().filter(|source| !self.exempts(source));
        concerned
            .flat_map(|source| self.violations_in(source))
            .collect()
    }

    fn exempts(&self, source: &Source) -> bool {
        self.except
            .iter()
            .any(|except| source.path.starts_with(except))
    }

    fn violations_in(&self, source: &Source) -> Vec<String> {
        let mut found = Vec::new();
        for (number, line) in source.code() {
            for word in self.words.iter().filter(|word| contains_word(line, word)) {
                found.push(format!("{}:{number}: {word}: {}", source.path, self.why));
            }
        }
        found
    }
}

fn contains_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}
