//! The engine on a bench: runs are answered by hand.

use std::time::Duration;

use ha_common::Nanos;
use proptest::prelude::*;

use super::Action::{Judged, Run};
use super::{Action, Engine, Failure, Outcome, ProbeId, Rhythm, Stage};

const PING: ProbeId = ProbeId(1);
const PORT: ProbeId = ProbeId(2);
const PAGE: ProbeId = ProbeId(3);

const RHYTHM: Rhythm = Rhythm {
    warmup: Duration::ZERO,
    interval: Duration::from_millis(100),
    retry: None,
    rise: 1,
    fall: 1,
    assumed: None,
};

struct Bench {
    engine: Engine,
    now: Nanos,
}

impl Bench {
    fn new() -> Self {
        Self {
            engine: Engine::default(),
            now: Nanos::new(1_000_000_000),
        }
    }

    /// Layers on each other, the lowest first.
    fn with_layers(rhythm: Rhythm, ids: &[ProbeId]) -> Self {
        let mut bench = Self::new();
        let mut beneath = None;
        for id in ids {
            bench.engine.insert(bench.now, *id, rhythm, beneath);
            beneath = Some(*id);
        }
        bench
    }

    /// What is done at the next deadline, and how long that took to come.
    fn pass(&mut self) -> (Duration, Vec<Action>) {
        let next = self.engine.next_deadline().expect("something is due");
        let waited = next.saturating_since(self.now);
        self.now = self.now.max(next);
        let mut actions = Vec::new();
        self.engine.handle_timeout(self.now, &mut actions);
        (waited, actions)
    }

    fn finish(&mut self, id: ProbeId, outcome: Outcome) -> Vec<Action> {
        let mut actions = Vec::new();
        self.engine.finish(self.now, id, outcome, &mut actions);
        actions
    }

    fn look_again(&mut self, id: ProbeId) -> Vec<Action> {
        let mut actions = Vec::new();
        self.engine.look_again(self.now, id, &mut actions);
        actions
    }

    /// All layers are found good.
    fn settled(rhythm: Rhythm, ids: &[ProbeId]) -> Self {
        let mut bench = Self::with_layers(rhythm, ids);
        assert_eq!(bench.pass().1, [Run(ids[0])]);
        for (id, upper) in ids.iter().zip(&ids[1..]) {
            assert_eq!(
                bench.finish(*id, Ok(())),
                [Judged(*id, Ok(())), Run(*upper)]
            );
        }
        let top = *ids.last().expect("a layer");
        assert_eq!(bench.finish(top, Ok(())), [Judged(top, Ok(()))]);
        bench
    }

    fn stage(&self, id: ProbeId) -> Stage {
        self.engine.report(id).expect("a probe").stage
    }
}

