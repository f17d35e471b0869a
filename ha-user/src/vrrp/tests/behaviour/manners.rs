//! What an Active router sends, and how often.

use super::*;

fn quiet() -> Announcements {
    Announcements {
        delay: Duration::ZERO,
        ..Announcements::default()
    }
}

/// When adverts are sent within `time` from now, if every wake-up is in time.
fn adverts_in(bench: &mut Bench, time: Duration) -> Vec<Duration> {
    let (start, end) = (bench.now, bench.now + time);
    let mut sent = Vec::new();
    while bench.now + bench.wait() <= end {
        let actions = bench.pass_to_deadline();
        let adverts = actions
            .iter()
            .filter(|action| matches!(action, Action::Advertise { .. }));
        sent.extend(adverts.map(|_| bench.now.saturating_since(start)));
    }
    sent
}

#[test]
fn adverts_keep_their_interval() {
    let mut bench = Bench::active(Parameters {
        announcements: quiet(),
        ..parameters()
    });
    assert_eq!(
        adverts_in(&mut bench, 3 * SECOND),
        [SECOND, 2 * SECOND, 3 * SECOND]
    );
}

#[test]
fn a_flood_of_lower_adverts_buys_two_adverts_an_interval_and_one_burst_a_second() {
    for flood in [0, 1] {
        let mut bench = Bench::active(Parameters {
            announcements: quiet(),
            ..parameters()
        });
        let mut actions = Vec::new();
        for _ in 0..10_000 {
            actions.extend(bench.hear(20, flood));
            actions.extend(bench.pass(MS));
        }
        let count =
            |wanted: fn(&Action) -> bool| actions.iter().filter(|action| wanted(action)).count();
        let adverts = count(|action| matches!(action, Action::Advertise { .. }));
        let bursts = count(|action| matches!(action, Action::Announce { .. }));
        assert!((10..=21).contains(&adverts), "{adverts} adverts");
        assert!(bursts <= 11, "{bursts} bursts");
        assert_eq!(bench.status().state, State::Active);
    }
}

#[test]
fn who_spoke_last_for_our_addresses_is_answered_even_if_late() {
    let mut bench = Bench::active(Parameters {
        announcements: quiet(),
        ..parameters()
    });
    bench.pass(10 * MS);
    assert_eq!(summary(&bench.tell(Event::AddressConflict)), "");
    assert_eq!(bench.wait(), 990 * MS);
    assert!(summary(&bench.pass_to_deadline()).ends_with("announce 5"));
    bench.pass(2 * SECOND);
    assert_eq!(summary(&bench.tell(Event::AddressConflict)), "announce 5");
}

#[test]
fn announcements_are_repeated_after_the_delay_and_refreshed() {
    let announcements = Announcements {
        delay: 5 * SECOND,
        refresh: 60 * SECOND,
        repeat: 4,
        refresh_repeat: 2,
    };
    let mut bench = Bench::active(Parameters {
        announcements,
        ..parameters()
    });
    let (start, mut bursts) = (bench.now, Vec::new());
    while bench.now < start + 130 * SECOND {
        for action in bench.pass_to_deadline() {
            if let Action::Announce { repeat, .. } = action {
                bursts.push((bench.now.saturating_since(start).as_secs(), repeat));
            }
        }
    }
    assert_eq!(bursts, [(5, 4), (65, 2), (125, 2)]);
}

#[test]
fn a_longer_interval_rules_after_three_adverts_that_name_it() {
    let mut bench = Bench::active(Parameters {
        announcements: quiet(),
        ..parameters()
    });
    let longer = Parameters {
        advertisement_interval: 4 * SECOND,
        ..parameters()
    };
    let told = bench.tell(Event::Reconfigured(Box::new(longer)));
    assert_eq!(
        summary(&told),
        "elect 100 from 100, advertise 100 for 2.9375s, add"
    );
    let sent = adverts_in(&mut bench, 12 * SECOND);
    assert_eq!(
        sent,
        [SECOND, 2 * SECOND, 3 * SECOND, 7 * SECOND, 11 * SECOND]
    );
    let lease = bench.record.owned_until.saturating_since(bench.now);
    assert_eq!(lease, Duration::from_millis(11_750));
}

#[test]
fn a_shorter_interval_rules_at_once() {
    let mut bench = Bench::active(Parameters {
        announcements: quiet(),
        ..parameters()
    });
    let shorter = Parameters {
        advertisement_interval: 100 * MS,
        ..parameters()
    };
    let told = bench.tell(Event::Reconfigured(Box::new(shorter)));
    assert_eq!(
        summary(&told),
        "elect 100 from 100, advertise 100 for 293.75ms, add"
    );
    assert_eq!(bench.wait(), 100 * MS);
}

#[test]
fn where_one_lost_advert_is_a_silence_adverts_come_twice_as_often() {
    let mut bench = Bench::active(Parameters {
        down_timer_adverts: 1,
        announcements: quiet(),
        ..parameters()
    });
    assert_eq!(adverts_in(&mut bench, SECOND), [500 * MS, SECOND]);
    assert_eq!(bench.status().state, State::Active);
}
