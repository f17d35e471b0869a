//! Several routers, and nonsense.

use super::super::super::{Engine, Record, RouterId, View};
use super::*;

struct Nothing;

impl View for Nothing {
    fn record(&self, _: RouterId) -> Record {
        Record::default()
    }
}

#[test]
fn the_earliest_deadline_of_all_routers_counts() {
    let mut engine = Engine::default();
    let (now, mut actions) = (Nanos::new(1_000_000_000), Vec::new());
    assert_eq!(engine.next_deadline(), None);
    for (id, priority) in [(1, 100), (2, 200), (3, 50)] {
        let priority = Priority::new(priority);
        engine.insert(
            RouterId(id),
            Parameters {
                priority,
                ..parameters()
            },
        );
        engine.handle(now, RouterId(id), Event::Startup, &Nothing, &mut actions);
    }
    let deadline = now + Duration::from_nanos(3_218_750_000);
    assert_eq!(engine.next_deadline(), Some(deadline));
    actions.clear();
    engine.handle_timeout(deadline, &Nothing, &mut actions);
    let speaks = |action: &Action| {
        matches!(
            action,
            Action::Advertise {
                router: RouterId(2),
                ..
            }
        )
    };
    assert!(actions.iter().any(speaks), "{actions:?}");
    engine.remove(RouterId(2));
    assert_eq!(
        engine.next_deadline(),
        Some(now + Duration::from_nanos(3_609_375_000))
    );
}

#[test]
fn unknown_routers_and_early_timeouts_are_harmless() {
    let mut engine = Engine::default();
    let mut actions = Vec::new();
    engine.handle(Nanos::NEVER, ROUTER, Event::Startup, &Nothing, &mut actions);
    engine.handle_timeout(Nanos::new(u64::MAX), &Nothing, &mut actions);
    engine.remove(ROUTER);
    assert_eq!(actions, []);
    assert_eq!(engine.status(ROUTER), None);
}

#[test]
fn a_router_that_is_inserted_again_starts_afresh() {
    let mut bench = Bench::active(parameters());
    bench.engine.insert(ROUTER, parameters());
    assert_eq!(bench.engine.next_deadline(), None);
    assert_eq!(bench.status().state, State::Initialize { faulted: false });
}

#[test]
fn statistics_count_both_ways() {
    let mut bench = Bench::active(parameters());
    bench.hear(20, 0);
    bench.hear(20, 150);
    bench.tell(Event::AdvertReceived(advert(20, 150)));
    let counted = bench.status().statistics;
    assert_eq!(
        (counted.adverts_received, counted.priority_zero_received),
        (3, 1)
    );
    assert_eq!((counted.adverts_sent, counted.priority_zero_sent), (3, 0));
    assert_eq!((counted.became_active, counted.released_active), (1, 1));
    assert_eq!(bench.status().active, Some(advert(20, 150).source));
}

#[test]
fn a_shutdown_says_farewell_and_can_be_followed_by_a_start() {
    let mut bench = Bench::active(parameters());
    let reason = TransitionReason::Shutdown;
    let actions = bench.tell(Event::Shutdown);
    let expected = format!("end, remove, advertise 0, Active to Initialize: {reason:?}");
    assert_eq!(summary(&actions), expected);
    assert_eq!(summary(&bench.tell(Event::Shutdown)), "");
    bench.tell(Event::Startup);
    assert_eq!(bench.status().state, State::Backup);
}
