//! What follows when the Active router says that it goes, or that it is no longer the best.

use super::super::super::FastHandover;
use super::*;

const SKEW: Duration = Duration::from_nanos(609_375_000);
const PROMPT: Duration = Duration::from_micros(15_600);

/// A router that follows 192.0.2.20.
fn following(priority: u8, fast_handover: FastHandover) -> Bench {
    let mut bench = Bench::started(Parameters {
        fast_handover,
        ..parameters()
    });
    bench.hear(20, priority);
    bench
}

#[test]
fn between_two_a_farewell_is_followed_by_a_claim_within_milliseconds() {
    let mut bench = following(150, FastHandover::BetweenTwo);
    bench.hear(20, 0);
    assert_eq!(bench.wait(), PROMPT);
    assert_eq!(summary(&bench.pass_to_deadline()), "advertise 100");
    assert_eq!(bench.wait(), MS);
    assert_eq!(
        summary(&bench.pass_to_deadline()),
        format!("{TAKEOVER}: PeerLeft")
    );
}

#[test]
fn an_active_router_that_falls_below_us_is_replaced_within_milliseconds() {
    let mut bench = following(150, FastHandover::BetweenTwo);
    bench.hear(20, 90);
    assert_eq!(bench.wait(), PROMPT);
    bench.pass(10 * MS);
    bench.hear(20, 80);
    assert_eq!(bench.wait(), PROMPT - 10 * MS, "no advert prolongs it");
    assert_eq!(summary(&bench.pass_to_deadline()), "advertise 100");
    assert_eq!(
        summary(&bench.pass_to_deadline()),
        format!("{TAKEOVER}: Preempted")
    );
}

#[test]
fn a_third_router_or_the_operator_brings_skew_time_back() {
    let mut third = following(150, FastHandover::BetweenTwo);
    third.hear(30, 20);
    let mut never = following(150, FastHandover::Never);
    for bench in [&mut third, &mut never] {
        let silence = bench.wait();
        bench.hear(20, 90);
        assert_eq!(bench.wait(), silence);
        bench.hear(20, 0);
        assert_eq!(bench.wait(), SKEW);
        assert_eq!(summary(&bench.pass_to_deadline()), "advertise 100");
    }
}

#[test]
fn the_operator_may_want_it_among_many() {
    let mut bench = following(150, FastHandover::Always);
    bench.hear(30, 20);
    bench.hear(20, 0);
    assert_eq!(bench.wait(), PROMPT);
}

#[test]
fn who_never_was_above_us_is_preempted_in_the_usual_time() {
    let mut bench = Bench::started(parameters());
    bench.pass(SECOND);
    bench.hear(20, 90);
    assert_eq!(bench.wait(), SKEW + 2 * SECOND);
}

#[test]
fn without_preemption_a_weaker_active_router_stays() {
    let mut bench = Bench::started(Parameters {
        preempt_mode: false,
        ..parameters()
    });
    bench.hear(20, 150);
    bench.hear(20, 90);
    assert_eq!(bench.wait(), SKEW + 3 * SECOND);
}

#[test]
fn a_farewell_that_the_active_router_has_not_said_is_found_out_by_the_claim() {
    let mut bench = following(150, FastHandover::BetweenTwo);
    bench.hear(20, 0);
    bench.pass_to_deadline();
    assert_eq!(summary(&bench.hear(20, 150)), "");
    assert_eq!(bench.status().state, State::Backup);
    assert_eq!(bench.wait(), SKEW + 3 * SECOND);
}

#[test]
fn who_was_never_followed_hastens_nothing_below_skew_time() {
    let mut bench = Bench::started(parameters());
    bench.hear(20, 0);
    assert_eq!(bench.wait(), SKEW);
}

#[test]
fn a_lower_active_router_that_leaves_is_replaced_as_fast() {
    let mut bench = Bench::started(parameters());
    bench.pass(MS);
    bench.hear(20, 90);
    bench.hear(20, 0);
    assert_eq!(bench.wait(), PROMPT);
}

#[test]
fn a_farewell_shortens_the_wait_and_never_prolongs_it() {
    let mut bench = following(150, FastHandover::Never);
    bench.hear(20, 0);
    assert_eq!(bench.wait(), SKEW);
    bench.pass(500 * MS);
    bench.hear(20, 0);
    assert_eq!(bench.wait(), SKEW - 500 * MS);
    assert_eq!(summary(&bench.take_over()), format!("{TAKEOVER}: PeerLeft"));
}

