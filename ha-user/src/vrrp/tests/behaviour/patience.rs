//! A lower Active router is left alone for the time of `preempt_delay`, and no longer.

use super::*;

const DELAY: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_nanos(3_609_375_000);

fn patient() -> Bench {
    Bench::started(Parameters {
        preempt_delay: DELAY,
        ..parameters()
    })
}

#[test]
fn a_lower_router_is_obeyed_until_the_delay_is_over_and_then_replaced() {
    let mut bench = patient();
    for _ in 0..4 {
        bench.hear(20, 90);
        assert!(bench.pass(SECOND).is_empty());
    }
    bench.hear(20, 90);
    assert_eq!(bench.wait(), SECOND, "the rest of the delay");
    assert_eq!(summary(&bench.pass_to_deadline()), "elect 100 from 100");
    bench.hear(20, 90);
    assert_eq!(bench.wait(), Duration::from_micros(15_600));
    assert_eq!(summary(&bench.pass_to_deadline()), "advertise 100");
    assert_eq!(
        summary(&bench.pass_to_deadline()),
        format!("{TAKEOVER}: Preempted")
    );
}

#[test]
fn a_silence_is_not_waited_for_longer() {
    let mut bench = patient();
    bench.hear(20, 90);
    assert_eq!(bench.wait(), SILENCE);
    assert_eq!(summary(&bench.pass_to_deadline()), "advertise 100");
}

#[test]
fn a_better_router_ends_what_a_lower_one_began() {
    let mut bench = patient();
    bench.hear(20, 90);
    bench.pass(3 * SECOND);
    bench.hear(30, 150);
    bench.pass(SECOND);
    bench.hear(20, 90);
    bench.pass(2 * SECOND);
    bench.hear(20, 90);
    assert_eq!(bench.wait(), Duration::from_secs(3), "the delay began anew");
}

#[test]
fn a_router_that_has_lost_its_patience_has_it_again_behind_a_better_one() {
    let mut bench = patient();
    for _ in 0..5 {
        bench.hear(20, 90);
        bench.pass(SECOND);
    }
    bench.hear(20, 90);
    bench.take_over();
    assert_eq!(bench.status().state, State::Active);
    let yielded = summary(&bench.hear(30, 150));
    assert!(yielded.contains("elect 100 from 0"), "{yielded}");
    assert!(
        bench.hear(20, 90).is_empty(),
        "as if it had never been lower"
    );
    assert_eq!(bench.wait(), SILENCE);
}