fn failed(why: &str) -> Failure {
    Failure::new(why)
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn runs_keep_the_beat_and_a_slow_one_leaves_runs_out() {
    let mut bench = Bench::with_layers(
        Rhythm {
            warmup: ms(30),
            ..RHYTHM
        },
        &[PING],
    );
    assert_eq!(bench.pass(), (ms(30), vec![Run(PING)]));
    bench.now = bench.now + ms(20);
    assert_eq!(bench.finish(PING, Ok(())), [Judged(PING, Ok(()))]);
    assert_eq!(bench.pass(), (ms(80), vec![Run(PING)]));
    bench.now = bench.now + ms(250);
    assert_eq!(bench.finish(PING, Ok(())), []);
    assert_eq!(bench.pass(), (ms(50), vec![Run(PING)]));
}

#[test]
fn what_has_changed_is_looked_at_now() {
    let mut bench = Bench::settled(RHYTHM, &[PORT, PAGE]);
    bench.now = bench.now + ms(30);
    assert_eq!(bench.look_again(PAGE), [Run(PAGE)]);
    let down = failed("1");
    assert_eq!(bench.finish(PAGE, Err(down.clone())), [Run(PORT)]);
    // It changes again while the layer beneath is asked: the verdict holds for that moment.
    assert_eq!(bench.look_again(PAGE), []);
    let expected = [Judged(PAGE, Err(down))];
    assert_eq!(bench.finish(PORT, Ok(())), expected);
    assert_eq!(bench.pass(), (ms(0), vec![Run(PAGE)]));
    // And while it is being looked at.
    assert_eq!(bench.look_again(PAGE), []);
    assert_eq!(bench.finish(PAGE, Ok(())), [Judged(PAGE, Ok(()))]);
    assert_eq!(bench.pass(), (ms(0), vec![Run(PAGE)]));
    assert_eq!(bench.finish(PAGE, Ok(())), []);
    assert_eq!(bench.pass(), (ms(100), vec![Run(PORT), Run(PAGE)]));
}

#[test]
fn what_is_not_asked_is_not_looked_at_either() {
    let mut bench = Bench::settled(RHYTHM, &[PORT, PAGE]);
    assert_eq!(bench.look_again(PORT), [Run(PORT)]);
    let down = failed("refused");
    let expected = [Judged(PORT, Err(down.clone()))];
    assert_eq!(bench.finish(PORT, Err(down)), expected);
    assert_eq!(bench.stage(PAGE), Stage::Blocked);
    assert_eq!(bench.look_again(PAGE), []);
    assert_eq!(bench.look_again(ProbeId(99)), []);
}

#[test]
fn a_failure_in_doubt_is_looked_at_again_sooner() {
    let rhythm = Rhythm {
        retry: Some(ms(10)),
        fall: 3,
        rise: 2,
        ..RHYTHM
    };
    let mut bench = Bench::settled(rhythm, &[PING]);
    assert_eq!(bench.pass(), (ms(100), vec![Run(PING)]));
    let down = failed("refused");
    for _ in 0..2 {
        assert_eq!(bench.finish(PING, Err(down.clone())), []);
        assert_eq!(bench.pass(), (ms(10), vec![Run(PING)]));
    }
    assert_eq!(
        bench.finish(PING, Err(down.clone())),
        [Judged(PING, Err(down.clone()))]
    );
    assert_eq!(
        bench.engine.report(PING).expect("a probe").failure,
        Some(down)
    );
    assert_eq!(
        bench.pass(),
        (ms(100), vec![Run(PING)]),
        "nothing is in doubt any more"
    );
    assert_eq!(bench.finish(PING, Ok(())), []);
    bench.pass();
    assert_eq!(bench.finish(PING, Ok(())), [Judged(PING, Ok(()))]);
}

#[test]
fn an_answer_that_was_not_asked_for_is_passed_over() {
    let mut bench = Bench::settled(RHYTHM, &[PING]);
    assert_eq!(bench.finish(PING, Err(failed("late"))), []);
    assert_eq!(bench.finish(PORT, Ok(())), []);
    assert_eq!(bench.engine.report(PING).expect("a probe").up, Some(true));
}

#[test]
fn what_fails_beneath_is_not_blamed_on_what_stands_on_it() {
    let mut bench = Bench::settled(RHYTHM, &[PING, PORT]);
    assert_eq!(bench.pass().1, [Run(PING), Run(PORT)]);
    bench.finish(PING, Ok(()));
    assert_eq!(
        bench.finish(PORT, Err(failed("no answer"))),
        [Run(PING)],
        "it asks first"
    );
    let down = Err(failed("unreachable"));
    assert_eq!(bench.finish(PING, down.clone()), [Judged(PING, down)]);
    assert_eq!(bench.stage(PORT), Stage::Blocked);
    assert_eq!(
        bench.engine.report(PORT).expect("a probe").up,
        Some(true),
        "nobody knows better"
    );
    assert_eq!(bench.pass().1, [Run(PING)]);
    assert_eq!(
        bench.finish(PING, Ok(())),
        [Judged(PING, Ok(())), Run(PORT)]
    );
    assert_eq!(bench.finish(PORT, Ok(())), []);
}

#[test]
fn what_stands_on_firm_ground_is_to_blame_itself() {
    let mut bench = Bench::settled(RHYTHM, &[PING, PORT, PAGE]);
    bench.pass();
    for id in [PING, PORT] {
        bench.finish(id, Ok(()));
    }
    let wrong = Err(failed("HTTP 503"));
    assert_eq!(bench.finish(PAGE, wrong.clone()), [Run(PORT)]);
    assert_eq!(bench.finish(PORT, Ok(())), [Judged(PAGE, wrong)]);
}

#[test]
fn a_run_that_may_have_looked_too_early_looks_again() {
    let mut bench = Bench::settled(RHYTHM, &[PING, PORT]);
    bench.pass();
    assert_eq!(bench.finish(PORT, Err(failed("no answer"))), []);
    assert_eq!(bench.finish(PING, Ok(())), [Run(PING)]);
    let down = Err(failed("unreachable"));
    assert_eq!(bench.finish(PING, down.clone()), [Judged(PING, down)]);
}

#[test]
fn a_failure_is_followed_down_to_its_layer() {
    let mut bench = Bench::settled(Rhythm { fall: 2, ..RHYTHM }, &[PING, PORT, PAGE]);
    bench.pass();
    for id in [PING, PORT] {
        bench.finish(id, Ok(()));
    }
    assert_eq!(bench.finish(PAGE, Err(failed("no answer"))), [Run(PORT)]);
    assert_eq!(bench.finish(PORT, Err(failed("no answer"))), [Run(PING)]);
    assert_eq!(
        bench.finish(PING, Err(failed("unreachable"))),
        [],
        "one failure is not believed"
    );
    for id in [PING, PORT, PAGE] {
        assert!(matches!(bench.stage(id), Stage::Resting(_)), "{id:?}");
        assert_eq!(bench.engine.report(id).expect("a probe").up, Some(true));
    }
}

#[test]
fn what_loses_its_ground_for_good_stands_alone() {
    let mut bench = Bench::with_layers(RHYTHM, &[PING, PORT]);
    assert_eq!(bench.stage(PORT), Stage::Blocked);
    bench.engine.remove(bench.now, PING);
    assert_eq!(bench.pass(), (ms(0), vec![Run(PORT)]));
}

#[test]
fn a_suspended_probe_is_left_alone_and_then_asked_at_once() {
    let rhythm = Rhythm { fall: 2, ..RHYTHM };
    let mut bench = Bench::settled(rhythm, &[PING, PORT]);
    bench.pass();
    bench.finish(PING, Ok(()));
    assert_eq!(bench.finish(PORT, Err(failed("refused"))), [Run(PING)]);
    bench.finish(PING, Ok(()));
    bench.engine.suspend(PING);
    assert_eq!(bench.engine.next_deadline(), None);
    for id in [PING, PORT] {
        assert_eq!(bench.stage(id), Stage::Suspended);
        assert_eq!(bench.finish(id, Err(failed("late"))), []);
        assert_eq!(bench.engine.report(id).expect("a probe").up, Some(true));
    }
    bench.now = bench.now + ms(70);
    bench.engine.resume(bench.now, PORT);
    assert_eq!(bench.pass(), (ms(0), vec![Run(PING), Run(PORT)]));
    bench.finish(PING, Ok(()));
    bench.finish(PORT, Err(failed("refused")));
    assert_eq!(
        bench.finish(PING, Ok(())),
        [],
        "what failed before the pause and what fails after it is no row"
    );
    bench.pass();
    bench.finish(PING, Ok(()));
    let refused = Err(failed("refused"));
    bench.finish(PORT, refused.clone());
    assert_eq!(bench.finish(PING, Ok(())), [Judged(PORT, refused)]);
}

#[test]
fn what_stands_on_a_bad_layer_is_resumed_after_that() {
    let mut bench = Bench::settled(RHYTHM, &[PING, PORT]);
    bench.pass();
    bench.finish(PORT, Ok(()));
    bench.finish(PING, Err(failed("unreachable")));
    bench.engine.suspend(PING);
    bench.engine.resume(bench.now, PING);
    assert_eq!(bench.stage(PORT), Stage::Suspended);
    bench.engine.resume(bench.now, PORT);
    assert_eq!(bench.pass(), (ms(0), vec![Run(PING)]));
    assert_eq!(
        bench.finish(PING, Ok(())),
        [Judged(PING, Ok(())), Run(PORT)]
    );
}

/// What may happen on a bench.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Finish(u32, bool),
    Insert(u32, Option<u32>),
    Remove(u32),
    Suspend(u32),
    Resume(u32),
    LookAgain(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u64..150).prop_map(Step::Wait),
        8 => (0_u32..5, any::<bool>()).prop_map(|(id, good)| Step::Finish(id, good)),
        1 => (0_u32..5, prop::option::of(0_u32..5)).prop_map(|(id, on)| Step::Insert(id, on)),
        1 => (0_u32..5).prop_map(Step::Remove),
        1 => (0_u32..5).prop_map(Step::Suspend),
        2 => (0_u32..5).prop_map(Step::Resume),
        2 => (0_u32..5).prop_map(Step::LookAgain),
    ]
}

