//! Adverts of which there are too many.

use std::thread::sleep;
use std::time::Duration;

use anyhow::Result;
use ha_common::Reason;
use ha_tests::xdp::Director;
use ha_tests::xdp::frame::Advert;
use ha_user::net::clock;

use crate::fixture::{Fixture, Role, Trace};

/// As many adverts as are not too many by any account, and two: for the limit, and for the one in
/// a period that goes on.
const ENOUGH: usize = 12;
/// What is counted is counted by periods of 2^30 ns.
const PERIOD: u64 = 1 << 30;
/// Left of a period, far more than a fixture takes.
const ROOM: u64 = PERIOD / 4;

pub(crate) fn fixtures() -> impl Iterator<Item = Fixture> {
    let refused = Fixture::new(
        "a bad advert too many",
        Reason::AdvertFloodBad,
        Role::Backup,
        bad(),
    );
    let taken = Fixture::new(
        "a valid advert too many",
        Reason::AdvertFloodRepeated,
        Role::Backup,
        valid(),
    );
    [
        refused.prepare(|director| flood(director, &bad())),
        taken
            .prepare(|director| flood(director, &valid()))
            .leaves(Trace::Alive),
    ]
    .into_iter()
}

fn valid() -> Vec<u8> {
    Advert::default().frame()
}

fn bad() -> Vec<u8> {
    Advert {
        ttl: 64,
        ..Advert::default()
    }
    .frame()
}

/// Lets `frame` come in so often that once more is too much, early in a period.
fn flood(director: &mut Director, frame: &[u8]) -> Result<()> {
    director.datapath.gate().set_absorb_above(1);
    let left = PERIOD - clock::now().get() % PERIOD;
    if left < ROOM {
        sleep(Duration::from_nanos(left));
    }
    for _ in 0..ENOUGH {
        director.receive(frame)?;
    }
    Ok(())
}
