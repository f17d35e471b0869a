//! How a router becomes Active.

use super::super::super::FastHandover;
use super::*;

fn owner() -> Parameters {
    Parameters {
        priority: Priority::OWNER,
        ..parameters()
    }
}

#[test]
fn an_owner_speaks_at_once_and_answers_a_moment_later() {
    let mut bench = Bench::new(owner());
    let actions = bench.tell(Event::Startup);
    assert_eq!(
        summary(&actions),
        "elect 255 from 255, end, remove, advertise 255"
    );
    assert_eq!(bench.status().state, State::Initialize { faulted: false });
    assert_eq!(bench.wait(), MS);
    let actions = bench.pass_to_deadline();
    assert_eq!(
        summary(&actions),
        "begin for 500ms, advertise 255 for 2.9375s, announce 5, add, Initialize to Active: AddressOwner"
    );
}

#[test]
fn an_owner_that_meets_a_higher_one_becomes_backup() {
    let mut bench = Bench::started(owner());
    let actions = bench.hear(20, 255);
    assert_eq!(summary(&actions), "Initialize to Backup: Startup");
}

#[test]
fn silence_leads_to_a_takeover_that_is_said_before_it_happens() {
    let mut bench = Bench::started(parameters());
    bench.hear(20, 150);
    assert_eq!(summary(&bench.pass_to_deadline()), "advertise 100");
    assert_eq!(bench.status().state, State::Backup);
    assert_eq!(bench.wait(), MS);
    let actions = bench.pass_to_deadline();
    assert_eq!(summary(&actions), format!("{TAKEOVER}: Silence"));
    assert_eq!(bench.status().statistics.became_active, 1);
}

#[test]
fn of_two_that_find_the_same_silence_the_lower_one_gives_way() {
    let mut lower = Bench::started(parameters());
    lower.hear(20, 200);
    lower.pass_to_deadline();
    assert_eq!(summary(&lower.hear(30, 150)), "");
    assert_eq!(lower.wait(), Duration::from_nanos(3_609_375_000));
    let mut higher = Bench::started(parameters());
    higher.hear(20, 200);
    higher.pass_to_deadline();
    assert_eq!(summary(&higher.hear(30, 50)), "");
    assert_eq!(
        summary(&higher.pass_to_deadline()),
        format!("{TAKEOVER}: Silence")
    );
}

#[test]
fn a_claim_counts_from_when_it_left() {
    let mut bench = claiming();
    bench.record.last_sent = bench.now + 20 * MS;
    bench.now = bench.now + 20 * MS;
    assert_eq!(summary(&bench.wake()), "");
    assert_eq!(bench.wait(), MS);
    assert_eq!(
        summary(&bench.pass_to_deadline()),
        format!("{TAKEOVER}: Preempted")
    );
}

/// Whoever is Active has not heard of it: another equal router below us must not find us deaf.
#[test]
fn a_claim_that_has_not_left_gives_way_to_an_equal_router_below_us() {
    let mut bench = claiming();
    bench.record.last_sent = Nanos::NEVER;
    bench.record.last_advert = bench.now;
    assert_eq!(summary(&bench.hear(2, 100)), "");
    assert_eq!(bench.wait(), Duration::from_nanos(3_609_375_000));
}

#[test]
fn who_starts_with_a_short_silence_claims() {
    let mut eager = Bench::started(Parameters {
        eager_start: true,
        ..parameters()
    });
    assert_eq!(summary(&eager.pass_to_deadline()), "advertise 100");
    let mut owner = Bench::new(owner());
    owner.stand(Standing {
        faulted: true,
        ..Standing::default()
    });
    owner.tell(Event::Startup);
    owner.stand(Standing::default());
    assert_eq!(owner.wait(), Duration::from_nanos(1_003_906_250));
    assert_eq!(summary(&owner.pass_to_deadline()), "advertise 255");
}

#[test]
fn a_living_router_of_lower_priority_is_told_first() {
    let mut bench = Bench::started(parameters());
    bench.pass(3 * SECOND);
    bench.hear(20, 50);
    assert_eq!(summary(&bench.pass_to_deadline()), "advertise 100");
    assert_eq!(bench.wait(), MS);
    assert_eq!(
        summary(&bench.pass_to_deadline()),
        format!("{TAKEOVER}: Preempted")
    );
}

#[test]
fn a_living_router_that_only_the_data_path_has_seen_is_told_first() {
    let mut bench = Bench::started(parameters());
    bench.record.last_lower = bench.now + 3 * SECOND;
    assert_eq!(summary(&bench.pass_to_deadline()), "advertise 100");
}

