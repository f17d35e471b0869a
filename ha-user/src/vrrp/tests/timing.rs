//! Intervals, exactly.

use std::time::Duration;

use ha_common::Priority;

use super::super::timing::{
    active_down_interval, advert_spacing, doubt, handover_time, learnable, lease_length, skew_time,
};
use super::super::{Event, Parameters, Standing, Version};
use super::bench::{Bench, advert};
use super::parameters;

const MS: Duration = Duration::from_millis(1);

/// Version, interval in ms, priority; Skew_Time and Active_Down_Interval in ns.
const EXACT: [(Version, u64, u8, u64, u64); 14] = [
    (Version::V2, 1_000, 1, 996_093_750, 3_996_093_750),
    (Version::V2, 1_000, 100, 609_375_000, 3_609_375_000),
    (Version::V2, 1_000, 254, 7_812_500, 3_007_812_500),
    (Version::V2, 1_000, 255, 3_906_250, 3_003_906_250),
    (Version::V2, 255_000, 100, 609_375_000, 765_609_375_000),
    (Version::V3, 10, 1, 9_960_937, 39_960_937),
    (Version::V3, 10, 100, 6_093_750, 36_093_750),
    (Version::V3, 10, 254, 78_125, 30_078_125),
    (Version::V3, 100, 100, 60_937_500, 360_937_500),
    (Version::V3, 1_000, 100, 609_375_000, 3_609_375_000),
    (Version::V3, 1_000, 254, 7_812_500, 3_007_812_500),
    (Version::V3, 40_950, 1, 40_790_039_062, 163_640_039_062),
    (Version::V3, 40_950, 100, 24_953_906_250, 147_803_906_250),
    (Version::V3, 40_950, 254, 319_921_875, 123_169_921_875),
];

fn speaking(version: Version, interval: Duration, priority: u8) -> Parameters {
    Parameters {
        version,
        priority: Priority::new(priority),
        advertisement_interval: interval,
        ..parameters()
    }
}

#[test]
fn skew_time_and_active_down_interval() {
    for (version, interval, priority, skew, down) in EXACT {
        let interval = Duration::from_millis(interval);
        let actual = skew_time(version, Priority::new(priority), interval);
        assert_eq!(
            actual,
            Duration::from_nanos(skew),
            "{version:?} {interval:?} {priority}"
        );
        let actual = active_down_interval(3, interval, actual);
        assert_eq!(
            actual,
            Duration::from_nanos(down),
            "{version:?} {interval:?} {priority}"
        );
    }
}

#[test]
fn a_backup_router_waits_active_down_interval() {
    for (version, interval, priority, _, down) in EXACT {
        if priority == 255 {
            continue;
        }
        let bench = Bench::started(speaking(version, Duration::from_millis(interval), priority));
        assert_eq!(
            bench.wait(),
            Duration::from_nanos(down),
            "{version:?} {interval} {priority}"
        );
    }
}

/// Every priority at every interval, against the whole microseconds that keepalived counts in.
#[test]
fn skew_times_are_those_of_keepalived() {
    for priority in 1..=254_u8 {
        let left = 256 - u64::from(priority);
        let v2 = skew_time(Version::V2, Priority::new(priority), Duration::from_secs(7));
        assert_eq!(v2.as_micros(), u128::from(left * 1_000_000 / 256));
        for centiseconds in 1..=4095_u64 {
            let interval = Duration::from_millis(centiseconds * 10);
            let v3 = skew_time(Version::V3, Priority::new(priority), interval);
            assert_eq!(v3.as_micros(), u128::from(left * centiseconds * 625 / 16));
        }
    }
}

/// The lease that an advert buys is over when the first of those who heard it stops waiting, and
/// outlives the time to the next advert.
#[test]
fn a_lease_ends_before_any_backup_router_stops_waiting() {
    for adverts in 1..=20_u8 {
        for centiseconds in 1..=4095_u64 {
            let interval = Duration::from_millis(centiseconds * 10);
            let lease = lease_length(adverts, interval);
            let margin = interval * u32::from(adverts) - lease;
            assert!(
                margin >= MS && margin >= interval / 16,
                "{adverts} {interval:?}"
            );
            let spacing = advert_spacing(adverts, interval);
            assert!(
                lease >= spacing + spacing / 2,
                "{adverts} {interval:?} {lease:?}"
            );
        }
    }
    assert_eq!(lease_length(3, 10 * MS), 29 * MS);
    assert_eq!(lease_length(3, 100 * MS), Duration::from_micros(293_750));
    assert_eq!(lease_length(3, 1000 * MS), Duration::from_micros(2_937_500));
}