proptest! {
    /// Every probe rests, runs, is suspended, or waits for one beneath it that rests or runs, so that none
    /// is ever forgotten; and none runs twice at once.
    #[test]
    fn no_probe_is_ever_forgotten(steps in prop::collection::vec(step(), 1..200)) {
        let mut bench = Bench::with_layers(RHYTHM, &[PING, PORT, PAGE]);
        let mut running = std::collections::BTreeSet::new();
        for step in steps {
            let mut actions = Vec::new();
            match step {
                Step::Wait(time) => {
                    bench.now = bench.now + ms(time);
                    bench.engine.handle_timeout(bench.now, &mut actions);
                }
                Step::Finish(id, good) => {
                    let outcome = if good { Ok(()) } else { Err(failed("bad")) };
                    running.remove(&ProbeId(id));
                    actions = bench.finish(ProbeId(id), outcome);
                }
                // On an older one, so that nothing stands on itself.
                Step::Insert(id, on) => {
                    running.remove(&ProbeId(id));
                    let on = on.filter(|on| *on < id).map(ProbeId);
                    bench.engine.insert(bench.now, ProbeId(id), RHYTHM, on);
                }
                Step::Remove(id) => {
                    running.remove(&ProbeId(id));
                    bench.engine.remove(bench.now, ProbeId(id));
                }
                Step::Suspend(id) => {
                    bench.engine.suspend(ProbeId(id));
                    running.retain(|id| !bench.engine.is_suspended(*id));
                }
                Step::Resume(id) => bench.engine.resume(bench.now, ProbeId(id)),
                Step::LookAgain(id) => actions = bench.look_again(ProbeId(id)),
            }
            for action in actions {
                if let Run(id) = action {
                    prop_assert!(running.insert(id), "{id:?} runs already");
                }
            }
            for id in (0..5).map(ProbeId) {
                prop_assert!(bench.engine.is_remembered(id), "{id:?} is {:?}", bench.stage(id));
            }
        }
    }
}

impl Engine {
    /// Whether something will happen that a probe waits for.
    fn is_remembered(&self, id: ProbeId) -> bool {
        let Some(probe) = self.probes.get(&id) else {
            return true;
        };
        match probe.stage {
            Stage::Resting(at) => self.agenda.holds(at, id),
            Stage::Running | Stage::Suspended => true,
            Stage::Accusing(_) | Stage::Blocked => {
                let beneath = probe
                    .beneath
                    .filter(|lower| self.probes.contains_key(lower));
                beneath.is_some_and(|lower| !self.is_suspended(lower) && self.is_remembered(lower))
            }
        }
    }
}
