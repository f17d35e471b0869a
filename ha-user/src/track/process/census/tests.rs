use std::time::Duration;

use super::*;
use crate::config::model::Weight;
use crate::config::model::process::{Arguments, Compared, Pattern};

const NOW: Nanos = Nanos::new(1);
const DELAY: Duration = Duration::from_secs(1);

fn settings(name: &str, compared: Compared, quorum: u32) -> TrackProcess {
    TrackProcess {
        name: name.to_owned(),
        pattern: Pattern {
            program: "p".to_owned(),
            compared,
        },
        quorum,
        quorum_max: u32::MAX,
        fork_delay: Duration::ZERO,
        terminate_delay: Duration::ZERO,
        weight: Weight::default(),
    }
}

fn seen(name: &str, parent: u32) -> Seen {
    Seen {
        name: name.as_bytes().to_vec(),
        command: [name.as_bytes(), b"\0"].concat(),
        parent,
    }
}

fn wanted(settings: &[TrackProcess]) -> Vec<Wanted> {
    let wanted = |settings: &TrackProcess| Wanted {
        settings: settings.clone(),
        known: None,
    };
    settings.iter().map(wanted).collect()
}

/// Counted by name: one is enough, or two are.
fn census(everybody: &[(u32, Seen)]) -> Census {
    let mut census = Census::default();
    let [one, two] = [("one", 1), ("two", 2)].map(|(name, n)| settings(name, Compared::Name, n));
    census.follow(wanted(&[one, two]));
    census.count(NOW, &everybody.iter().cloned().collect(), Scope::New);
    census
}

fn verdicts(census: &mut Census) -> Vec<(String, bool)> {
    let verdicts = census.verdicts().into_iter();
    verdicts.map(|verdict| (verdict.name, verdict.up)).collect()
}

fn told(verdicts: &[(&str, bool)]) -> Vec<(String, bool)> {
    let told = verdicts.iter().map(|(name, up)| ((*name).to_owned(), *up));
    told.collect()
}

fn nobody(_: u32, _: bool) -> Option<Seen> {
    None
}

#[test]
fn processes_come_and_go() {
    let mut census = census(&[(5, seen("p", 1)), (6, seen("q", 1))]);
    let (one, two) = (Event::Ended(5), Event::Ended(7));
    assert_eq!(
        verdicts(&mut census),
        told(&[("one", true), ("two", false)])
    );
    census.take(
        NOW,
        Event::Forked {
            parent: 6,
            child: 8,
        },
        nobody,
    );
    assert_eq!(verdicts(&mut census), []);
    census.take(
        NOW,
        Event::Forked {
            parent: 5,
            child: 7,
        },
        nobody,
    );
    assert_eq!(verdicts(&mut census), told(&[("two", true)]));
    census.take(NOW, one, nobody);
    assert_eq!(verdicts(&mut census), told(&[("two", false)]));
    census.take(NOW, one, nobody);
    census.take(NOW, two, nobody);
    assert_eq!(verdicts(&mut census), told(&[("one", false)]));
}

#[test]
fn a_process_becomes_another_program_and_back() {
    let mut census = census(&[(5, seen("p", 1))]);
    verdicts(&mut census);
    for event in [Event::Executed(5), Event::Renamed(5)] {
        census.take(NOW, event, |_, _| Some(seen("q", 1)));
        assert_eq!(verdicts(&mut census), told(&[("one", false)]), "{event:?}");
        census.take(NOW, event, |_, _| Some(seen("p", 1)));
        // One that executes itself counts once.
        census.take(NOW, event, |_, _| Some(seen("p", 1)));
        assert_eq!(verdicts(&mut census), told(&[("one", true)]), "{event:?}");
    }
}

