//! Routers that are Active together or not at all.

use std::collections::BTreeMap;

use ha_common::Vrid;

use super::super::super::{Engine, Record, RouterId, View};
use super::*;

const A: RouterId = RouterId(1);
const B: RouterId = RouterId(2);
/// Active_Down_Interval of priority 100.
const SILENCE: Duration = Duration::from_nanos(3_609_375_000);

/// A director with two routers in a group, and its records.
struct Director {
    engine: Engine,
    now: Nanos,
    records: Records,
}

#[derive(Default)]
struct Records(BTreeMap<RouterId, Record>);

impl View for Records {
    fn record(&self, router: RouterId) -> Record {
        self.0.get(&router).copied().unwrap_or_default()
    }
}

impl Director {
    fn new() -> Self {
        let mut director = Self {
            engine: Engine::default(),
            now: Nanos::new(100_000_000_000),
            records: Records::default(),
        };
        for router in [A, B] {
            director.engine.insert(router, parameters());
            director.tell(router, Event::Startup);
        }
        director.group(vec![vec![A, B]]);
        director
    }

    /// One that has taken over.
    fn active() -> Self {
        let mut director = Self::new();
        director.pass(SILENCE);
        director.claim();
        assert_eq!(director.states(), [State::Active; 2]);
        director
    }

    /// Lets the first claim stand, and then all others. Returns what is done at last.
    fn claim(&mut self) -> Vec<Action> {
        self.pass(MS);
        self.pass(MS)
    }

    fn group(&mut self, groups: Vec<Vec<RouterId>>) -> Vec<Action> {
        let mut actions = Vec::new();
        self.engine
            .group(self.now, groups, &self.records, &mut actions);
        self.carry_out(actions)
    }

    fn tell(&mut self, router: RouterId, event: Event) -> Vec<Action> {
        self.tell_all([(router, event)])
    }

    fn tell_all(&mut self, events: impl IntoIterator<Item = (RouterId, Event)>) -> Vec<Action> {
        let mut actions = Vec::new();
        self.engine
            .handle_all(self.now, events, &self.records, &mut actions);
        self.carry_out(actions)
    }

    fn hear(&mut self, router: RouterId, last_octet: u8, priority: u8) -> Vec<Action> {
        self.tell(router, Event::AdvertReceived(advert(last_octet, priority)))
    }

    fn pass(&mut self, time: Duration) -> Vec<Action> {
        self.now = self.now + time;
        let mut actions = Vec::new();
        self.engine
            .handle_timeout(self.now, &self.records, &mut actions);
        self.carry_out(actions)
    }

    /// Lets time pass as it does, with a wake-up in time for everything.
    fn live(&mut self, time: Duration) -> Vec<Action> {
        let end = self.now + time;
        let mut actions = Vec::new();
        while self.now < end {
            actions.extend(self.pass(MS.min(end.saturating_since(self.now))));
        }
        actions
    }

    fn states(&self) -> [State; 2] {
        [A, B].map(|router| self.engine.status(router).unwrap().state)
    }

    fn carry_out(&mut self, actions: Vec<Action>) -> Vec<Action> {
        for action in &actions {
            let record = self.records.0.entry(action.router()).or_default();
            match *action {
                Action::BeginOwnership { since, until, .. } => {
                    record.owned_since = since;
                    record.owned_until = until;
                }
                Action::Advertise { lease, sent_at, .. } => {
                    record.last_sent = sent_at;
                    record.owned_until = lease.unwrap_or(record.owned_until);
                }
                Action::EndOwnership { .. } => record.owned_until = Nanos::NEVER,
                _ => {}
            }
        }
        actions
    }
}

/// Who says what.
fn spoken(actions: &[Action]) -> String {
    let said = actions.iter().filter_map(|action| match action {
        Action::Advertise {
            router, priority, ..
        } => Some(format!("{} says {}", router.0, priority.get())),
        _ => None,
    });
    said.collect::<Vec<_>>().join(", ")
}

/// What is done for one router.
fn of(router: RouterId, actions: &[Action]) -> String {
    let own = actions.iter().filter(|action| action.router() == router);
    summary(&own.cloned().collect::<Vec<_>>())
}

