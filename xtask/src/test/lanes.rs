//! Lab suites side by side: a lab sleeps most of its time.

use std::iter;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};

use anyhow::Result;

use super::suite::Suite;
use super::tally::Tally;
use crate::artifacts::Artifact;
use crate::lab::Lab;

/// How many suites run at once.
const LANES: usize = 2;

/// Suites that bear another one beside them, the longest first. What is not here has the machine to
/// itself, as a suite must whose subject is a gap of milliseconds: continuity, guarantees, interop.
const SHARED: &[&str] = &[
    "daemon",
    "adversary",
    "articles",
    "net",
    "config_oracle",
    "attach",
    "xdp_fixtures",
];

/// Suites of which two tests run at once, each in labs of its own: what they measure is long against
/// what a neighbour takes from them.
const PAIRED: &[&str] = &["daemon", "interop"];

/// The suites that run in labs.
pub(super) struct Lanes {
    shared: Vec<Suite>,
    alone: Vec<Suite>,
}

impl Lanes {
    /// Gives every suite its place in `lab`.
    pub(super) fn new(lab: &Lab, suites: impl Iterator<Item = Artifact>) -> Self {
        let is_shared = |suite: &Artifact| place(suite).is_some();
        let (mut shared, alone): (Vec<_>, Vec<_>) = suites.partition(is_shared);
        shared.sort_by_key(place);
        let [shared, alone] = [shared, alone].map(|suites| {
            let suites = suites.into_iter();
            let suites = suites.map(|suite| Suite::in_lab(lab, tests_at_once(&suite), suite));
            suites.collect()
        });
        Self { shared, alone }
    }

    /// Runs them all. One or two tests of a suite that failed run once more, with the machine to
    /// themselves.
    ///
    /// # Errors
    /// A suite cannot be started.
    pub(super) fn run(self, filter: Option<&str>) -> Result<Tally> {
        let mut total = Tally::default();
        for ran in side_by_side(self.shared, |suite| suite.run(filter)) {
            total.add(ran?.tally()?);
        }
        for suite in self.alone {
            total.add(suite.run(filter)?.tally()?);
        }
        Ok(total)
    }
}

/// Where in [`SHARED`] a suite is.
fn place(suite: &Artifact) -> Option<usize> {
    SHARED.iter().position(|name| *name == suite.target)
}

fn tests_at_once(suite: &Artifact) -> usize {
    if PAIRED.contains(&&*suite.target) {
        2
    } else {
        1
    }
}

/// Does `work` with each of `items`, in their order, [`LANES`] at a time. What comes of them is in no
/// order.
fn side_by_side<I: Send, O: Send>(items: Vec<I>, work: impl Fn(I) -> O + Sync) -> Vec<O> {
    let waiting = Mutex::new(items.into_iter());
    let next = || {
        waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .next()
    };
    let lane = || iter::from_fn(next).map(&work).collect::<Vec<_>>();
    thread::scope(|scope| {
        let lanes = [(); LANES].map(|()| scope.spawn(lane));
        let ended = lanes.into_iter().map(ScopedJoinHandle::join);
        ended
            .flat_map(|done| done.unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::{Condvar, Mutex};
    use std::time::Duration;

    use super::{PAIRED, SHARED, side_by_side};
    use crate::workspace;

    /// Far more than it takes to start a thread.
    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn two_run_at_once_and_each_runs_once() {
        let meeting = (Mutex::new(0), Condvar::new());
        let meet = |item: u32| {
            let (arrived, changed) = &meeting;
            let mut arrived = arrived.lock().unwrap();
            *arrived += 1;
            changed.notify_all();
            let is_alone = |arrived: &mut u32| *arrived < 2;
            let waited = changed.wait_timeout_while(arrived, PATIENCE, is_alone);
            (item, waited.unwrap().1.timed_out())
        };
        let mut ran = side_by_side(vec![1, 2, 3], meet);
        ran.sort_unstable();
        assert_eq!(ran, [(1, false), (2, false), (3, false)]);
    }

    #[test]
    fn suites_of_which_something_is_said_exist() {
        let manifest = workspace::root().join("tests/Cargo.toml");
        let manifest = fs::read_to_string(manifest).unwrap();
        for suite in [SHARED, PAIRED].concat() {
            assert!(manifest.contains(&format!("name = \"{suite}\"")), "{suite}");
        }
    }
}
