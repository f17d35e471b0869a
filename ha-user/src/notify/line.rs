//! What is written into the operator's pipes, as keepalived writes it.

use super::{Occasion, Subject, state_word};
use crate::config::model::service::{RealServer, VirtualServer};
use crate::vrrp::State;

/// The line for `subject`; none for what keepalived does not tell.
#[must_use]
pub fn of_occasion(subject: Subject<'_>, occasion: Occasion) -> Option<String> {
    let word = match occasion {
        Occasion::Entered(state) => state_word(state)?,
        Occasion::Stop => "STOP",
        Occasion::DualActive => return None,
    };
    Some(line(subject, word))
}

/// The line for an instance that the configuration does not have any more, which is told by `word`.
#[must_use]
pub fn of_removal(name: &str, word: &str, priority: u8) -> String {
    line(Subject::Instance(name, priority), word)
}

/// The line for a MASTER of `priority` that has heard a lower one.
#[must_use]
pub fn of_lower(name: &str, priority: u8) -> String {
    line(Subject::Instance(name, priority), "MASTER_RX_LOWER_PRI")
}

/// The line for an instance in `state` whose effective priority is another one now.
#[must_use]
pub fn of_priority(name: &str, state: State, priority: u8) -> Option<String> {
    let word = match state {
        State::Active => "MASTER_PRIORITY",
        State::Backup => "BACKUP_PRIORITY",
        State::Initialize { .. } => return None,
    };
    Some(line(Subject::Instance(name, priority), word))
}

fn line(subject: Subject<'_>, word: &str) -> String {
    match subject {
        Subject::Instance(name, priority) => format!("INSTANCE \"{name}\" {word} {priority}\n"),
        Subject::Group(name) => format!("GROUP \"{name}\" {word} 0\n"),
    }
}

/// The line for a virtual server, or one of its real servers, without its last word.
#[must_use]
pub fn service(service: &VirtualServer, server: Option<&RealServer>) -> String {
    let title = &service.title;
    match server {
        Some(server) => format!("RS {} {title}", service.protocol.trio(server.address)),
        None => format!("VS {title}"),
    }
}

/// The last word of it.
#[must_use]
pub const fn up_or_down(is_up: bool) -> &'static str {
    if is_up { "UP" } else { "DOWN" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_keepalived() {
        let instance = Subject::Instance("VI_1", 100);
        let entered = |state| of_occasion(instance, Occasion::Entered(state));
        assert_eq!(
            entered(State::Active).as_deref(),
            Some("INSTANCE \"VI_1\" MASTER 100\n")
        );
        assert_eq!(entered(State::Initialize { faulted: false }), None);
        assert_eq!(
            of_occasion(Subject::Group("G"), Occasion::Stop).as_deref(),
            Some("GROUP \"G\" STOP 0\n")
        );
        assert_eq!(of_occasion(instance, Occasion::DualActive), None);
        assert_eq!(
            of_priority("VI_1", State::Backup, 70).as_deref(),
            Some("INSTANCE \"VI_1\" BACKUP_PRIORITY 70\n")
        );
        assert_eq!(
            of_removal("VI_1", "FAULT", 70),
            "INSTANCE \"VI_1\" FAULT 70\n"
        );
        assert_eq!(
            of_lower("VI_1", 70),
            "INSTANCE \"VI_1\" MASTER_RX_LOWER_PRI 70\n"
        );
    }
}
