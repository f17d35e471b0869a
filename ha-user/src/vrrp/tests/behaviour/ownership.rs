//! How an ownership ends, and what its end leaves behind.

use super::*;

#[test]
fn a_lost_lease_is_not_renewed_and_nothing_is_said() {
    let mut bench = Bench::active(parameters());
    let actions = bench.pass(Duration::from_micros(2_937_500));
    assert_eq!(
        summary(&actions),
        "end, remove, Active to Backup: LeaseLost"
    );
    assert_eq!(bench.status().statistics.leases_lost, 1);
    assert_eq!(bench.wait(), Duration::from_nanos(3_609_375_000));
}

#[test]
fn a_lease_that_nearly_ran_out_is_renewed() {
    let mut bench = Bench::active(parameters());
    let actions = bench.pass(Duration::from_micros(2_937_499));
    assert_eq!(summary(&actions), "advertise 100 for 2.9375s");
}

#[test]
fn after_a_lost_lease_the_wait_counts_from_the_successor_that_was_seen() {
    let mut bench = Bench::active(parameters());
    bench.record.last_advert = bench.now + 3 * SECOND;
    bench.pass(4 * SECOND);
    assert_eq!(bench.wait(), Duration::from_nanos(2_609_375_000));
}

#[test]
fn a_stamp_from_before_the_ownership_does_not_count() {
    let mut bench = Bench::active(parameters());
    bench.record.last_advert = bench.record.owned_since - SECOND;
    bench.pass(4 * SECOND);
    assert_eq!(bench.wait(), Duration::from_nanos(3_609_375_000));
}

#[test]
fn what_ended_an_ownership_first_is_what_is_said() {
    let mut bench = Bench::active(parameters());
    bench.record.fenced_at = bench.record.owned_until;
    let late = bench.pass(4 * SECOND);
    assert_eq!(summary(&late), "end, remove, Active to Backup: LeaseLost");
    let mut bench = Bench::active(parameters());
    bench.record.fenced_at = bench.now + SECOND;
    let fenced = bench.pass(4 * SECOND);
    assert_eq!(summary(&fenced), "end, remove, Active to Backup: Fenced");
    assert_eq!(bench.status().statistics.fenced, 1);
}

#[test]
fn a_takeover_whose_advert_never_left_ends_soon() {
    let mut bench = Bench::active(parameters());
    bench.record.owned_until = bench.record.owned_since + 500 * MS;
    let actions = bench.pass_to_deadline();
    assert_eq!(
        summary(&actions),
        "end, remove, Active to Backup: LeaseLost"
    );
}

#[test]
fn a_router_in_fault_comes_back_as_backup_and_waits() {
    let mut bench = Bench::active(parameters());
    bench.stand(Standing {
        faulted: true,
        ..Standing::default()
    });
    assert_eq!(bench.status().state, State::Initialize { faulted: true });
    assert!(!bench.record.owned(bench.now));
    let actions = bench.stand(Standing::default());
    assert_eq!(summary(&actions), "Fault to Backup: Recovered");
    assert_eq!(bench.wait(), Duration::from_nanos(3_609_375_000));
}

#[test]
fn a_weight_that_changed_during_a_fault_is_told() {
    let mut bench = Bench::started(parameters());
    bench.stand(Standing {
        faulted: true,
        weight: -30,
        ..Standing::default()
    });
    let told = bench.stand(Standing {
        weight: -40,
        ..Standing::default()
    });
    assert_eq!(
        summary(&told),
        "elect 60 from 60, Fault to Backup: Recovered"
    );
}

#[test]
fn a_lowered_priority_fences_before_it_is_advertised_and_a_raised_one_after() {
    let mut bench = Bench::active(parameters());
    let lowered = bench.stand(Standing {
        weight: -30,
        ..Standing::default()
    });
    assert_eq!(
        summary(&lowered),
        "elect 70 from 70, advertise 70 for 2.9375s"
    );
    let raised = bench.stand(Standing {
        weight: 30,
        ..Standing::default()
    });
    assert_eq!(
        summary(&raised),
        "advertise 130 for 2.9375s, elect 130 from 130"
    );
}
