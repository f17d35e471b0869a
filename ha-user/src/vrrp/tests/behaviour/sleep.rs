//! How long Backup routers sleep while the data path hears adverts for them.

use super::super::super::{Engine, Record, RouterId, View};
use super::*;

const ROUTERS: u32 = 255;
const INTERVAL: Duration = Duration::from_millis(10);
/// Active_Down_Interval of priority 100.
const SILENCE: Duration = Duration::from_nanos(36_093_750);
const START: Nanos = Nanos::new(100_000_000_000);

/// An Active director elsewhere, as the data path here has stamped it by `now`: every interval an
/// advert of each router, one after the other.
struct Stamps {
    now: Nanos,
    /// The last burst.
    end: Nanos,
}

impl Stamps {
    fn last_advert(&self, RouterId(id): RouterId) -> Nanos {
        let first = START - SECOND + Duration::from_micros(3) * id;
        let time = self.now.min(self.end).saturating_since(first);
        let bursts = time.as_nanos() / INTERVAL.as_nanos();
        first + INTERVAL * u32::try_from(bursts).unwrap()
    }
}

impl View for Stamps {
    fn record(&self, router: RouterId) -> Record {
        Record {
            last_advert: self.last_advert(router),
            ..Record::default()
        }
    }
}

fn listeners(stamps: &Stamps) -> Engine {
    let mut engine = Engine::default();
    for id in 0..ROUTERS {
        let parameters = Parameters {
            advertisement_interval: INTERVAL,
            ..parameters()
        };
        let at = START + Duration::from_micros(17) * id;
        engine.insert(RouterId(id), parameters);
        engine.handle(at, RouterId(id), Event::Startup, stamps, &mut Vec::new());
    }
    engine
}

#[test]
fn one_wake_up_serves_all_backup_routers() {
    let mut stamps = Stamps {
        now: START,
        end: START + 10 * SECOND,
    };
    let (mut engine, mut turns) = (listeners(&stamps), 0);
    while stamps.now < START + SECOND {
        turns += 1;
        stamps.now = engine.next_deadline().unwrap();
        let mut actions = Vec::new();
        engine.handle_timeout(stamps.now, &stamps, &mut actions);
        assert_eq!(actions, []);
    }
    // Every turn puts off all by Active_Down_Interval, less the age of the last advert.
    let least = SILENCE - INTERVAL;
    assert!(turns <= SECOND.as_nanos() / least.as_nanos() + 1, "{turns}");
}

#[test]
fn every_silence_is_believed_when_it_is_complete() {
    for end in (0..40).map(|step| START + SECOND + Duration::from_micros(331) * step) {
        let mut stamps = Stamps { now: START, end };
        let (mut engine, mut taken) = (listeners(&stamps), 0);
        while taken < ROUTERS {
            stamps.now = engine.next_deadline().unwrap();
            let mut actions = Vec::new();
            engine.handle_timeout(stamps.now, &stamps, &mut actions);
            for action in actions {
                if let Action::Advertise { router, .. } = action {
                    assert_eq!(stamps.now, stamps.last_advert(router) + SILENCE);
                    engine.remove(router);
                    taken += 1;
                }
            }
            assert!(stamps.now < end + SECOND, "{taken} have taken over");
        }
    }
}

/// Two routers: adverts for the second never cease.
struct Pair {
    now: Nanos,
    last_lower: Nanos,
}

impl View for Pair {
    fn record(&self, router: RouterId) -> Record {
        if router == ROUTER {
            Record {
                last_lower: self.last_lower,
                ..Record::default()
            }
        } else {
            Record {
                last_advert: self.now,
                ..Record::default()
            }
        }
    }
}

#[test]
fn a_stamp_that_counts_once_is_looked_for_when_the_silence_is_complete() {
    let mut pair = Pair {
        now: START,
        last_lower: Nanos::NEVER,
    };
    let (mut engine, mut actions) = (Engine::default(), Vec::new());
    let second = Parameters {
        advertisement_interval: SECOND / 10,
        ..parameters()
    };
    let lowered = Standing {
        weight: -40,
        ..Standing::default()
    };
    let events = [
        (ROUTER, Event::Startup),
        (RouterId(0), Event::Startup),
        (ROUTER, Event::AdvertReceived(advert(20, 150))),
        (ROUTER, Event::StandingChanged(lowered)),
    ];
    for (id, parameters) in [(ROUTER, parameters()), (RouterId(0), second)] {
        engine.insert(id, parameters);
    }
    for (id, event) in events {
        engine.handle(START, id, event, &pair, &mut Vec::new());
    }
    while actions.is_empty() {
        pair.now = engine.next_deadline().unwrap();
        // Judged by the priority from before, or of a stranger: the first of these counts.
        for after in [SECOND, 9 * SECOND / 2] {
            if pair.now >= START + after {
                pair.last_lower = START + after;
            }
        }
        engine.handle_timeout(pair.now, &pair, &mut actions);
    }
    let silence = Duration::from_nanos(3_765_625_000);
    assert_eq!(pair.now, START + SECOND + silence);
    assert_eq!(summary(&actions), "advertise 60");
}
