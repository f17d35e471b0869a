//! Every input in every state, against `table.txt`.
//!
//! The router has priority 100, address 192.0.2.10 and an interval of 1 s. Adverts come from
//! 192.0.2.20 (above) or 192.0.2.2 (below). Each input comes 100 µs after the state was entered.

use std::fmt::Write as _;
use std::time::Duration;

use ha_common::{Nanos, Priority};

use super::super::{Event, Parameters, Standing};
use super::bench::{Bench, inheritance, name, summary};
use super::host;
use super::parameters;

const TABLE: &str = include_str!("table.txt");

#[derive(Clone, Copy, Debug)]
enum Start {
    Stopped,
    Pending,
    Faulted,
    Backup,
    Claiming,
    Active,
}

impl Start {
    const ALL: [Self; 6] = [
        Self::Stopped,
        Self::Pending,
        Self::Faulted,
        Self::Backup,
        Self::Claiming,
        Self::Active,
    ];

    fn enter(self) -> Bench {
        let mut bench = Bench::new(parameters());
        match self {
            Self::Stopped => {}
            Self::Pending => {
                bench.stand(PENDING);
                bench.tell(Event::Startup);
            }
            Self::Faulted => {
                bench.stand(FAULTED);
                bench.tell(Event::Startup);
            }
            Self::Backup => {
                bench.tell(Event::Startup);
                bench.hear(20, 150);
            }
            Self::Claiming => {
                bench.tell(Event::Startup);
                bench.pass(Duration::from_secs(3));
                bench.hear(20, 50);
                bench.pass_to_deadline();
            }
            Self::Active => bench = Bench::active(parameters()),
        }
        bench.now = bench.now + Duration::from_micros(100);
        bench
    }
}

const CLEAR: Standing = Standing {
    faulted: false,
    pending: false,
    unsettled: false,
    waits: false,
    weight: 0,
};
const WAITS: Standing = Standing {
    waits: true,
    ..CLEAR
};
const PENDING: Standing = Standing {
    pending: true,
    ..CLEAR
};
const FAULTED: Standing = Standing {
    faulted: true,
    ..CLEAR
};
const HEAVIER: Standing = Standing {
    weight: 20,
    ..CLEAR
};

type Apply = fn(&mut Bench) -> Vec<super::super::Action>;

const INPUTS: [(&str, Apply); 25] = [
    ("Startup", |bench| bench.tell(Event::Startup)),
    ("Adopt", |bench| bench.tell(Event::Adopt(inheritance(100)))),
    ("Advert above", |bench| bench.hear(20, 150)),
    ("Advert equal, address above", |bench| bench.hear(20, 100)),
    ("Advert equal, address below", |bench| bench.hear(2, 100)),
    ("Advert below", |bench| bench.hear(20, 50)),
    ("Advert leaving", |bench| bench.hear(20, 0)),
    ("Advert from own address", |bench| bench.hear(10, 200)),
    ("Standing clear", |bench| bench.stand(CLEAR)),
    ("Standing pending", |bench| bench.stand(PENDING)),
    ("Standing faulted", |bench| bench.stand(FAULTED)),
    ("Standing waits", |bench| bench.stand(WAITS)),
    ("Standing weight +20", |bench| bench.stand(HEAVIER)),
    ("Fenced", |bench| {
        bench.record.fenced_at = bench.now;
        bench.tell(Event::Fenced)
    }),
    ("Fenced, long ago", |bench| bench.tell(Event::Fenced)),
    ("Fenced, seen first by its advert", |bench| {
        bench.record.fenced_at = bench.now;
        bench.hear(20, 150)
    }),
    ("LeaseLost, seen by the timer", |bench| {
        lose_lease(bench);
        bench.wake()
    }),
    ("LeaseLost, seen by an advert below", |bench| {
        lose_lease(bench);
        bench.hear(20, 50)
    }),
    ("LeaseLost, seen at Shutdown", |bench| {
        lose_lease(bench);
        bench.tell(Event::Shutdown)
    }),
    ("AddressConflict", |bench| {
        bench.tell(Event::AddressConflict)
    }),
    ("Reconfigured, priority 110", |bench| {
        reconfigure(bench, |parameters| parameters.priority = Priority::new(110))
    }),
    ("Reconfigured, one more address", |bench| {
        reconfigure(bench, |parameters| {
            parameters.addresses.push(host(101));
        })
    }),
    ("Shutdown", |bench| bench.tell(Event::Shutdown)),
    ("Timeout, early", Bench::wake),
    ("Timeout", |bench| match bench.engine.next_deadline() {
        Some(_) => bench.pass_to_deadline(),
        None => bench.wake(),
    }),
];

/// The process stood still for the rest of its lease, and half a second more.
fn lose_lease(bench: &mut Bench) {
    let stood_still = Duration::from_millis(3_437);
    bench.now = bench.now + stood_still;
    if bench.record.owned_until == Nanos::NEVER {
        bench.now = bench.now - stood_still;
    }
}

fn reconfigure(bench: &mut Bench, change: fn(&mut Parameters)) -> Vec<super::super::Action> {
    let mut changed = parameters();
    change(&mut changed);
    bench.tell(Event::Reconfigured(Box::new(changed)))
}

#[test]
fn every_input_in_every_state() {
    let mut actual = String::new();
    for start in Start::ALL {
        writeln!(actual, "{start:?}").unwrap();
        for (input, apply) in INPUTS {
            let line = row(start, input, apply);
            writeln!(actual, "{}", line.trim_end()).unwrap();
        }
        actual.push('\n');
    }
    assert!(
        actual.trim_end() == TABLE.trim_end(),
        "table.txt should read:\n{actual}"
    );
}

fn row(start: Start, input: &str, apply: Apply) -> String {
    let mut bench = start.enter();
    let actions = apply(&mut bench);
    let after = name(bench.status().state);
    let wait = bench
        .engine
        .next_deadline()
        .map_or_else(|| "for ever".to_owned(), |_| format!("{:?}", bench.wait()));
    format!(
        "  {input:<36} | {after:<10} | {wait:<13} | {}",
        summary(&actions)
    )
}