#[test]
fn a_lower_router_that_fell_silent_is_not_preempted() {
    let mut bench = Bench::started(parameters());
    bench.record.last_lower = bench.now - SECOND;
    assert_eq!(summary(&bench.take_over()), format!("{TAKEOVER}: Silence"));
}

#[test]
fn a_claim_is_given_up_for_a_higher_router_that_only_the_data_path_has_seen() {
    let mut bench = claiming();
    bench.record.last_advert = bench.now;
    assert_eq!(summary(&bench.pass_to_deadline()), "");
    assert_eq!(bench.wait(), Duration::from_nanos(3_608_375_000));
}

#[test]
fn a_claim_that_has_grown_old_is_made_again() {
    let mut bench = claiming();
    assert_eq!(summary(&bench.pass(2 * SECOND)), "advertise 100");
    assert_eq!(bench.wait(), MS);
}

#[test]
fn without_preemption_any_advert_keeps_a_router_quiet() {
    let mut bench = Bench::new(Parameters {
        preempt_mode: false,
        ..parameters()
    });
    let actions = bench.tell(Event::Startup);
    assert!(
        summary(&actions).starts_with("elect 100 from 0"),
        "{actions:?}"
    );
    bench.pass(3 * SECOND);
    bench.hear(20, 1);
    assert_eq!(bench.wait(), Duration::from_nanos(3_609_375_000));
}

#[test]
fn a_claim_is_given_up_though_an_equal_router_below_us_is_heard_meanwhile() {
    let mut bench = claiming();
    bench.record.last_advert = bench.now;
    bench.record.last_speaker = [192, 0, 2, 30];
    bench.hear(2, 100);
    assert_eq!(summary(&bench.pass_to_deadline()), "");
    assert_eq!(bench.wait(), Duration::from_nanos(3_608_375_000));
}

#[test]
fn a_claim_is_not_given_up_for_an_equal_router_below_us() {
    let mut bench = claiming();
    bench.record.last_advert = bench.now;
    bench.record.last_speaker = [192, 0, 2, 2];
    bench.hear(2, 100);
    assert_eq!(
        summary(&bench.pass_to_deadline()),
        format!("{TAKEOVER}: Preempted")
    );
}

/// A fall of our own priority to 60, and the silence that is good for that.
const LOWERED: Standing = Standing {
    weight: -40,
    faulted: false,
    pending: false,
    unsettled: false,
    waits: false,
};
const LOWERED_SILENCE: Duration = Duration::from_nanos(3_765_625_000);

#[test]
fn a_router_that_fell_below_us_before_we_fell_below_it_is_obeyed() {
    let mut bench = Bench::started(Parameters {
        fast_handover: FastHandover::Always,
        ..parameters()
    });
    bench.hear(20, 150);
    bench.hear(20, 80);
    assert!(bench.wait() < SECOND);
    bench.stand(LOWERED);
    assert_eq!(bench.wait(), LOWERED_SILENCE);
}

#[test]
fn an_advert_that_was_judged_by_a_priority_that_had_fallen_is_a_sign_of_life() {
    let mut bench = Bench::started(parameters());
    bench.hear(20, 150);
    bench.stand(LOWERED);
    bench.record.last_lower = bench.now + SECOND;
    assert_eq!(summary(&bench.pass_to_deadline()), "");
    assert_eq!(bench.wait(), SECOND);
    bench.record.last_lower = bench.now;
    assert_eq!(
        summary(&bench.pass_to_deadline()),
        "advertise 60",
        "once, for it may be of someone whom we need not obey"
    );
}

#[test]
fn when_the_own_priority_falls_the_silence_begins_with_the_last_lower_advert() {
    let mut bench = Bench::started(parameters());
    bench.pass(3 * SECOND);
    bench.hear(20, 80);
    bench.pass(MS);
    bench.stand(LOWERED);
    assert_eq!(bench.wait(), LOWERED_SILENCE - MS);

    let mut bench = Bench::started(parameters());
    bench.pass(3 * SECOND);
    bench.record.last_lower = bench.now - MS;
    bench.stand(LOWERED);
    assert_eq!(
        bench.wait(),
        LOWERED_SILENCE - MS,
        "only the data path has seen it"
    );
}

fn claiming() -> Bench {
    let mut bench = Bench::started(parameters());
    bench.pass(3 * SECOND);
    bench.hear(20, 50);
    bench.pass_to_deadline();
    bench
}
