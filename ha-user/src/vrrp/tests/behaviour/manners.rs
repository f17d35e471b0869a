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
        ..Announcements::default()
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

/// An Active router that says what `announcements` and `manners` have it say.
fn mannered(provoked: Provoked, manners: Manners) -> Bench {
    let announcements = Announcements {
        provoked,
        ..quiet()
    };
    let mut bench = Bench::active(Parameters {
        announcements,
        manners,
        ..parameters()
    });
    bench.pass(1500 * MS);
    bench
}

/// Only adverts of lower routers that are far enough apart are answered at once.
const PROVOKED: Provoked = Provoked {
    repeat: 2,
    delay: Duration::from_secs(3),
};
const NEVER: Provoked = Provoked {
    repeat: 0,
    delay: Duration::ZERO,
};

#[test]
fn a_lower_advert_is_answered_by_an_advert_and_announcements_of_their_own_number() {
    let mut bench = mannered(PROVOKED, Manners::default());
    let answer = summary(&bench.hear(20, 50));
    assert!(
        answer.ends_with("advertise 100 for 2.9375s, announce 2"),
        "{answer}"
    );
}

#[test]
fn what_a_lower_advert_provokes_is_said_once_more_after_the_delay() {
    let mut bench = mannered(PROVOKED, Manners::default());
    bench.hear(20, 50);
    let (start, mut bursts) = (bench.now, Vec::new());
    while bench.now < start + 10 * SECOND {
        for action in bench.pass_to_deadline() {
            if let Action::Announce { repeat, .. } = action {
                bursts.push((bench.now.saturating_since(start), repeat));
            }
        }
    }
    assert_eq!(bursts, [(3 * SECOND, 2)]);
}

#[test]
fn a_router_that_ignores_lower_ones_still_tells_neighbours() {
    let ignores_lower = Manners {
        ignores_lower: true,
        ..Manners::default()
    };
    let mut bench = mannered(PROVOKED, ignores_lower);
    let answer = summary(&bench.hear(20, 50));
    assert!(answer.ends_with("announce 2"), "{answer}");
    assert!(!answer.contains("advertise"), "{answer}");
    let mut bench = mannered(NEVER, ignores_lower);
    let answer = summary(&bench.hear(20, 50));
    assert!(!answer.contains("advertise"), "{answer}");
    assert!(!answer.contains("announce"), "{answer}");
}

#[test]
fn a_farewell_is_answered_whatever_the_manners() {
    let ignores_lower = Manners {
        ignores_lower: true,
        ..Manners::default()
    };
    let mut bench = mannered(NEVER, ignores_lower);
    assert_eq!(summary(&bench.hear(20, 0)), "advertise 100 for 2.9375s");
}

/// Of a lower advert, that somebody else spoke for the addresses is no less true.
#[test]
fn a_conflict_is_answered_though_lower_adverts_are_not() {
    let mut bench = mannered(NEVER, Manners::default());
    assert_eq!(summary(&bench.tell(Event::AddressConflict)), "announce 5");
}

fn last_word() -> Bench {
    mannered(
        PROVOKED,
        Manners {
            has_last_word: true,
            ..Manners::default()
        },
    )
}

#[test]
fn the_last_word_of_who_yields_prolongs_nothing() {
    let mut bench = last_word();
    let lease = bench.record.owned_until;
    let left = lease.saturating_since(bench.now);
    let yielded = bench.hear(20, 150);
    assert_eq!(
        summary(&yielded),
        format!(
            "advertise 100 for {left:?}, end, remove, \
             Active to Backup: Yielded {{ to: 192.0.2.20, priority: Priority(150) }}"
        )
    );
}

/// As where the data path has seen that advert first.
#[test]
fn who_is_fenced_or_late_has_no_last_word() {
    let mut bench = last_word();
    bench.record.fenced_at = bench.now;
    let yielded = summary(&bench.hear(20, 150));
    assert!(yielded.starts_with("end, remove"), "{yielded}");
    let mut bench = last_word();
    bench.now = bench.record.owned_until;
    let late = summary(&bench.hear(20, 150));
    assert!(late.starts_with("end, remove"), "{late}");
    assert!(!late.contains("advertise"), "{late}");
}

#[test]
fn lower_adverts_are_told_of_once_in_an_interval() {
    let mut bench = mannered(NEVER, Manners::default());
    let mut told = 0;
    for _ in 0..1000 {
        let heard = bench.hear(20, 50);
        told += usize::from(summary(&heard).contains("heard 192.0.2.20 with 50"));
        bench.pass(10 * MS);
    }
    assert_eq!(told, 10);
    assert!(!summary(&bench.hear(20, 0)).contains("heard"));
}
