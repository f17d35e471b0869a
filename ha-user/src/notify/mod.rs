//! What the operator's scripts and log readers are told, in keepalived's words.

pub mod letter;
pub mod line;
pub mod pipe;
pub mod post;

use crate::config::model::{Command, Instance, Notify};
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

/// Commands to run for an instance that the configuration does not have any more, and keepalived's word
/// for that. Who does not ask for another one hears that it is in fault, but not by the script for faults.
#[must_use]
pub fn of_removal(instance: &Instance, priority: u8) -> (&'static str, Vec<Command>) {
    let word = match instance.rarely.tells_deleted {
        true => "DELETED",
        false => "FAULT",
    };
    let subject = Subject::Instance(&instance.name, priority);
    let general = told(instance.notify.all.as_ref(), subject, word);
    let specific = instance.rarely.deleted.clone();
    (word, specific.into_iter().chain(general).collect())
}

/// Commands to run for `subject`, the specific one before the general one.
#[must_use]
pub fn commands(notify: &Notify, subject: Subject<'_>, occasion: Occasion) -> Vec<Command> {
    let (specific, word) = match occasion {
        Occasion::Stop => (&notify.stop, "STOP"),
        // Scripts that know keepalived's words only are not told of another one.
        Occasion::DualActive => {
            let command = notify.dual_active.as_ref();
            return Vec::from_iter(told(command, subject, "DUAL_ACTIVE"));
        }
        Occasion::Entered(state) => match (state, state_word(state)) {
            (State::Active, Some(word)) => (&notify.master, word),
            (State::Backup, Some(word)) => (&notify.backup, word),
            (State::Initialize { .. }, Some(word)) => (&notify.fault, word),
            (_, None) => return Vec::new(),
        },
    };
    let general = told(notify.all.as_ref(), subject, word);
    specific.clone().into_iter().chain(general).collect()
}

/// `command` with what it is told, `word` of `subject`.
fn told(command: Option<&Command>, subject: Subject<'_>, word: &str) -> Option<Command> {
    let (kind, name, priority) = match subject {
        Subject::Instance(name, priority) => ("INSTANCE", name, priority),
        Subject::Group(name) => ("GROUP", name, 0),
    };
    let mut command = command?.clone();
    let words = [kind, name, word].map(str::to_owned);
    command.words.extend(words);
    command.words.push(priority.to_string());
    Some(command)
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

    #[test]
    fn an_instance_that_is_removed_is_deleted_only_where_it_asks_for_that() {
        let told = |line: &str| {
            let file = format!(
                "vrrp_instance I {{\ninterface lo\nvirtual_router_id 1\n\
                 virtual_ipaddress {{\n192.0.2.1\n}}\n\
                 notify \"/bin/true a\"\nnotify_fault \"/bin/true f\"\n{line}\n}}\n"
            );
            let config = crate::config::parse(file.as_bytes(), "f").config;
            let (word, commands) = of_removal(config.instance("I").expect("an instance"), 90);
            let lines = commands.iter().map(|command| command.words[1..].join(" "));
            (word, lines.collect::<Vec<_>>())
        };
        let fault = vec!["a INSTANCE I FAULT 90".to_owned()];
        assert_eq!(told(""), ("FAULT", fault));
        let deleted = "a INSTANCE I DELETED 90".to_owned();
        assert_eq!(told("notify_deleted"), ("DELETED", vec![deleted.clone()]));
        let gone = told("notify_deleted \"/bin/true gone\"");
        assert_eq!(gone, ("DELETED", vec!["gone".to_owned(), deleted]));
    }
}
