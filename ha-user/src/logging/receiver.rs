//! Whoever receives log lines on this machine: journald by its own protocol, where it is, else syslog. Neither
//! is ever waited for.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use log::Level;

use super::Facility;

/// syslog's socket.
const SYSLOG: &str = "/dev/log";
/// journald's.
const JOURNAL: &str = "/run/systemd/journal/socket";

/// How a line is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Syslog,
    Journal,
}

/// A socket to it.
#[derive(Debug)]
pub(super) struct Receiver {
    socket: Option<(UnixDatagram, Protocol)>,
    tag: String,
    facility: Facility,
    /// Lines that it did not take.
    lost: u64,
}

impl Receiver {
    /// For lines of a program called `tag`.
    pub(super) fn new(tag: &str, facility: Facility) -> Self {
        Self {
            socket: None,
            tag: tag.to_owned(),
            facility,
            lost: 0,
        }
    }

    /// Writes a line. Connects anew if that fails: the other end may be started again at any time. One that
    /// does not read is not waited for, and told afterwards how many lines it has missed.
    pub(super) fn write(&mut self, level: Level, text: &str) {
        if self.lost > 0 {
            let said = format!("{} log lines lost: syslog did not take them", self.lost);
            if !self.deliver(Level::Warn, &said) {
                self.lost += 1;
                return;
            }
            self.lost = 0;
        }
        if !self.deliver(level, text) {
            self.lost += 1;
        }
    }

    fn deliver(&mut self, level: Level, text: &str) -> bool {
        for _ in 0..2 {
            if self.socket.is_none() {
                self.socket = connect();
            }
            let Some((socket, protocol)) = &self.socket else {
                return false;
            };
            let line = match protocol {
                Protocol::Syslog => self.syslog_line(level, text),
                Protocol::Journal => self.journal_entry(level, text),
            };
            match socket.send(&line) {
                Ok(_) => return true,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(_) => self.socket = None,
            }
        }
        false
    }

    fn syslog_line(&self, level: Level, text: &str) -> Vec<u8> {
        let priority = self.facility.number() << 3 | severity(level);
        let (tag, pid) = (&self.tag, std::process::id());
        format!("<{priority}>{tag}[{pid}]: {text}").into_bytes()
    }

    fn journal_entry(&self, level: Level, text: &str) -> Vec<u8> {
        let mut entry = Vec::new();
        field(&mut entry, "MESSAGE", text);
        field(&mut entry, "PRIORITY", &severity(level).to_string());
        let facility = self.facility.number().to_string();
        field(&mut entry, "SYSLOG_FACILITY", &facility);
        field(&mut entry, "SYSLOG_IDENTIFIER", &self.tag);
        field(&mut entry, "SYSLOG_PID", &std::process::id().to_string());
        if let Some((instance, said)) = of_instance(text) {
            field(&mut entry, "VRRP_INSTANCE", instance);
            let state = said.strip_prefix("Entering ");
            if let Some(state) = state.and_then(|rest| rest.split_once(" STATE")) {
                field(&mut entry, "VRRP_STATE", state.0);
            }
        }
        entry
    }
}

fn connect() -> Option<(UnixDatagram, Protocol)> {
    let socket = UnixDatagram::unbound().ok()?;
    socket.set_nonblocking(true).ok()?;
    if is_journals(fs::read_link(SYSLOG).ok().as_deref()) && socket.connect(JOURNAL).is_ok() {
        return Some((socket, Protocol::Journal));
    }
    socket.connect(SYSLOG).ok()?;
    Some((socket, Protocol::Syslog))
}

/// Whether what syslog's socket is a link to is journald's: then that would get the same lines.
fn is_journals(link: Option<&Path>) -> bool {
    link.is_some_and(|target| target.starts_with("/run/systemd/journal"))
        || (link.is_none() && !Path::new(SYSLOG).exists())
}

const fn severity(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

/// Adds a field as journald reads it: on a line, or, with more than a line in it, by its length.
fn field(entry: &mut Vec<u8>, name: &str, value: &str) {
    entry.extend(name.as_bytes());
    if value.contains('\n') {
        entry.push(b'\n');
        entry.extend((value.len() as u64).to_le_bytes());
    } else {
        entry.push(b'=');
    }
    entry.extend(value.as_bytes());
    entry.push(b'\n');
}

/// The instance that a line is about, and what it says of it.
fn of_instance(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('(')?.split_once(") ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receiver() -> Receiver {
        Receiver::new("vipd_vrrp", Facility::DAEMON)
    }

    #[test]
    fn a_journal_entry_names_instance_and_state() {
        let entry = receiver().journal_entry(Level::Info, "(VI_1) Entering X STATE (started)");
        let text = String::from_utf8(entry).expect("text");
        let has = |line: &str| text.lines().any(|one| one == line);
        assert!(has("MESSAGE=(VI_1) Entering X STATE (started)"), "{text}");
        assert!(has("PRIORITY=6") && has("SYSLOG_FACILITY=3"), "{text}");
        assert!(has("SYSLOG_IDENTIFIER=vipd_vrrp"), "{text}");
        assert!(has("VRRP_INSTANCE=VI_1") && has("VRRP_STATE=X"), "{text}");
    }

    #[test]
    fn several_lines_are_one_field() {
        let mut entry = Vec::new();
        field(&mut entry, "MESSAGE", "a\nb");
        assert_eq!(entry, b"MESSAGE\n\x03\0\0\0\0\0\0\0a\nb\n");
    }

    #[test]
    fn journald_is_spoken_with_where_syslog_is_its_own() {
        assert!(is_journals(Some(Path::new("/run/systemd/journal/dev-log"))));
        assert!(!is_journals(Some(Path::new("/run/rsyslog/dev/log"))));
    }

    #[test]
    fn what_is_not_taken_is_counted_and_said() {
        let (ours, theirs) = UnixDatagram::pair().expect("sockets");
        ours.set_nonblocking(true).expect("a socket");
        theirs.set_nonblocking(true).expect("a socket");
        let mut receiver = receiver();
        receiver.socket = Some((ours, Protocol::Syslog));
        while receiver.lost < 3 {
            receiver.write(Level::Info, "a line");
        }
        let mut buffer = [0; 256];
        while theirs.recv(&mut buffer).is_ok() {}
        receiver.write(Level::Info, "after");
        let length = theirs.recv(&mut buffer).expect("a line");
        let said = String::from_utf8_lossy(&buffer[..length]);
        assert!(said.starts_with("<28>vipd_vrrp["), "{said}");
        assert!(
            said.ends_with("3 log lines lost: syslog did not take them"),
            "{said}"
        );
        let length = theirs.recv(&mut buffer).expect("a line");
        assert!(buffer[..length].ends_with(b": after"));
    }
}
