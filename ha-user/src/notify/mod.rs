//! What the operator's scripts and log readers are told, in keepalived's words.

use crate::config::model::{Command, Notify};
use crate::vrrp::{State, TransitionReason};

/// keepalived's word for a state; none for a router that is only not running.
#[must_use]
pub fn state_word(state: State) -> Option<&'static str> {
    match state {
        State::Initialize { faulted: false } => None,
        State::Initialize { faulted: true } => Some("FAULT"),
        State::Backup => Some("BACKUP"),
        State::Active => Some("MASTER"),
    }
}

/// Why a transition happened, as a sentence without an end.
#[must_use]
pub fn explain(reason: TransitionReason) -> String {
    match reason {
        TransitionReason::Startup => "started".to_owned(),
        TransitionReason::Adopted => {
            "carrying on as the process before, whose lease still holds".to_owned()
        }
        TransitionReason::AddressOwner => "owns the addresses (priority 255)".to_owned(),
        TransitionReason::Silence => "no advert for the whole down interval".to_owned(),
        TransitionReason::PeerLeft => "the active router left with priority 0".to_owned(),
        TransitionReason::Preempted => "preempting an active router of lower priority".to_owned(),
        TransitionReason::Yielded { to, priority } => {
            format!("yielding to {to}, which advertises priority {priority}")
        }
        TransitionReason::LeaseLost => {
            "did not send an advert in time: the lease has run out".to_owned()
        }
        TransitionReason::Fenced => {
            "another router spoke up while our adverts were late, or is better".to_owned()
        }
        TransitionReason::Faulted => "a tracked object has failed".to_owned(),
        TransitionReason::Recovered => "no tracked object stands in the way any more".to_owned(),
        TransitionReason::Shutdown => "stopping".to_owned(),
    }
}

/// What is told of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// It entered a state.
    Entered(State),
    /// Another router was Active while it was.
    DualActive,
    /// The daemon stops.
    Stop,
}

/// Commands to run for an instance, the specific one before the general one.
#[must_use]
pub fn commands(notify: &Notify, name: &str, occasion: Occasion, priority: u8) -> Vec<Command> {
    let told = |command: &Option<Command>, word: &str| {
        let mut command = command.clone()?;
        let words = ["INSTANCE", name, word].map(str::to_owned);
        command.words.extend(words);
        command.words.push(priority.to_string());
        Some(command)
    };
    let (specific, word) = match occasion {
        Occasion::Stop => (&notify.stop, "STOP"),
        // Scripts that know keepalived's words only are not told of another one.
        Occasion::DualActive => return Vec::from_iter(told(&notify.dual_active, "DUAL_ACTIVE")),
        Occasion::Entered(state) => match (state, state_word(state)) {
            (State::Active, Some(word)) => (&notify.master, word),
            (State::Backup, Some(word)) => (&notify.backup, word),
            (State::Initialize { .. }, Some(word)) => (&notify.fault, word),
            (_, None) => return Vec::new(),
        },
    };
    let general = told(&notify.all, word);
    specific.clone().into_iter().chain(general).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(word: &str) -> Command {
        Command {
            words: vec![word.to_owned()],
            user: None,
        }
    }

    #[test]
    fn the_general_script_learns_who_what_and_how_strong() {
        let notify = Notify {
            master: Some(command("/m")),
            all: Some(command("/a")),
            ..Notify::default()
        };
        let commands = commands(&notify, "VI_1", Occasion::Entered(State::Active), 100);
        let words: Vec<_> = commands
            .iter()
            .map(|command| command.words.join(" "))
            .collect();
        assert_eq!(words, ["/m", "/a INSTANCE VI_1 MASTER 100"]);
    }

    #[test]
    fn only_its_own_script_hears_of_a_second_active_router() {
        let notify = Notify {
            dual_active: Some(command("/d")),
            all: Some(command("/a")),
            ..Notify::default()
        };
        let commands = commands(&notify, "VI_1", Occasion::DualActive, 100);
        let words: Vec<_> = commands
            .iter()
            .map(|command| command.words.join(" "))
            .collect();
        assert_eq!(words, ["/d INSTANCE VI_1 DUAL_ACTIVE 100"]);
    }

    #[test]
    fn a_router_that_is_only_not_running_tells_nothing() {
        let notify = Notify {
            all: Some(command("/a")),
            ..Notify::default()
        };
        let silent = Occasion::Entered(State::Initialize { faulted: false });
        assert!(commands(&notify, "VI_1", silent, 100).is_empty());
        assert_eq!(commands(&notify, "VI_1", Occasion::Stop, 0).len(), 1);
    }
}
