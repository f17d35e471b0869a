//! What many routers do at once: adverts that are nearly due go along with those that are.

use super::super::super::{Engine, Inheritance, Record, RouterId, View};
use super::*;

/// Every router but [`LISTENER`] owns its addresses.
struct Owned;

const LISTENER: RouterId = RouterId(1000);

impl View for Owned {
    fn record(&self, router: RouterId) -> Record {
        let until = if router == LISTENER { 0 } else { u64::MAX };
        Record {
            owned_since: Nanos::new(1),
            owned_until: Nanos::new(until),
            ..Record::default()
        }
    }
}

/// Routers that are Active, and advertise.
struct Company {
    engine: Engine,
    now: Nanos,
}

impl Company {
    /// `count` routers, each adopted `apart` after the one before.
    fn new(count: u32, interval: Duration, apart: Duration) -> Self {
        let (engine, now) = (Engine::default(), Nanos::new(100_000_000_000));
        let mut company = Self { engine, now };
        for id in 0..count {
            company.now = now + apart * id;
            company.adopt(RouterId(id), interval);
        }
        company
    }

    fn adopt(&mut self, id: RouterId, interval: Duration) {
        let parameters = Parameters {
            advertisement_interval: interval,
            ..parameters()
        };
        let inheritance = Inheritance {
            priority: parameters.priority,
            interval,
        };
        self.engine.insert(id, parameters);
        self.tell(id, Event::Adopt(inheritance));
    }

    fn tell(&mut self, id: RouterId, event: Event) {
        let mut actions = Vec::new();
        self.engine
            .handle(self.now, id, event, &Owned, &mut actions);
    }

    /// Waits for the next deadline. Returns who has spoken.
    fn pass_to_deadline(&mut self) -> Vec<RouterId> {
        self.now = self.engine.next_deadline().unwrap();
        let mut actions = Vec::new();
        self.engine.handle_timeout(self.now, &Owned, &mut actions);
        let advert = |action: &&Action| matches!(action, Action::Advertise { .. });
        let adverts = actions.iter().filter(advert);
        adverts.map(Action::router).collect()
    }
}

#[test]
fn adverts_of_255_routers_leave_together_and_no_more_often_than_they_should() {
    const INTERVAL: Duration = Duration::from_millis(10);
    let mut company = Company::new(255, INTERVAL, Duration::from_micros(7));
    let (start, mut turns) = (company.now, 0);
    let mut last = vec![None; 255];
    while company.now < start + 100 * INTERVAL {
        turns += 1;
        for RouterId(id) in company.pass_to_deadline() {
            let before: Option<Nanos> = last[id as usize].replace(company.now);
            let apart = before.map_or(INTERVAL, |at| company.now.saturating_since(at));
            assert!(
                (INTERVAL * 19 / 20..=INTERVAL).contains(&apart),
                "{apart:?}"
            );
        }
    }
    assert!(last.iter().all(Option::is_some), "some never spoke");
    // 255 routers started within 1.8 ms, of which 0.5 ms are one turn.
    assert!(turns <= 4 * 101, "{turns} turns in 100 intervals");
}

#[test]
fn an_advert_goes_along_if_it_is_due_within_a_millisecond_or_a_twentieth_of_the_interval() {
    let spoken = |interval, apart| Company::new(2, interval, apart).pass_to_deadline().len();
    assert_eq!(spoken(SECOND, MS), 2);
    assert_eq!(spoken(SECOND, MS + Duration::from_nanos(1)), 1);
    assert_eq!(spoken(10 * MS, MS / 2), 2);
    assert_eq!(spoken(10 * MS, MS / 2 + Duration::from_nanos(1)), 1);
}

#[test]
fn no_silence_is_believed_early_for_company() {
    let mut company = Company::new(1, SECOND, Duration::ZERO);
    let silence = Duration::from_nanos(3_609_375_000);
    let adverts = company.now + 5 * SECOND;
    company.engine.insert(LISTENER, parameters());
    while company.now + silence < adverts {
        company.pass_to_deadline();
    }
    // Complete a tenth of a millisecond after the fifth advert.
    company.now = adverts + MS / 10;
    company.now = Nanos::new(company.now.get() - 3_609_375_000);
    company.tell(LISTENER, Event::Startup);
    while company.now < adverts {
        assert!(!company.pass_to_deadline().contains(&LISTENER));
    }
    assert_eq!(company.pass_to_deadline(), [LISTENER]);
}
