//! Frames through the XDP program, one for each thing that can happen to them.

mod addresses;
mod adverts;
mod behaviour;
mod fixture;
mod foreign;
mod log;
mod policies;
mod random;

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use ha_common::Reason;
use ha_tests::xdp::Director;
use ha_user::datapath::LoadOptions;

use fixture::Fixture;

fn fixtures() -> impl Iterator<Item = Fixture> {
    foreign::fixtures()
        .chain(adverts::fixtures())
        .chain(addresses::fixtures())
        .chain(policies::fixtures())
}

#[test]
fn every_reason_has_a_fixture_that_yields_it() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    let mut seen = BTreeSet::new();
    for fixture in fixtures() {
        seen.insert(fixture.run(&mut director).context(fixture.name)?);
    }
    let unseen: Vec<_> = Reason::ALL
        .iter()
        .filter(|reason| !seen.contains(reason) && !reason.name().starts_with("out_"))
        .collect();
    assert!(unseen.is_empty(), "no fixture yields {unseen:?}");
    Ok(())
}