#[test]
fn another_name_changes_no_command_line() {
    let mut census = Census::default();
    let command = Compared::Command(Arguments::Any);
    census.follow(wanted(&[settings("c", command, 1)]));
    census.count(NOW, &BTreeMap::from([(5, seen("p", 1))]), Scope::New);
    assert_eq!(verdicts(&mut census), told(&[("c", true)]));
    census.take(NOW, Event::Renamed(5), |_, _| Some(seen("q", 1)));
    assert_eq!(verdicts(&mut census), []);
    census.take(NOW, Event::Executed(5), |_, needs_command| {
        assert!(needs_command);
        Some(seen("q", 1))
    });
    assert_eq!(verdicts(&mut census), told(&[("c", false)]));
}

#[test]
fn everybody_is_counted_for_those_who_are_new() {
    let mut census = census(&[(5, seen("p", 1))]);
    verdicts(&mut census);
    let third = settings("third", Compared::Name, 1);
    let [one, two] = [("one", 1), ("two", 2)].map(|(name, n)| settings(name, Compared::Name, n));
    census.follow(wanted(&[one.clone(), two, third.clone()]));
    assert_eq!(verdicts(&mut census), []);
    let both = BTreeMap::from([(5, seen("p", 1)), (6, seen("p", 5))]);
    census.count(NOW, &both, Scope::New);
    assert_eq!(verdicts(&mut census), told(&[("third", true)]));
    census.count(NOW, &both, Scope::All);
    assert_eq!(verdicts(&mut census), told(&[("two", true)]));
    // With other settings it is another one.
    let other = TrackProcess { quorum: 3, ..third };
    census.follow(wanted(&[one, other]));
    census.count(NOW, &both, Scope::New);
    assert_eq!(verdicts(&mut census), told(&[("third", false)]));
}

#[test]
fn between_two_counts_a_delay_is_kept() {
    let mut patient = settings("p", Compared::Name, 2);
    patient.fork_delay = DELAY;
    patient.terminate_delay = 2 * DELAY;
    let mut census = Census::default();
    census.follow(wanted(&[patient]));
    let mut everybody = BTreeMap::from([(5, seen("p", 1))]);
    census.count(NOW, &everybody, Scope::All);
    assert_eq!(verdicts(&mut census), told(&[("p", false)]));
    everybody.insert(6, seen("p", 5));
    census.count(NOW, &everybody, Scope::All);
    assert_eq!(census.next_deadline(), Some(NOW + DELAY), "a fork");
    census.handle_timeout(NOW + DELAY);
    assert_eq!(verdicts(&mut census), told(&[("p", true)]));
    everybody.remove(&5);
    census.count(NOW, &everybody, Scope::All);
    assert_eq!(census.next_deadline(), Some(NOW + 2 * DELAY), "an end");
    // Started by somebody else in time.
    everybody.insert(7, seen("p", 1));
    census.count(NOW, &everybody, Scope::All);
    assert_eq!(
        (census.next_deadline(), verdicts(&mut census)),
        (None, vec![])
    );
    everybody.remove(&6);
    census.count(NOW, &everybody, Scope::All);
    census.handle_timeout(NOW + 2 * DELAY);
    assert_eq!(verdicts(&mut census), told(&[("p", false)]));
    everybody.insert(8, seen("p", 1));
    census.count(NOW, &everybody, Scope::All);
    assert_eq!(verdicts(&mut census), told(&[("p", true)]), "no fork");
}

#[test]
fn what_another_worker_knew_is_told_only_when_it_changes() {
    let mut patient = settings("p", Compared::Name, 1);
    patient.terminate_delay = DELAY;
    let mut census = Census::default();
    census.follow(vec![Wanted {
        settings: patient,
        known: Some(true),
    }]);
    assert_eq!(verdicts(&mut census), []);
    census.count(NOW, &BTreeMap::new(), Scope::New);
    assert_eq!(verdicts(&mut census), []);
    census.handle_timeout(NOW + DELAY);
    assert_eq!(verdicts(&mut census), told(&[("p", false)]));
}
