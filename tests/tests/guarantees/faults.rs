//! Faults of the Active director: nobody answers or speaks beside its successor, which comes in
//! time; nor does anybody when it comes back.

use std::time::Instant;

use anyhow::{Context, Result};
use ha_tests::watched::Setup;

use crate::arena::{Arena, Fault, Round};

/// Rounds of a test that the machine itself may spoil.
const SPOILT: usize = 3;

const TENTH: Setup = Setup {
    version: 3,
    interval_ms: 100,
    preempt: true,
    priorities: [150, 100],
    xdp: Some("native"),
};

#[test]
fn faults_at_a_tenth_of_a_second() -> Result<()> {
    every_fault(TENTH, 4)
}

#[test]
fn faults_at_a_hundredth_of_a_second() -> Result<()> {
    let setup = Setup {
        interval_ms: 10,
        ..TENTH
    };
    every_fault(setup, 6)
}

#[test]
fn faults_in_version_2() -> Result<()> {
    let setup = Setup {
        version: 2,
        interval_ms: 1000,
        ..TENTH
    };
    every_fault(setup, 1)
}

/// Makes every fault `times` times.
fn every_fault(setup: Setup, times: usize) -> Result<()> {
    let mut arena = Arena::new(setup)?;
    let mut spoilt = 0;
    for fault in Fault::ALL {
        let mut all = Round::default();
        let mut done = 0;
        while done < times {
            let start = Instant::now();
            match arena.round(fault) {
                Ok(round) => {
                    all = all.worse(round);
                    done += 1;
                }
                Err(error) => {
                    spoilt += 1;
                    excuse(&arena, start, spoilt, error).with_context(|| fault.to_string())?;
                }
            }
        }
        report(&arena, fault, times, &all);
    }
    Ok(())
}

/// Lets an error pass that the machine itself may have made.
fn excuse(arena: &Arena, start: Instant, spoilt: usize, error: anyhow::Error) -> Result<()> {
    let stall = arena.stall_since(start);
    if stall.is_zero() || spoilt > SPOILT {
        return Err(error.context(format!("the machine stood still for {stall:?}")));
    }
    println!("repeated, for the machine stood still for {stall:?}: {error:#}");
    Ok(())
}

fn report(arena: &Arena, fault: Fault, times: usize, all: &Round) {
    let setup = arena.setup();
    println!(
        "{fault}, {times} times, version {}, advert_int {:?}: {} questions, none answered by two \
         after the fault, nobody else speaks; silence <= {:.1?} (Active_Down_Interval {:.1?}); on \
         return two for <= {:.1?}, the lower one silent <= {:.1?} after the advert",
        setup.version,
        setup.interval(),
        all.questions,
        all.silence,
        setup.active_down_interval(1),
        all.two,
        all.yielded,
    );
}
