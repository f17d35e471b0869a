//! Processes as `/proc` shows them.

use std::fs;
use std::io::{self, Read as _};
use std::path::PathBuf;

/// A name, with what stands before the process's parent, is far shorter.
const ROOM: usize = 256;
/// Octets of a command line that are looked at: more than anybody writes into a configuration.
const COMMAND: u64 = 64 << 10;

/// A process that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its name, as the kernel keeps it.
    pub name: Vec<u8>,
    /// Its words, each ended by a zero octet; empty if nobody has asked.
    pub command: Vec<u8>,
    /// Who has started it.
    pub parent: u32,
}

/// The processes there are, dead ones among them.
///
/// # Errors
/// `/proc` cannot be read.
pub fn everybody() -> io::Result<Vec<u32>> {
    let entries = fs::read_dir("/proc")?;
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
    Ok(names
        .filter_map(|name| name.to_str()?.parse().ok())
        .collect())
}

/// A process, with its command line if that `is_needed`. `None` for one that is gone, or dead.
#[must_use]
pub fn look(pid: u32, is_needed: bool) -> Option<Seen> {
    let place = PathBuf::from(format!("/proc/{pid}"));
    let mut stat = [0; ROOM];
    let count = fs::File::open(place.join("stat")).and_then(|mut file| file.read(&mut stat));
    let mut seen = parse(stat.get(..count.ok()?)?)?;
    if is_needed {
        let file = fs::File::open(place.join("cmdline")).ok()?;
        file.take(COMMAND).read_to_end(&mut seen.command).ok()?;
    }
    Some(seen)
}

/// `PID (NAME) STATE PARENT ...`, where a name may have anything in it.
fn parse(stat: &[u8]) -> Option<Seen> {
    let begin = stat.iter().position(|octet| *octet == b'(')?;
    let end = stat.iter().rposition(|octet| *octet == b')')?;
    let name = stat.get(begin + 1..end)?;
    let rest = str::from_utf8(stat.get(end + 1..)?).ok()?;
    let mut words = rest.split_ascii_whitespace();
    if matches!(words.next()?, "Z" | "X") {
        return None;
    }
    Some(Seen {
        name: name.to_vec(),
        command: Vec::new(),
        parent: words.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn names_may_have_anything_in_them() {
        let name = |stat: &[u8]| parse(stat).map(|seen| (seen.name, seen.parent));
        assert_eq!(name(b"7 (sh) S 1 7 7"), Some((b"sh".to_vec(), 1)));
        assert_eq!(name(b"7 (a) Z (b) R 4 7"), Some((b"a) Z (b".to_vec(), 4)));
        assert_eq!(name(b"7 (\xff\n) D 4"), Some((b"\xff\n".to_vec(), 4)));
        assert_eq!(name(b"7 (sh) Z 1 7 7"), None);
        assert_eq!(name(b"7 (sh"), None);
        assert_eq!(name(b""), None);
    }

    #[test]
    fn a_dead_process_is_not_there() {
        let mut child = Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("cat");
        let pid = child.id();
        assert!(everybody().expect("processes").contains(&pid));
        // `spawn` returns as soon as the old memory is gone, which is before the new one has its words.
        let mut seen = look(pid, true).expect("a process");
        while seen.command.is_empty() {
            std::thread::yield_now();
            seen = look(pid, true).expect("a process");
        }
        assert_eq!(
            (seen.parent, seen.command.as_slice()),
            (std::process::id(), &b"cat\0"[..])
        );
        drop(child.stdin.take());
        while look(pid, false).is_some() {
            std::thread::yield_now();
        }
        assert!(
            everybody().expect("processes").contains(&pid),
            "nobody has waited for it"
        );
        child.wait().expect("our own child");
    }
}
