//! What a new process makes of the record that a previous one left behind.

use super::*;

const ADOPTED: &str =
    "elect 100 from 100, advertise 100 for 2.9375s, add, Initialize to Active: Adopted";
const STARTED: &str = "elect 100 from 100, end, remove, Initialize to Backup: Startup";
const FULL: Duration = Duration::from_nanos(3_609_375_000);

const PENDING: Standing = Standing {
    faulted: false,
    pending: true,
    unsettled: true,
    waits: false,
    weight: 0,
};

/// A router that was Active for a minute, half a second after its process ended.
fn orphan() -> Bench {
    let mut bench = Bench::active(parameters());
    for _ in 0..60 {
        bench.pass(SECOND);
    }
    bench.succeed(parameters());
    bench.now = bench.now + 500 * MS;
    bench
}

/// A process that finds nobody Active here, and another router's advert of `age`.
fn backup(age: Duration) -> Bench {
    let mut bench = Bench::new(parameters());
    bench.record.last_advert = bench.now - age;
    bench.adopt(100);
    bench
}

#[test]
fn an_ownership_that_holds_goes_on() {
    let mut bench = orphan();
    let since = bench.record.owned_since;
    assert_eq!(summary(&bench.adopt(100)), ADOPTED);
    assert_eq!(bench.record.owned_since, since);
    assert_eq!((bench.status().since, bench.wait()), (since, SECOND));
    assert_eq!(bench.status().statistics.became_active, 0);
}

#[test]
fn an_ownership_that_has_ended_does_not() {
    let mut expired = orphan();
    expired.now = expired.record.owned_until;
    assert_eq!(summary(&expired.adopt(100)), STARTED);
    assert_eq!(expired.wait(), FULL);
    let mut fenced = orphan();
    fenced.record.fenced_at = fenced.now;
    assert_eq!(summary(&fenced.adopt(100)), STARTED);
}

#[test]
fn a_lower_router_that_speaks_meanwhile_is_no_reason_to_give_up() {
    let mut bench = orphan();
    bench.record.last_lower = bench.now;
    assert_eq!(summary(&bench.adopt(100)), ADOPTED);
}

#[test]
fn a_router_in_fault_leaves_what_it_inherits() {
    let mut bench = orphan();
    bench.stand(Standing {
        faulted: true,
        ..Standing::default()
    });
    assert_eq!(
        summary(&bench.adopt(100)),
        "end, remove, advertise 0, Active to Fault: Faulted, elect 100 from 100"
    );
}

#[test]
fn until_tracked_objects_have_results_the_inherited_priority_counts() {
    for unsettled in [
        PENDING,
        Standing {
            pending: false,
            ..PENDING
        },
    ] {
        let mut bench = orphan();
        bench.stand(unsettled);
        assert_eq!(
            summary(&bench.adopt(150)),
            "elect 150 from 150, advertise 150 for 2.9375s, add, Initialize to Active: Adopted"
        );
        assert_eq!(summary(&bench.stand(unsettled)), "");
        let settled = Standing {
            weight: 40,
            ..Standing::default()
        };
        assert_eq!(
            summary(&bench.stand(settled)),
            "elect 140 from 140, advertise 140 for 2.9375s"
        );
    }
}

#[test]
fn an_owner_keeps_its_priority_whatever_it_inherits() {
    let mut bench = orphan();
    bench.succeed(Parameters {
        priority: Priority::OWNER,
        ..parameters()
    });
    bench.stand(PENDING);
    assert!(summary(&bench.adopt(100)).starts_with("advertise 255 for 2.9375s, elect 255"));
    let mut bench = orphan();
    bench.stand(PENDING);
    assert!(summary(&bench.adopt(255)).starts_with("elect 100 from 100, advertise 100"));
}

#[test]
fn peers_that_know_a_shorter_interval_are_given_it_for_three_adverts() {
    let mut bench = orphan();
    bench.succeed(Parameters {
        advertisement_interval: 4 * SECOND,
        ..parameters()
    });
    assert_eq!(summary(&bench.adopt(100)), ADOPTED);
    assert_eq!(bench.wait(), SECOND);
    bench.pass(SECOND);
    bench.pass(SECOND);
    assert_eq!(summary(&bench.pass(SECOND)), "advertise 100 for 11.75s");
}

#[test]
fn the_second_burst_comes_once_whoever_sends_it() {
    let mut early = Bench::active(parameters());
    early.pass(2 * SECOND);
    early.succeed(parameters());
    early.adopt(100);
    early.pass(2 * SECOND);
    assert_eq!(early.wait(), SECOND);
    assert!(summary(&early.pass(SECOND)).ends_with("announce 5"));
    let mut late = orphan();
    late.adopt(100);
    for _ in 0..20 {
        assert_eq!(
            summary(&late.pass_to_deadline()),
            "advertise 100 for 2.9375s"
        );
    }
}

#[test]
fn an_ownership_that_has_just_begun_is_announced_by_whoever_has_it() {
    let mut bench = Bench::active(parameters());
    bench.succeed(parameters());
    bench.pass(999 * MS);
    assert!(summary(&bench.adopt(100)).contains("announce 5, add"));
}

#[test]
fn a_backup_router_goes_on_waiting() {
    assert_eq!(backup(SECOND).wait(), FULL - SECOND);
    assert_eq!(
        backup(3 * FULL).wait(),
        FULL,
        "nobody knows what happened since"
    );
    let mut never = Bench::new(parameters());
    never.adopt(100);
    assert_eq!(never.wait(), FULL);
}

#[test]
fn a_silence_that_was_complete_before_anyone_looked_is_doubted() {
    let mut bench = backup(FULL + 20 * MS);
    assert_eq!(summary(&bench.wake()), "");
    assert_eq!(bench.wait(), 20 * MS);
    assert_eq!(summary(&bench.take_over()), format!("{TAKEOVER}: Silence"));
}

#[test]
fn a_backup_router_that_waits_for_results_knows_the_silence_all_the_same() {
    let mut bench = Bench::new(parameters());
    bench.record.last_advert = bench.now;
    bench.stand(PENDING);
    assert_eq!(
        summary(&bench.adopt(150)),
        "elect 150 from 150, end, remove"
    );
    bench.pass(SECOND);
    bench.stand(Standing::default());
    assert_eq!(bench.wait(), FULL - SECOND);
}

#[test]
fn a_start_after_a_stop_resumes_nothing() {
    let mut bench = Bench::new(parameters());
    bench.record.last_advert = bench.now;
    bench.stand(PENDING);
    bench.adopt(100);
    bench.tell(Event::Shutdown);
    bench.pass(SECOND);
    bench.stand(Standing::default());
    bench.tell(Event::Startup);
    assert_eq!(bench.wait(), FULL);
}
