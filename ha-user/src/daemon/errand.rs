//! The operator's `startup_script` and `shutdown_script`, which the supervisor runs: there is no
//! worker yet, or none any more.

use std::pin::Pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::model::{self, Config};
use crate::script::{Outcome, Script};

/// The command before everything else, which runs once.
#[derive(Default)]
pub(super) struct Beginning {
    running: Option<Pin<Box<dyn Future<Output = ()>>>>,
    over: bool,
}

impl Beginning {
    /// One that has been, under the program before.
    pub(super) fn over() -> Self {
        Self {
            running: None,
            over: true,
        }
    }

    /// Has `errand` run, unless it does; `true` if it has.
    pub(super) fn want(&mut self, errand: Errand) -> bool {
        if !self.over {
            self.running.get_or_insert_with(|| Box::pin(errand.run()));
        }
        self.over
    }

    /// It has not ended yet.
    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Waits for its end; for ever if it does not run. Can be cancelled.
    pub(super) async fn ended(&mut self) {
        match &mut self.running {
            Some(running) => running.await,
            None => std::future::pending().await,
        }
        self.running = None;
        self.over = true;
    }
}

/// One of them, ready to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Errand {
    /// What it is called in the log.
    name: String,
    script: Script,
    limit: Duration,
}

impl Errand {
    /// `startup_script`.
    pub(super) fn startup(config: &Config) -> Option<Self> {
        Self::of("startup script", config.errands.startup.as_ref()?, config)
    }

    /// `shutdown_script`.
    pub(super) fn shutdown(config: &Config) -> Option<Self> {
        Self::of("shutdown script", config.errands.shutdown.as_ref()?, config)
    }

    fn of(name: &str, errand: &model::errand::Errand, config: &Config) -> Option<Self> {
        let script_user = config.global.script_user.as_ref();
        match Script::new(&errand.command, script_user) {
            Ok(script) => Some(Self {
                name: name.to_owned(),
                script,
                limit: errand.timeout,
            }),
            Err(reason) => {
                log::error!("{name} is not run: {reason}");
                None
            }
        }
    }

    /// Runs it to its end, at most as long as it may take. It ends with whoever does not wait for that.
    pub(super) async fn run(self) {
        let Self {
            name,
            script,
            limit,
        } = self;
        log::info!("Running {name} {}", script.command_line());
        match script.run_on_leash(limit).await {
            outcome if outcome.is_success() => log::info!("{name} succeeded"),
            Outcome::TimedOut => log::warn!("{name} timed out: it was ended after {limit:?}"),
            outcome => log::warn!("{name} failed: it {}", outcome.describe()),
        }
    }
}
