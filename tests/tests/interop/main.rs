//! vipd and Debian's keepalived 2.2.7 as each other's peer, in both roles.
//!
//! One story for every version, interval and role: election, the Active killed, its return (which
//! preempts), its graceful stop. All the time somebody asks every millisecond who answers.

mod acceptance;
mod dumps;
mod groups;
mod ipv6;
mod manners;
mod ownership;
mod patience;
mod profile;
mod story;
mod wire;

use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};
use ha_tests::pair::Make;

use self::profile::Profile;

/// Who has the higher priority, and who the lower one.
const ROLES: [[Make; 2]; 4] = [
    [Make::Vipd, Make::Keepalived],
    [Make::Keepalived, Make::Vipd],
    [Make::VipdWithoutXdp, Make::Keepalived],
    [Make::Keepalived, Make::VipdWithoutXdp],
];

#[test]
fn version_2_with_a_password_every_second() -> Result<()> {
    side_by_side(&Profile::v2(Duration::from_secs(1)))
}

#[test]
fn version_3_every_second() -> Result<()> {
    side_by_side(&Profile::v3(Duration::from_secs(1)))
}

#[test]
fn version_3_every_100_ms() -> Result<()> {
    one_by_one(&Profile::v3(Duration::from_millis(100)))
}

#[test]
fn version_3_every_10_ms() -> Result<()> {
    one_by_one(&Profile::v3(Duration::from_millis(10)))
}

#[test]
fn a_lower_master_is_left_alone_for_the_delay() -> Result<()> {
    ROLES.into_iter().try_for_each(patience::is_shown)
}

#[test]
fn routers_of_ipv6_every_100_ms() -> Result<()> {
    at_once(ROLES, ipv6::is_shared)
}

/// All roles at a time: what is measured is long against what their labs do to each other.
fn side_by_side(profile: &Profile) -> Result<()> {
    at_once(ROLES, |makes| story::tell(profile, makes))
}

/// Plays all of `cases` at a time, each in a lab of its own.
fn at_once<Case: Send, const N: usize>(
    cases: [Case; N],
    play: impl Fn(Case) -> Result<()> + Sync,
) -> Result<()> {
    let play = &play;
    thread::scope(|scope| {
        let labs = cases.map(|case| scope.spawn(move || play(case)));
        let ended = labs.map(thread::ScopedJoinHandle::join);
        let mut results = ended.into_iter();
        results.try_for_each(|result| result.unwrap_or_else(|_| bail!("a story panicked")))
    })
}

fn one_by_one(profile: &Profile) -> Result<()> {
    ROLES
        .into_iter()
        .try_for_each(|makes| story::tell(profile, makes))
}