#[test]
fn members_take_over_together() {
    let mut director = Director::new();
    director.pass(SECOND);
    director.hear(B, 20, 150);
    let actions = director.pass(SILENCE - SECOND);
    assert_eq!(spoken(&actions), "", "B knows of somebody who is Active");
    let actions = director.pass(SECOND);
    assert_eq!(spoken(&actions), "1 says 100");
    let actions = director.pass(MS);
    assert_eq!(
        spoken(&actions),
        "2 says 100",
        "once the first claim stands"
    );
    let actions = director.pass(MS);
    let takeover = format!("{TAKEOVER}: Silence");
    assert_eq!(
        [A, B].map(|one| of(one, &actions)),
        [takeover.clone(), takeover]
    );
}

#[test]
fn who_waits_for_the_group_is_backup_and_yields_to_a_better_one() {
    let mut director = Director::new();
    director.hear(B, 20, 150);
    for _ in 0..5 {
        director.pass(SECOND);
        director.hear(B, 20, 150);
    }
    assert_eq!(director.states(), [State::Backup; 2]);
    director.hear(A, 20, 150);
    director.pass(SILENCE);
    let actions = director.claim();
    assert_eq!(of(A, &actions), format!("{TAKEOVER}: Silence"));
    assert_eq!(of(B, &actions), format!("{TAKEOVER}: Silence"));
}

#[test]
fn of_two_directors_that_each_have_the_better_half_one_takes_over() {
    let mut director = Director::new();
    director.pass(SILENCE);
    // The other one has claimed A in the same moment, too.
    director.hear(A, 20, 50);
    let actions = director.pass(MS);
    assert_eq!(spoken(&actions), "2 says 100", "the first member decides");
    director.pass(MS);
    assert_eq!(director.states(), [State::Active; 2]);
}

#[test]
fn who_hears_that_a_lower_one_takes_over_lets_it() {
    let mut director = Director::new();
    director.hear(B, 20, 150);
    director.pass(SILENCE - 2 * MS);
    director.hear(A, 20, 50);
    let actions = director.pass(2 * MS);
    assert_eq!(spoken(&actions), "", "its claim of B is on its way");
    director.hear(B, 20, 150);
    director.pass(SECOND);
    assert_eq!(director.states(), [State::Backup; 2]);
    director.hear(A, 20, 50);
    let actions = director.live(SILENCE);
    assert_eq!(
        spoken(&actions),
        "1 says 100, 2 says 100, 1 says 100, 2 says 100",
        "it has gone"
    );

    let mut director = Director::new();
    director.pass(SILENCE - 2 * MS);
    director.hear(A, 20, 50);
    director.pass(2 * MS);
    let actions = director.pass(MS);
    assert_eq!(spoken(&actions), "1 says 100", "it claims nothing else");
}

#[test]
fn a_stamp_that_was_never_read_keeps_all_members_silent() {
    let mut director = Director::new();
    director.hear(B, 20, 150);
    director.pass(SILENCE - SECOND);
    director.hear(B, 20, 150);
    director.pass(SECOND);
    director.records.0.entry(A).or_default().last_advert = director.now + SECOND;
    let actions = director.pass(SILENCE - SECOND);
    assert_eq!(spoken(&actions), "", "A is waiting again");
    let actions = director.live(3 * SECOND);
    assert!(spoken(&actions).starts_with("1 says 100, 2 says 100"));

    let mut director = Director::new();
    director.hear(B, 20, 150);
    director.pass(SECOND);
    director.hear(B, 20, 150);
    director.pass(SILENCE - SECOND);
    director.records.0.entry(A).or_default().last_advert = director.now;
    director.hear(B, 20, 150);
    let actions = director.pass(SILENCE);
    assert_eq!(
        spoken(&actions),
        "1 says 100",
        "that silence is complete, too"
    );
}

#[test]
fn what_is_known_by_heart_is_news_to_one_that_waits_for_the_group() {
    let mut director = Director::new();
    director.hear(A, 20, 150);
    assert!(director.engine.is_familiar(A, &advert(20, 150)));
    director.pass(SECOND);
    director.hear(B, 20, 150);
    let actions = director.pass(SILENCE - SECOND);
    assert_eq!(of(A, &actions), "elect 100 from 100", "any action will do");
    assert!(!director.engine.is_familiar(A, &advert(20, 150)));
}

#[test]
fn one_that_waits_and_falls_obeys_whom_it_ignored() {
    let mut director = Director::new();
    director.hear(B, 20, 150);
    director.pass(SILENCE - SECOND);
    director.hear(B, 20, 150);
    director.pass(SECOND);
    director.hear(A, 20, 80);
    let weighted = Standing {
        weight: -50,
        ..Standing::default()
    };
    director.tell(A, Event::StandingChanged(weighted));
    let actions = director.live(SILENCE);
    assert_eq!(spoken(&actions), "", "A waits for the one of 80");
    let actions = director.live(SECOND);
    assert!(spoken(&actions).starts_with("1 says 50, 2 says 100"));
}

