//! What routers stand on besides their own links: scripts, checks, other interfaces, files and processes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::checks::Checks;
use super::health::{self, WantedService};
use super::observed::{Inherited, Observed};
use super::observer;
use super::plan::RouterPlan;
use super::scripts::Scripts;
use crate::config::model::{Config, Instance};
use crate::datapath::ServiceTable;
use crate::dump::Run;
use crate::net::link::Links;
use crate::track::standing::Tracked;
use crate::track::{interface, script, standing};
use crate::vrrp::Standing;

/// What was last known of everything that is tracked, by name: true for good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Known {
    pub(super) scripts: BTreeMap<String, bool>,
    pub(super) checks: BTreeMap<String, bool>,
    pub(super) processes: BTreeMap<String, bool>,
    /// Numbers, by file.
    pub(super) files: BTreeMap<PathBuf, i32>,
}

/// What has changed.
#[derive(Debug)]
pub(super) enum News {
    Script(script::Verdict),
    Health(health::News),
    Observed(observer::News),
}

/// Everything that is tracked.
#[derive(Debug)]
pub(super) struct Trackers {
    scripts: Scripts,
    pub(super) checks: Checks,
    observed: Observed,
}

impl Trackers {
    /// Nothing yet. What `inherited` names begins with that verdict.
    pub(super) fn new(inherited: Known) -> Self {
        Self {
            scripts: Scripts::new(inherited.scripts),
            checks: Checks::new(inherited.checks),
            observed: Observed::new(Inherited {
                numbers: inherited.files,
                quorums: inherited.processes,
            }),
        }
    }

    /// What is known of everything.
    pub(super) fn known(&self) -> Known {
        Known {
            scripts: self.scripts.known(),
            checks: self.checks.known(),
            processes: self.observed.quorums(),
            files: self.observed.numbers(),
        }
    }

    /// How far each script is that runs.
    pub(super) fn script_runs(&self) -> BTreeMap<String, Run> {
        self.scripts.runs()
    }

    /// Has what some instance tracks looked at, and `services`, which `table` gates; keeps what has not
    /// changed, ends the rest.
    pub(super) fn follow(
        &mut self,
        config: &Config,
        services: Vec<WantedService>,
        table: Option<ServiceTable>,
    ) {
        self.scripts.follow(config);
        self.checks.follow(config, services, table);
        self.observed.follow(config);
    }

    /// Ends everything.
    pub(super) fn clear(&mut self) {
        self.scripts.clear();
        self.checks.clear();
        self.observed.clear();
    }

    /// Waits for news. Can be cancelled without losing any.
    ///
    /// # Errors
    /// Nobody looks any more.
    pub(super) async fn next(&mut self) -> Result<News> {
        tokio::select! {
            Some(verdict) = self.scripts.next() => Ok(News::Script(verdict)),
            news = self.checks.next() => news.map(News::Health),
            news = self.observed.next() => news.map(News::Observed),
        }
    }

    /// Takes note of a script's verdict.
    pub(super) fn note_script(&mut self, verdict: &script::Verdict) {
        self.scripts.note(verdict);
    }

    /// Takes note of a check's verdict.
    pub(super) fn note_check(&mut self, verdict: &health::Verdict) {
        self.checks.note(verdict);
    }

    /// Takes note of a file's number, or a process's quorum.
    pub(super) fn note_observed(&mut self, news: observer::News) {
        self.observed.note(news);
    }

    /// How a router stands on its link and on what it tracks.
    pub(super) fn stand(&self, config: &Config, links: &Links, plan: &RouterPlan) -> Standing {
        let tracked = config
            .instance(&plan.name)
            .into_iter()
            .flat_map(|instance| self.tracked_by(config, links, instance));
        standing::sum(plan.fault.is_some(), tracked)
    }

    /// Everything that `instance` tracks.
    pub(super) fn tracked_by<'a>(
        &'a self,
        config: &'a Config,
        links: &'a Links,
        instance: &'a Instance,
    ) -> impl Iterator<Item = Tracked<'a>> {
        let scripts = self.scripts.tracked_by(config, instance);
        let checks = self.checks.tracked_by(config, instance);
        let interfaces = interface::tracked_by(instance, links);
        let observed = self.observed.tracked_by(config, instance);
        scripts.chain(checks).chain(interfaces).chain(observed)
    }
}
