//! What the operator's scripts and log readers are told, in keepalived's words.

pub mod letter;
pub mod line;
pub mod pipe;
pub mod post;

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

/// How many routers are in which state, in one line.
#[must_use]
pub fn summary(states: impl Iterator<Item = State> + Clone) -> String {
    let counts = ["MASTER", "BACKUP", "FAULT"].map(|word| {
        let in_state = |state: &State| state_word(*state) == Some(word);
        format!("{} {word}", states.clone().filter(in_state).count())
    });
    counts.join(", ")
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
        TransitionReason::GroupLeft => {
            "another instance of its sync group cannot be MASTER".to_owned()
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

/// Whom something is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// A `vrrp_instance`: its name and effective priority.
    Instance(&'a str, u8),
    /// A `vrrp_sync_group`: its name.
    Group(&'a str),
}

/// Commands to run for `subject`, the specific one before the general one.
#[must_use]
pub fn commands(notify: &Notify, subject: Subject<'_>, occasion: Occasion) -> Vec<Command> {
    let (kind, name, priority) = match subject {
        Subject::Instance(name, priority) => ("INSTANCE", name, priority),
        Subject::Group(name) => ("GROUP", name, 0),
    };
    let told = |command: &Option<Command>, word: &str| {
        let mut command = command.clone()?;
        let words = [kind, name, word].map(str::to_owned);
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

    const VI_1: Subject<'_> = Subject::Instance("VI_1", 100);

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
        let commands = commands(&notify, VI_1, Occasion::Entered(State::Active));
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
        let commands = commands(&notify, VI_1, Occasion::DualActive);
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
        assert!(commands(&notify, VI_1, silent).is_empty());
        assert_eq!(commands(&notify, VI_1, Occasion::Stop).len(), 1);
    }

    #[test]
    fn a_summary_counts_states_that_have_a_word() {
        let states = [
            State::Active,
            State::Initialize { faulted: true },
            State::Initialize { faulted: false },
        ];
        assert_eq!(summary(states.into_iter()), "1 MASTER, 0 BACKUP, 1 FAULT");
    }

    #[test]
    fn a_group_has_no_priority() {
        let notify = Notify {
            all: Some(command("/a")),
            ..Notify::default()
        };
        let occasion = Occasion::Entered(State::Backup);
        let commands = commands(&notify, Subject::Group("G"), occasion);
        assert_eq!(commands[0].words, ["/a", "GROUP", "G", "BACKUP", "0"]);
    }
}
