//! Runs a `vrrp_script` again and again, and tells when its verdict changes.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::rise_fall::RiseFall;
use crate::config::model;
use crate::script::Script;

/// Shortest interval between two runs: zero would never let anything else run.
const MIN_INTERVAL: Duration = Duration::from_millis(1);

/// A verdict that has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Name of the script.
    pub script: String,
    /// Whether it is good.
    pub up: bool,
}

/// How far a script is, for people.
#[derive(Debug, Default)]
struct Progress {
    running: AtomicBool,
    count: AtomicU32,
}

/// A script that is run in its interval, until this is dropped.
#[derive(Debug)]
pub struct Watch {
    /// What the file says of it.
    pub settings: model::Script,
    /// Its last verdict.
    pub up: Option<bool>,
    progress: Arc<Progress>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Starts watching. `known` is the verdict from before a reload or a restart.
    #[must_use]
    pub fn start(
        settings: model::Script,
        script: Script,
        known: Option<bool>,
        verdicts: UnboundedSender<Verdict>,
    ) -> Self {
        let mut state = RiseFall::new(settings.rise, settings.fall, settings.init_fail);
        if let Some(up) = known {
            state.assume(up);
        }
        let up = state.is_up();
        let progress = Arc::new(Progress::default());
        progress.count.store(state.count(), Relaxed);
        let seen = Arc::clone(&progress);
        let task = tokio::spawn(watch(settings.clone(), script, state, seen, verdicts));
        Self {
            settings,
            up,
            progress,
            task,
        }
    }

    /// Whether it is being run right now.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.progress.running.load(Relaxed)
    }

    /// Its results so far, as [`RiseFall::count`] counts them.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.progress.count.load(Relaxed)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn watch(
    settings: model::Script,
    script: Script,
    mut state: RiseFall,
    progress: Arc<Progress>,
    verdicts: UnboundedSender<Verdict>,
) {
    let mut ticks = interval(settings.interval.max(MIN_INTERVAL));
    // A run that takes longer than the interval skips runs; it does not pile them up.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut said = None;
    loop {
        ticks.tick().await;
        progress.running.store(true, Relaxed);
        let outcome = script.run_on_leash(settings.timeout).await;
        progress.running.store(false, Relaxed);
        if said != Some(outcome) {
            log::debug!("Script `{}` {}", settings.name, outcome.describe());
            said = Some(outcome);
        }
        let changed = state.take(outcome.is_success());
        progress.count.store(state.count(), Relaxed);
        if !changed {
            continue;
        }
        let up = outcome.is_success();
        if up {
            log::info!("VRRP_Script({}) succeeded", settings.name);
        } else {
            log::info!(
                "VRRP_Script({}) failed ({})",
                settings.name,
                outcome.describe()
            );
        }
        if verdicts
            .send(Verdict {
                script: settings.name.clone(),
                up,
            })
            .is_err()
        {
            return;
        }
    }
}
