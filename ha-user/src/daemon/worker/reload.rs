//! Taking a new configuration in, for good or on trial.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Worker;
use crate::config::difference;
use crate::config::model::Config;
use crate::control::protocol::{Difference, Reloading, Response};
use crate::daemon::configuration::{self, Reread};
use crate::daemon::link::Word;
use crate::daemon::{gate, plan};
use crate::net::clock;

/// A configuration that is in force until somebody confirms it, or time is up.
pub(super) struct Trial {
    until: Instant,
    /// What is in force again then.
    before: Config,
}

impl Trial {
    /// Waits for the end of the time, if there is a trial at all. Can be cancelled.
    pub(super) async fn is_over(trial: Option<&Self>) {
        match trial {
            Some(trial) => sleep_until(trial.until).await,
            None => std::future::pending().await,
        }
    }
}

impl Worker<'_> {
    /// Reads the file again. It is taken if it has no errors; what is the same in it goes on. After
    /// `trial`, what is in force now is so again.
    pub(super) async fn reload(&mut self, trial: Option<Duration>) -> Reloading {
        log::info!("Reloading {}", self.options.config.display());
        self.supervisor.say(&Word::Reloading).await;
        let Reread { config, remarks } = configuration::at_reload(self.options);
        let refused = match config {
            Ok(config) => {
                self.begin_trial(trial);
                self.take_config(config);
                None
            }
            Err(reason) => Some(reason),
        };
        if let Some(reason) = &refused {
            log::error!("{reason}; the running configuration stays in force");
        }
        self.supervisor.say(&Word::Reloaded).await;
        let remarks = remarks.iter().map(ToString::to_string).collect();
        Reloading { refused, remarks }
    }

    /// What is confirmed already is what a second trial goes back to, too.
    fn begin_trial(&mut self, length: Option<Duration>) {
        let confirmed = self.trial.take().map(|trial| trial.before);
        self.trial = length.map(|length| Trial {
            until: Instant::now() + length,
            before: confirmed.unwrap_or_else(|| self.config.clone()),
        });
    }

    /// Stays with the configuration that is on trial.
    pub(super) fn confirm(&mut self) -> Response {
        match self.trial.take() {
            Some(_) => {
                log::info!("the new configuration is confirmed");
                Response::Done
            }
            None => Response::Error("no configuration is on trial".to_owned()),
        }
    }

    /// Nobody has confirmed it.
    pub(super) fn go_back(&mut self) {
        if let Some(trial) = self.trial.take() {
            log::warn!(
                "the new configuration was not confirmed in time: the one before is in force again, \
                 {} is as it is",
                self.options.config.display()
            );
            self.take_config(trial.before);
        }
    }

    /// What a reload would change.
    pub(super) fn compare(&self) -> Response {
        let Reread { config, remarks } = configuration::for_comparison(self.options);
        let remarks = remarks.iter().map(ToString::to_string).collect();
        let config = match config {
            Ok(config) => config,
            Err(refused) => {
                return Response::Difference(Difference {
                    refused: Some(refused),
                    remarks,
                    ..Difference::default()
                });
            }
        };
        let lines = match difference(&self.config, &config) {
            Ok(lines) => lines,
            Err(error) => return Response::Error(error.to_string()),
        };
        let plans = plan::plan(&config, self.monitor.links());
        let after: BTreeSet<_> = plans
            .iter()
            .map(|plan| (&plan.identity, &plan.name))
            .collect();
        let known = self.routers.iter().map(|(_, known)| &known.plan);
        let before: BTreeSet<_> = known.map(|plan| (&plan.identity, &plan.name)).collect();
        let names = |these: BTreeSet<(_, &String)>| {
            these.into_iter().map(|(_, name)| name.clone()).collect()
        };
        Response::Difference(Difference {
            refused: None,
            remarks,
            lines,
            leaving: names(&before - &after),
            beginning: names(&after - &before),
        })
    }

    fn take_config(&mut self, mut config: Config) {
        config.keep_equals(&self.config);
        if config.xdp.mode != self.config.xdp.mode {
            log::warn!(
                "the xdp mode takes effect at the next start: attaching takes longer than a reload \
                 may"
            );
        }
        gate::apply(self.adverts.records.gate(), &config.xdp);
        self.opening.follow(config.opening, clock::now());
        self.keep_removed(&config);
        self.config = config;
        self.fifos.follow(&self.config, true);
        self.look_after_config();
        self.keep_priorities();
        self.tell_states_again();
    }
}
