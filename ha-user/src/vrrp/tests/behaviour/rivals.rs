//! Two that are Active at once: who tells, and who must not be told of.

use super::*;

const FULL: Duration = Duration::from_nanos(3_609_375_000);
const TOLD: &str = "192.0.2.20 is Active, too, with";

fn told(actions: &[Action]) -> usize {
    let tells = |action: &&Action| matches!(action, Action::DualActive { .. });
    actions.iter().filter(tells).count()
}

/// A router that has been Active for a minute, because 192.0.2.20, of priority 150, fell silent.
fn successor() -> Bench {
    let mut bench = Bench::started(parameters());
    bench.hear(20, 150);
    bench.take_over();
    assert_eq!(bench.status().state, State::Active);
    for _ in 0..60 {
        bench.pass(SECOND);
    }
    bench
}

#[test]
fn who_stays_active_tells_once_of_a_lower_one() {
    let mut bench = Bench::active(parameters());
    bench.pass(SECOND);
    let actions = bench.hear(20, 50);
    assert_eq!(
        summary(&actions),
        format!("{TOLD} 50, heard 192.0.2.20 with 50, advertise 100 for 2.9375s, announce 5")
    );
    let mut again = 0;
    for _ in 0..10_000 {
        again += told(&bench.pass(MS)) + told(&bench.hear(20, 50));
    }
    assert_eq!((again, bench.status().statistics.dual_active), (0, 1));
    for _ in 0..4 {
        bench.pass(SECOND);
    }
    assert_eq!(told(&bench.hear(20, 50)), 1, "a new episode");
    assert_eq!(bench.status().statistics.dual_active, 2);
}

#[test]
fn an_advert_that_crosses_our_takeover_is_no_second_active_router() {
    let mut bench = Bench::active(parameters());
    bench.pass(999 * MS);
    assert_eq!(told(&bench.hear(20, 50)), 0);
}

#[test]
fn who_yields_to_one_that_was_there_all_along_tells_when_it_speaks_again() {
    let mut bench = successor();
    assert!(summary(&bench.hear(20, 150)).starts_with("end, remove, Active to Backup: Yielded"));
    bench.pass(SECOND);
    assert_eq!(summary(&bench.hear(20, 150)), format!("{TOLD} 150"));
    bench.pass(SECOND);
    assert_eq!(told(&bench.hear(20, 150)), 0);
}

#[test]
fn the_order_of_fence_and_advert_does_not_matter() {
    let mut bench = successor();
    bench.record.fenced_at = bench.now;
    bench.tell(Event::Fenced);
    assert_eq!(told(&bench.hear(20, 150)), 0);
    bench.pass(SECOND);
    assert_eq!(told(&bench.hear(20, 150)), 1);
}

#[test]
fn who_takes_over_by_a_claim_was_not_active() {
    let mut bench = successor();
    bench.hear(20, 150);
    bench.pass(20 * MS);
    assert_eq!(told(&bench.hear(20, 150)), 0);
    bench.pass(SECOND);
    assert_eq!(told(&bench.hear(20, 150)), 0);
}

#[test]
fn who_said_farewell_or_was_never_known_was_not_active() {
    let mut left = Bench::started(parameters());
    left.hear(20, 150);
    left.hear(20, 0);
    left.pass_to_deadline();
    left.pass_to_deadline();
    let mut unknown = Bench::active(parameters());
    for bench in [&mut left, &mut unknown] {
        assert_eq!(bench.status().state, State::Active);
        bench.pass(SECOND);
        bench.pass(SECOND);
        for _ in 0..3 {
            assert_eq!(told(&bench.hear(20, 150)), 0);
            bench.pass(SECOND);
        }
    }
}

#[test]
fn who_no_longer_answered_has_not_been_active_beside_anyone() {
    let mut bench = successor();
    bench.pass(4 * SECOND);
    for _ in 0..3 {
        assert_eq!(told(&bench.hear(20, 150)), 0);
        bench.pass(SECOND);
    }
}

#[test]
fn a_second_takeover_in_the_same_silence_suspects_the_same_router() {
    let mut bench = successor();
    bench.pass(4 * SECOND);
    assert_eq!(bench.wait(), FULL);
    bench.pass_to_deadline();
    bench.pass(SECOND);
    bench.hear(20, 150);
    bench.pass(SECOND);
    assert_eq!(told(&bench.hear(20, 150)), 1);
}

#[test]
fn what_would_tell_of_a_second_active_router_is_not_familiar() {
    let mut bench = successor();
    let familiar = |bench: &Bench| bench.engine.is_familiar(ROUTER, &advert(20, 150));
    bench.hear(20, 150);
    assert!(!familiar(&bench), "the next one tells");
    bench.pass(SECOND);
    assert_eq!(told(&bench.hear(20, 150)), 1);
    assert!(familiar(&bench));
}
