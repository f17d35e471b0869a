//! When a worker writes down what it leaves behind.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Worker;
use crate::daemon::testament::{Farewell, Will};

/// How many times as long as it takes to write down what servers are like, more of the same is waited for:
/// tens of thousands may go bad in a second, and all of them are written down each time.
const PATIENCE: u32 = 10;
/// Shorter waits are none: nothing of a few servers is told twice if this process dies.
const MOMENT: Duration = Duration::from_millis(2);

/// Waits until what was found is to be written down, if anything was. Can be cancelled.
pub(super) async fn is_due(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

impl Worker<'_> {
    /// What was told of a server is written down, where there are many soon: should this process die
    /// before, the next one tells it again.
    pub(super) fn testament_changes(&mut self) {
        let wait = self.testament_cost.saturating_mul(PATIENCE);
        if wait < MOMENT {
            return self.write_testament();
        }
        self.testament_at
            .get_or_insert_with(|| Instant::now() + wait);
    }

    /// Writes down what would have to be known if this process died now.
    pub(super) fn write_testament(&mut self) {
        let begun = Instant::now();
        self.testament_at = None;
        if let Some(testament) = &mut self.testament {
            let plans = self.routers.iter().map(|(_, known)| &known.plan);
            testament.write(&Will {
                farewells: plans.map(Farewell::of).collect(),
                known: self.trackers.known(),
                initialized: self.initial_files.paths().clone(),
                fifos: self.fifos.left().clone(),
                shutdown: self.shutdown.clone(),
                opening: Some(self.opening),
            });
        }
        self.testament_cost = begun.elapsed();
    }
}
