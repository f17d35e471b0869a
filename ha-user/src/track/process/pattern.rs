//! Which processes are meant.

use super::Seen;
use crate::config::model::process::{Arguments, Compared, Pattern};

/// Ends each word of a command line, as the kernel has it.
const END: u8 = 0;

impl Pattern {
    /// Whether a process is one of those.
    pub(super) fn means(&self, seen: &Seen) -> bool {
        let program = self.program.as_bytes();
        let arguments = match &self.compared {
            Compared::Name => return seen.name == program,
            Compared::Command(arguments) => arguments,
        };
        let command = seen.command.as_slice();
        let end = command.iter().position(|octet| *octet == END);
        let (first, rest) = command.split_at(end.unwrap_or(command.len()));
        let rest = rest.get(1..).unwrap_or_default();
        first == program && arguments.allow(rest)
    }

    /// Whether a command line is needed to know.
    pub(super) fn needs_command(&self) -> bool {
        self.compared != Compared::Name
    }
}

impl Arguments {
    fn allow(&self, rest: &[u8]) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(words) => rest == joined(words),
            Self::Partial(words) => rest.starts_with(&joined(words)),
            Self::Initial(words) => {
                let mut beginning = joined(words);
                let is_long_enough = rest.len() >= beginning.len();
                beginning.pop();
                is_long_enough && rest.starts_with(&beginning)
            }
        }
    }
}

/// As they are in a command line.
fn joined(words: &[String]) -> Vec<u8> {
    let ended = words.iter().flat_map(|word| word.bytes().chain([END]));
    ended.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(words: &[&str]) -> Seen {
        let words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
        Seen {
            name: b"server".to_vec(),
            command: joined(&words),
            parent: 1,
        }
    }

    fn means(compared: Compared, command: &[&str]) -> bool {
        let pattern = Pattern {
            program: "/opt/server".to_owned(),
            compared,
        };
        pattern.means(&seen(command))
    }

    #[test]
    fn a_name_is_that_of_the_process_and_not_of_its_file() {
        for (program, is_meant) in [("server", true), ("serve", false), ("/opt/server", false)] {
            let pattern = Pattern {
                program: program.to_owned(),
                compared: Compared::Name,
            };
            assert_eq!(
                pattern.means(&seen(&["/opt/server"])),
                is_meant,
                "{program}"
            );
        }
    }

    /// As keepalived 2.2.7 was seen to find them.
    #[test]
    fn arguments_are_compared_as_asked() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        let commands: [&[&str]; 6] = [
            &["/opt/server"],
            &["/opt/server", "-p"],
            &["/opt/server", "-p", "80"],
            &["/opt/server", "-p", "8080"],
            &["/opt/server", "-p", "80", "-v"],
            &["server", "-p", "80"],
        ];
        let which = |arguments: Arguments| {
            commands.map(|command| means(Compared::Command(arguments.clone()), command))
        };
        let [n, y] = [false, true];
        assert_eq!(which(Arguments::Any), [y, y, y, y, y, n]);
        assert_eq!(which(Arguments::Exact(words(&[]))), [y, n, n, n, n, n]);
        assert_eq!(which(Arguments::Partial(words(&[]))), [y, y, y, y, y, n]);
        assert_eq!(which(Arguments::Initial(words(&[]))), [y, y, y, y, y, n]);
        let port = || words(&["-p", "80"]);
        assert_eq!(which(Arguments::Exact(port())), [n, n, y, n, n, n]);
        assert_eq!(which(Arguments::Partial(port())), [n, n, y, n, y, n]);
        assert_eq!(which(Arguments::Initial(port())), [n, n, y, y, y, n]);
    }

    #[test]
    fn a_process_without_a_command_line_is_nobody() {
        assert!(!means(Compared::Command(Arguments::Any), &[]));
        let unended = Seen {
            command: b"/opt/server".to_vec(),
            ..seen(&[])
        };
        let pattern = Pattern {
            program: "/opt/server".to_owned(),
            compared: Compared::Command(Arguments::Exact(Vec::new())),
        };
        assert!(pattern.means(&unended));
    }
}
