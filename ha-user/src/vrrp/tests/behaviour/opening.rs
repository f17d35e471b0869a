//! No takeover before the time for it has come.

use super::*;

const WAITS: Standing = Standing {
    waits: true,
    faulted: false,
    pending: false,
    unsettled: false,
    weight: 0,
};
const OPEN: Standing = Standing {
    waits: false,
    ..WAITS
};

/// A router that has been told to start, and to wait.
fn waiting(parameters: Parameters) -> Bench {
    let mut bench = Bench::new(parameters);
    bench.stand(WAITS);
    bench.tell(Event::Startup);
    bench
}

/// Lets `time` pass; nothing may happen.
fn wait(bench: &mut Bench, time: Duration) {
    let end = bench.now + time;
    while bench.now + bench.wait() <= end {
        assert_eq!(summary(&bench.pass_to_deadline()), "");
    }
    bench.now = end;
}

#[test]
fn a_silence_that_ends_too_early_is_no_takeover_and_a_whole_one_follows() {
    let mut bench = waiting(parameters());
    assert_eq!(bench.status().state, State::Backup);
    wait(&mut bench, 20 * SECOND);
    assert_eq!(summary(&bench.stand(OPEN)), "");
    assert_eq!(bench.wait(), Duration::from_nanos(3_609_375_000));
    assert_eq!(summary(&bench.take_over()), format!("{TAKEOVER}: Silence"));
}

#[test]
fn an_owner_waits_too_and_comes_forward_at_once() {
    let owner = Parameters {
        priority: Priority::OWNER,
        ..parameters()
    };
    let mut bench = waiting(owner);
    assert_eq!(bench.status().state, State::Backup);
    wait(&mut bench, 20 * SECOND);
    assert_eq!(summary(&bench.stand(OPEN)), "advertise 255");
}

#[test]
fn who_waits_follows_the_active_router_and_goes_on_to_do_so() {
    let mut bench = waiting(parameters());
    wait(&mut bench, SECOND);
    bench.hear(20, 150);
    assert_eq!(bench.status().active, Some(advert(20, 150).source));
    wait(&mut bench, SECOND);
    bench.hear(20, 150);
    assert_eq!(summary(&bench.stand(OPEN)), "");
    bench.pass(SECOND);
    bench.hear(20, 150);
    assert_eq!(bench.wait(), Duration::from_nanos(3_609_375_000));
}

#[test]
fn a_farewell_brings_no_takeover_while_it_waits() {
    let mut bench = waiting(parameters());
    bench.hear(20, 150);
    bench.hear(20, 0);
    wait(&mut bench, 20 * SECOND);
    assert_eq!(bench.status().state, State::Backup);
}

#[test]
fn who_was_active_before_does_not_wait() {
    let mut bench = Bench::active(parameters());
    bench.succeed(parameters());
    bench.stand(WAITS);
    bench.adopt(100);
    assert_eq!(bench.status().state, State::Active);
    bench.stand(OPEN);
    assert_eq!(bench.status().state, State::Active);
}
