//! What the main loop has probed: the `vrrp_check`s that instances track, and the services.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use tokio::sync::oneshot;

use super::beside::Beside;
use super::health::{self, Assignment, News, Order, Summary, Verdict, Wanted, WantedService};
use crate::config::model::check::VrrpCheck;
use crate::config::model::{Config, Instance};
use crate::datapath::ServiceTable;
use crate::track::standing::{Kind, Tracked};

/// Checks that some instance tracks.
#[derive(Debug)]
pub(super) struct Checks {
    /// Started when there is something to do for the first time.
    thread: Option<Beside<Order, News>>,
    /// What is thought of each.
    known: BTreeMap<String, Option<bool>>,
    /// What a previous process knew of checks that do not run here yet.
    inherited: BTreeMap<String, bool>,
}

impl Checks {
    /// None yet. Those that `inherited` names begin with that verdict.
    pub(super) const fn new(inherited: BTreeMap<String, bool>) -> Self {
        Self {
            thread: None,
            known: BTreeMap::new(),
            inherited,
        }
    }

    /// What is known of each.
    pub(super) fn known(&self) -> BTreeMap<String, bool> {
        let known = self.known.iter();
        known
            .filter_map(|(name, up)| Some((name.clone(), (*up)?)))
            .collect()
    }

    /// Has those probed that some instance tracks, and `services`, which `table` gates, and no others.
    pub(super) fn follow(
        &mut self,
        config: &Config,
        services: Vec<WantedService>,
        table: Option<ServiceTable>,
    ) {
        let tracked = config.instances.iter().flat_map(|one| &one.track_checks);
        let tracked: BTreeSet<usize> = tracked.map(|track| track.check).collect();
        let checks = tracked
            .into_iter()
            .filter_map(|index| config.checks.get(index));
        let checks: Vec<_> = checks.map(|check| self.want(check)).collect();
        self.known = checks
            .iter()
            .map(|one| (one.name.clone(), one.known))
            .collect();
        if self.thread.is_none() && !(checks.is_empty() && services.is_empty()) {
            self.thread = start();
        }
        if let Some(thread) = &self.thread {
            thread.send(Order::Follow(Box::new(Assignment {
                checks,
                services,
                table,
                script_user: config.global.script_user.clone(),
                ssl: config.ssl.clone(),
            })));
        }
    }

    /// Has a service, by its name, suspended or not.
    pub(super) fn suspend(&self, service: String, suspended: bool) {
        if let Some(thread) = &self.thread {
            thread.send(Order::Suspend(service, suspended));
        }
    }

    /// Ends all probes.
    pub(super) fn clear(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.send(Order::Stop);
        }
    }

    /// Waits for news. Can be cancelled without losing any.
    ///
    /// # Errors
    /// Nobody looks after the probes any more.
    pub(super) async fn next(&mut self) -> Result<News> {
        let news = Beside::next(self.thread.as_mut()).await;
        news.context("the health thread has ended by itself")
    }

    /// Takes note of a verdict.
    pub(super) fn note(&mut self, verdict: &Verdict) {
        if let Some(known) = self.known.get_mut(&verdict.name) {
            *known = Some(verdict.up);
        }
    }

    /// What `instance` tracks of them.
    pub(super) fn tracked_by<'a>(
        &'a self,
        config: &'a Config,
        instance: &'a Instance,
    ) -> impl Iterator<Item = Tracked<'a>> + 'a {
        instance.track_checks.iter().filter_map(|track| {
            let check = config.checks.get(track.check)?;
            let known = self
                .known
                .get(&check.name)
                .filter(|_| self.thread.is_some());
            // What cannot even be probed has failed.
            let up = known.map_or(Some(false), |up| *up);
            Some(Tracked {
                kind: Kind::Check,
                name: &check.name,
                weight: track.weight,
                up,
            })
        })
    }

    /// Asks what is known of every probe; `None` where there are none.
    pub(super) fn inquire(&self) -> Option<oneshot::Receiver<Summary>> {
        Some(self.thread.as_ref()?.ask(Order::Inquire))
    }

    /// Asks whether the health thread goes round; `None` where there is none.
    pub(super) fn answer(&self) -> Option<oneshot::Receiver<()>> {
        Some(self.thread.as_ref()?.ask(Order::Answer))
    }

    fn want(&mut self, check: &VrrpCheck) -> Wanted {
        let inherited = self.inherited.remove(&check.name);
        let known = self.known.get(&check.name).copied().flatten();
        // `init_fail` and the like say what holds before anything is known.
        let assumed = || {
            let all = check.checks.iter();
            all.map(|one| one.rhythm.assumed)
                .find(|assumed| *assumed == Some(false))
                .flatten()
        };
        Wanted {
            name: check.name.clone(),
            checks: check.checks.clone(),
            known: known.or(inherited).or_else(assumed),
        }
    }
}

fn start() -> Option<Beside<Order, News>> {
    let complain = |error: &anyhow::Error| log::error!("nothing can be probed: {error:#}");
    Beside::start(health::start).inspect_err(complain).ok()
}