#[test]
fn a_farewell_of_a_router_that_was_replaced_is_ignored() {
    let mut bench = Bench::started(parameters());
    bench.hear(20, 150);
    bench.hear(30, 200);
    bench.hear(20, 0);
    assert_eq!(bench.wait(), Duration::from_nanos(3_609_375_000));
}

#[test]
fn the_farewell_of_a_lower_router_that_is_active_is_believed() {
    let mut bench = Bench::started(parameters());
    bench.hear(30, 200);
    bench.pass(1600 * MS);
    bench.hear(20, 50);
    bench.hear(20, 0);
    assert_eq!(bench.wait(), SKEW);
}

#[test]
fn while_the_better_router_speaks_no_lower_one_is_believed_to_leave() {
    let mut bench = Bench::started(parameters());
    bench.hear(30, 200);
    let silence = bench.wait();
    bench.pass(MS);
    bench.hear(20, 50);
    bench.hear(20, 0);
    assert_eq!(bench.wait(), silence - MS);
}

/// The data path sees adverts of 192.0.2.20 that tell nobody anything for `time`.
fn absorb(bench: &mut Bench, time: Duration) {
    bench.pass(time);
    bench.record.last_advert = bench.now;
}

/// The data path sees the farewell of 192.0.2.20, and the process reads it a millisecond later.
fn hear_farewell(bench: &mut Bench) {
    bench.pass(MS);
    bench.record.last_resignation = bench.now;
    bench.pass(MS);
    bench.hear(20, 0);
}

#[test]
fn signs_of_life_that_were_absorbed_do_not_outlive_a_farewell() {
    let mut bench = following(150, FastHandover::BetweenTwo);
    absorb(&mut bench, 2 * SECOND);
    hear_farewell(&mut bench);
    assert_eq!(bench.wait(), PROMPT);
    assert_eq!(summary(&bench.pass_to_deadline()), "advertise 100");
    assert_eq!(
        summary(&bench.pass_to_deadline()),
        format!("{TAKEOVER}: PeerLeft")
    );
}

#[test]
fn a_sign_of_life_after_a_farewell_counts_though_it_was_absorbed() {
    let mut bench = following(150, FastHandover::BetweenTwo);
    absorb(&mut bench, 2 * SECOND);
    hear_farewell(&mut bench);
    absorb(&mut bench, 10 * MS);
    assert_eq!(summary(&bench.pass_to_deadline()), "");
    let since = bench.now.saturating_since(bench.record.last_advert);
    assert_eq!(bench.wait(), SKEW + 3 * SECOND - since);
}

#[test]
fn a_farewell_that_is_read_after_a_sign_of_life_that_came_later_changes_nothing() {
    let mut bench = following(150, FastHandover::BetweenTwo);
    bench.pass(SECOND);
    bench.record.last_resignation = bench.now;
    absorb(&mut bench, MS);
    bench.hear(20, 0);
    assert_eq!(summary(&bench.pass_to_deadline()), "");
    let since = bench.now.saturating_since(bench.record.last_advert);
    assert_eq!(bench.wait(), SKEW + 3 * SECOND - since);
}

#[test]
fn a_router_that_falls_below_us_after_absorbed_adverts_is_replaced_as_fast() {
    let mut bench = following(150, FastHandover::BetweenTwo);
    absorb(&mut bench, 2 * SECOND);
    bench.pass(SECOND);
    bench.record.last_lower = bench.now;
    bench.record.last_resignation = bench.now;
    bench.hear(20, 90);
    assert_eq!(bench.wait(), PROMPT);
    assert_eq!(summary(&bench.pass_to_deadline()), "advertise 100");
}

#[test]
fn a_router_that_fell_below_us_and_has_risen_again_stays_though_a_stranger_speaks() {
    let mut bench = following(150, FastHandover::BetweenTwo);
    let silence = bench.wait();
    bench.pass(MS);
    bench.record.last_resignation = bench.now;
    absorb(&mut bench, MS);
    bench.pass(MS);
    bench.record.last_lower = bench.now;
    bench.hear(20, 90);
    assert_eq!(bench.wait(), silence - 3 * MS);
}

#[test]
fn a_stranger_below_us_does_not_make_absorbed_signs_of_life_forgotten() {
    let mut bench = following(150, FastHandover::BetweenTwo);
    absorb(&mut bench, 3 * SECOND);
    bench.pass(MS);
    bench.record.last_lower = bench.now;
    bench.hear(30, 1);
    assert_eq!(summary(&bench.pass_to_deadline()), "");
    let since = bench.now.saturating_since(bench.record.last_advert);
    assert_eq!(bench.wait(), SKEW + 3 * SECOND - since);
}
