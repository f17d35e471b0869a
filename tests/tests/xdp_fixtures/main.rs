//! Frames through the programs, one for each thing that can happen to them.

mod acceptance;
mod addresses;
mod adverts;
mod adverts_ipv6;
mod behaviour;
mod complexity;
mod egress;
mod fixture;
mod flood;
mod foreign;
mod groups;
mod ignored;
mod ipv6;
mod links;
mod log;
mod oracle;
mod policies;
mod random;
mod refusals;
mod services;

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use ha_common::Reason;
use ha_tests::xdp::{Director, can_run};
use ha_user::datapath::{Hook, LoadOptions};

use fixture::Fixture;

fn fixtures() -> impl Iterator<Item = Fixture> {
    foreign::fixtures()
        .chain(adverts::fixtures())
        .chain(groups::fixtures())
        .chain(ignored::fixtures())
        .chain(addresses::fixtures())
        .chain(acceptance::fixtures())
        .chain(policies::fixtures())
        .chain(services::fixtures())
        .chain(adverts_ipv6::fixtures())
        .chain(ipv6::incoming())
        .chain(links::incoming())
}

/// What comes in means the same at both hooks.
fn every_fixture() -> impl Iterator<Item = (Hook, Fixture)> {
    let incoming = [Hook::Xdp, Hook::Ingress]
        .into_iter()
        .flat_map(|hook| fixtures().map(move |fixture| (hook, fixture)));
    incoming
        .chain(
            egress::fixtures()
                .chain(ipv6::outgoing())
                .chain(links::outgoing())
                .map(|fixture| (Hook::Egress, fixture)),
        )
        .filter(|(hook, fixture)| can_run(*hook, &fixture.frame))
}

#[test]
fn every_reason_has_a_fixture_that_yields_it() -> Result<()> {
    let mut director = Director::new(LoadOptions::default())?;
    let mut seen = BTreeSet::new();
    for (hook, fixture) in every_fixture() {
        director.hook = hook;
        let outcome = fixture.run(&mut director);
        seen.insert(outcome.with_context(|| format!("{} at {hook:?}", fixture.name))?);
    }
    let unseen = |reason: &&Reason| !seen.contains(*reason) && !flood::YIELDS.contains(*reason);
    let unseen: Vec<_> = Reason::ALL.iter().filter(unseen).collect();
    assert!(unseen.is_empty(), "no fixture yields {unseen:?}");
    Ok(())
}
