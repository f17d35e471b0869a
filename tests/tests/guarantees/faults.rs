//! Faults of the Active director: nobody answers or speaks beside its successor, which comes in
//! time; nor does anybody when it comes back.

use anyhow::Result;
use ha_tests::watched::Setup;

use crate::arena::{Arena, Fault, Round};
use crate::excuse::Excuses;
use crate::manner::Manner;

const TENTH: Setup = Setup {
    version: 3,
    interval_ms: 100,
    preempt: true,
    priorities: [150, 100],
    xdp: Some("native"),
};
const THREE: Setup<3> = Setup {
    version: 3,
    interval_ms: 50,
    preempt: true,
    priorities: [150, 100, 50],
    xdp: Some("native"),
};

#[test]
fn faults_at_a_tenth_of_a_second() -> Result<()> {
    every_fault(TENTH, Manner::Plain, 4)
}

#[test]
fn faults_at_a_hundredth_of_a_second() -> Result<()> {
    let setup = Setup {
        interval_ms: 10,
        ..TENTH
    };
    every_fault(setup, Manner::Plain, 6)
}

#[test]
fn faults_in_version_2_with_a_password() -> Result<()> {
    let setup = Setup {
        version: 2,
        interval_ms: 1000,
        ..TENTH
    };
    every_fault(setup, Manner::Password, 1)
}

#[test]
fn faults_among_three_directors() -> Result<()> {
    every_fault(THREE, Manner::Plain, 2)
}

#[test]
fn faults_of_unicast_peers() -> Result<()> {
    every_fault(THREE, Manner::Unicast, 2)
}

#[test]
fn faults_of_several_routers_on_an_interface() -> Result<()> {
    every_fault(TENTH, Manner::Crowd, 1)
}

/// Makes every fault `times` times.
fn every_fault<const N: usize>(setup: Setup<N>, manner: Manner, times: usize) -> Result<()> {
    let mut arena = Arena::new(setup, manner)?;
    let mut excuses = Excuses::default();
    for fault in Fault::ALL {
        let mut all = Round::default();
        for _ in 0..times {
            let round =
                excuses.try_on(&fault, &mut arena, Arena::eyes, |arena| arena.round(fault))?;
            all = all.worse(round);
        }
        println!(
            "{N} directors, {manner}, {}",
            describe(&arena, fault, times, &all)
        );
    }
    Ok(())
}

fn describe<const N: usize>(arena: &Arena<N>, fault: Fault, times: usize, all: &Round) -> String {
    let setup = arena.setup();
    format!(
        "version {}, advert_int {:?}, {times} x {fault}: {} questions, none answered by two after \
         the fault, nobody else speaks; silence <= {:.1?} (Active_Down_Interval {:.1?}); on return \
         two for <= {:.1?}, the lower one silent <= {:.1?} after the advert; DUAL_ACTIVE {} times",
        setup.version,
        setup.interval(),
        all.questions,
        all.silence,
        setup.active_down_interval(1),
        all.two,
        all.yielded,
        all.dual_active,
    )
}