#[test]
fn whoever_left_for_another_one_is_back_with_it() {
    let mut director = Director::active();
    director.hear(B, 20, 150);
    assert_eq!(director.states(), [State::Backup; 2]);
    director.pass(SECOND);
    director.records.0.entry(B).or_default().last_resignation = director.now;
    director.hear(B, 20, 0);
    director.live(SECOND);
    assert_eq!(director.states(), [State::Active; 2]);
}

#[test]
fn one_whose_lease_has_ended_says_no_farewell() {
    let mut director = Director::active();
    director.now = director.now + 2 * SILENCE;
    let actions = director.hear(A, 20, 150);
    assert_eq!(spoken(&actions), "");
    assert_eq!(director.states(), [State::Backup; 2]);
}

#[test]
fn where_one_yields_the_others_leave() {
    let mut director = Director::active();
    let actions = director.hear(A, 20, 150);
    assert!(of(A, &actions).starts_with("end, remove, Active to Backup: Yielded"));
    assert_eq!(
        of(B, &actions),
        "end, remove, advertise 0, Active to Backup: GroupLeft"
    );
}

#[test]
fn where_one_is_in_fault_all_are_without_a_state_in_between() {
    let mut director = Director::active();
    let faulted = Standing {
        faulted: true,
        ..Standing::default()
    };
    let actions = director.tell_all([A, B].map(|one| (one, Event::StandingChanged(faulted))));
    for one in [A, B] {
        let done = of(one, &actions);
        assert!(
            done.contains("advertise 0, Active to Fault: Faulted"),
            "{done}"
        );
        assert!(!done.contains("Backup"), "{done}");
    }
    let actions = director.tell(A, Event::StandingChanged(Standing::default()));
    assert_eq!(of(A, &actions), "Fault to Backup: Recovered");
    director.pass(SILENCE);
    assert_eq!(
        director.states(),
        [State::Backup, State::Initialize { faulted: true }],
        "B is still in fault"
    );
}

#[test]
fn a_claim_is_taken_back_where_another_member_must_give_way() {
    let mut director = Director::new();
    director.pass(SILENCE);
    let actions = director.hear(B, 20, 150);
    assert_eq!(spoken(&actions), "", "a claim is not what others follow");
    assert_eq!(spoken(&director.pass(MS)), "");
    assert_eq!(director.states(), [State::Backup; 2]);
    director.pass(SILENCE);
    director.claim();
    assert_eq!(director.states(), [State::Active; 2]);
}

#[test]
fn all_hosts_claim_in_the_same_order() {
    let mut director = Director::new();
    let first = Parameters {
        vrid: Vrid::new(3).unwrap(),
        ..parameters()
    };
    director.engine.insert(B, first);
    director.tell(B, Event::Startup);
    director.group(vec![vec![A, B]]);
    let actions = director.pass(SILENCE);
    assert_eq!(spoken(&actions), "2 says 100");
}

#[test]
fn a_member_that_comes_by_a_reload_is_no_reason_to_leave() {
    let mut director = Director::active();
    let newcomer = RouterId(3);
    director.engine.insert(newcomer, parameters());
    director.tell(newcomer, Event::Startup);
    assert_eq!(summary(&director.group(vec![vec![A, B, newcomer]])), "");
    for _ in 0..5 {
        director.pass(SECOND);
    }
    director.claim();
    assert_eq!(director.states(), [State::Active; 2]);
    assert_eq!(
        director.engine.status(newcomer).unwrap().state,
        State::Active
    );
}

#[test]
fn who_leaves_a_group_goes_on_alone() {
    let mut director = Director::new();
    for _ in 0..5 {
        director.hear(B, 20, 150);
        director.pass(SECOND);
    }
    assert_eq!(director.states(), [State::Backup; 2]);
    let actions = director.group(vec![]);
    assert_eq!(of(A, &actions), "advertise 100");
    director.hear(B, 20, 150);
    director.pass(MS);
    assert_eq!(director.states(), [State::Active, State::Backup]);
}

#[test]
fn a_stop_of_all_members_is_one_farewell_each() {
    let mut director = Director::active();
    let actions = director.tell_all([A, B].map(|one| (one, Event::Shutdown)));
    for one in [A, B] {
        assert_eq!(
            of(one, &actions),
            "end, remove, advertise 0, Active to Initialize: Shutdown"
        );
    }
}
