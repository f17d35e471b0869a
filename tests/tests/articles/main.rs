//! The five articles that the product answers, played in labs with their configuration as printed.
//!
//! The texts are those that the parser is tested with, in `ha-user/tests/config`. Every story is
//! told of Debian's keepalived first: what it does is the expectation. Then vipd must do the same,
//! with its data path and without. Interfaces and addresses are those of the articles; mail
//! addresses are of example.org. `xdp { mode off }`, where it is tested, stands in a block of its
//! own after the printed text.

mod fifth;
mod first;
mod fourth;
mod second;
mod third;

use std::path::PathBuf;
use std::thread;

use anyhow::{Context, Error, Result};
use ha_tests::lab::Tools;
use ha_tests::pair::Make;

/// Tells `story` of every make, side by side, each in a lab of its own.
fn tell(story: impl Fn(Make) -> Result<()> + Sync) {
    let story = &story;
    let failures = thread::scope(|scope| {
        let told = Make::ALL.map(|make| (make, scope.spawn(move || story(make))));
        let ended = told.map(|(make, thread)| (make, thread.join()));
        let failures = ended.into_iter().filter_map(|(make, result)| {
            let error = match result {
                Ok(result) => result.err()?,
                Err(_) => Error::msg("panicked"),
            };
            Some(format!("=== {make}: {error:#}"))
        });
        failures.collect::<Vec<_>>()
    });
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// Path of the nginx that stands in for those that the articles build.
fn nginx() -> Result<PathBuf> {
    Tools::nginx().context("HA_NGINX is not set: start this through cargo xtask test")
}
