//! What counts as silence, and what does not.

use super::*;

#[test]
fn a_stamp_that_has_not_reached_us_extends_the_wait() {
    let mut bench = Bench::started(parameters());
    bench.record.last_advert = bench.now + SECOND;
    assert_eq!(summary(&bench.pass_to_deadline()), "");
    assert_eq!(bench.wait(), SECOND);
}

#[test]
fn a_stamp_that_was_heard_does_not() {
    let mut bench = Bench::started(parameters());
    bench.record.last_advert = bench.now;
    bench.hear(20, 150);
    assert_eq!(summary(&bench.take_over()), format!("{TAKEOVER}: Silence"));
}

#[test]
fn a_late_wake_up_doubts_the_silence_once() {
    let mut bench = Bench::started(parameters());
    let late = bench.wait() + 20 * MS;
    assert_eq!(summary(&bench.pass(late)), "");
    assert_eq!(bench.wait(), 20 * MS);
    assert_eq!(summary(&bench.pass(40 * MS)), "advertise 100");
}

#[test]
fn what_arrives_during_the_doubt_is_heard() {
    let mut bench = Bench::started(parameters());
    let late = bench.wait() + 20 * MS;
    bench.pass(late);
    bench.hear(20, 150);
    assert_eq!(bench.wait(), Duration::from_nanos(3_609_375_000));
}