/// Skew_Time is never exceeded, and the better of two routers speaks first by more than a flight.
#[test]
fn a_fast_handover_is_ordered_by_priority() {
    for priority in 1..=254_u8 {
        let time = |priority| {
            let priority = Priority::new(priority);
            let skew = skew_time(Version::V3, priority, 1000 * MS);
            (handover_time(priority, skew), skew)
        };
        let ((worse, skew), (better, _)) = (time(priority), time(priority + 1));
        assert!(worse <= skew, "{priority}");
        assert!(worse - better >= MS / 10, "{priority}");
    }
    let exact = |priority, skew| handover_time(Priority::new(priority), skew);
    assert_eq!(exact(100, 1000 * MS), Duration::from_micros(15_600));
    assert_eq!(exact(254, 1000 * MS), Duration::from_micros(200));
    assert_eq!(exact(100, 6 * MS), 6 * MS);
}

#[test]
fn nonsense_does_not_overflow() {
    let skew = skew_time(Version::V3, Priority::new(0), Duration::MAX);
    assert_eq!(
        active_down_interval(u8::MAX, Duration::MAX, skew),
        Duration::MAX
    );
    assert_eq!(active_down_interval(0, MS, Duration::ZERO), MS);
    assert_eq!(lease_length(1, Duration::ZERO), Duration::ZERO);
    assert_eq!(learnable(Duration::ZERO), 10 * MS);
    assert_eq!(learnable(Duration::MAX), Duration::from_millis(40_950));
}

#[test]
fn a_silence_is_doubted_as_long_as_it_was_noticed_late() {
    let skew = Duration::from_millis(600);
    assert_eq!(doubt(Duration::ZERO, skew), None);
    assert_eq!(doubt(MS, skew), None);
    assert_eq!(doubt(7 * MS, skew), Some(7 * MS));
    assert_eq!(doubt(9000 * MS, skew), Some(skew));
    let short = Duration::from_micros(78);
    assert_eq!(doubt(short, short), None);
    assert_eq!(doubt(short * 2, short), Some(MS));
    assert_eq!(doubt(9000 * MS, short), Some(MS));
}

#[test]
fn version_3_learns_the_interval_of_the_active_router_and_version_2_does_not() {
    let heard = |version| {
        let mut bench = Bench::started(speaking(version, 1000 * MS, 100));
        let mut advert = advert(20, 150);
        advert.interval = 100 * MS;
        bench.tell(Event::AdvertReceived(advert));
        (bench.wait(), bench.status().active_adver_interval)
    };
    assert_eq!(
        heard(Version::V3),
        (Duration::from_nanos(360_937_500), 100 * MS)
    );
    assert_eq!(
        heard(Version::V2),
        (Duration::from_nanos(3_609_375_000), 1000 * MS)
    );
}

#[test]
fn the_first_timer_of_an_eager_router_is_one_advert() {
    for (version, interval, wait) in [
        (Version::V2, 2000 * MS, Duration::from_nanos(2_003_906_250)),
        (Version::V3, 100 * MS, Duration::from_nanos(100_390_625)),
    ] {
        let eager = Parameters {
            eager_start: true,
            ..speaking(version, interval, 150)
        };
        assert_eq!(Bench::started(eager).wait(), wait);
    }
}

#[test]
fn a_changed_priority_shifts_the_running_timer() {
    let mut bench = Bench::started(parameters());
    bench.pass(Duration::from_secs(1));
    bench.stand(Standing {
        weight: -30,
        ..Standing::default()
    });
    let skew_of_30 = Duration::from_nanos(117_187_500);
    let full = Duration::from_nanos(3_609_375_000);
    assert_eq!(bench.wait(), full + skew_of_30 - Duration::from_secs(1));
    bench.stand(Standing::default());
    assert_eq!(bench.wait(), full - Duration::from_secs(1));
}

#[test]
fn effective_priority_stays_within_bounds() {
    for (base, weight, effective) in [
        (100, -30, 70),
        (100, -300, 1),
        (100, 300, 254),
        (254, i32::MAX, 254),
        (1, i32::MIN, 1),
        (255, -30, 255),
    ] {
        let mut bench = Bench::new(speaking(Version::V3, 1000 * MS, base));
        bench.stand(Standing {
            weight,
            ..Standing::default()
        });
        assert_eq!(
            bench.status().priority,
            Priority::new(effective),
            "{base} {weight}"
        );
    }
}
