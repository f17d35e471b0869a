//! The `vrrp_script`s that run.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::config::model::{self, Config, Instance};
use crate::dump::Run;
use crate::script::Script;
use crate::track::script::{Verdict, Watch};
use crate::track::standing::{Kind, Tracked};

/// Scripts that some instance tracks.
#[derive(Debug)]
pub(super) struct Scripts {
    watches: BTreeMap<String, Watch>,
    sender: UnboundedSender<Verdict>,
    verdicts: UnboundedReceiver<Verdict>,
    /// What a previous process knew of scripts that do not run here yet.
    inherited: BTreeMap<String, bool>,
}

impl Scripts {
    /// None yet. Those that `inherited` names begin with that verdict.
    pub(super) fn new(inherited: BTreeMap<String, bool>) -> Self {
        let (sender, verdicts) = mpsc::unbounded_channel();
        Self {
            watches: BTreeMap::new(),
            sender,
            verdicts,
            inherited,
        }
    }

    /// What is known of each.
    pub(super) fn known(&self) -> BTreeMap<String, bool> {
        let watches = self.watches.iter();
        watches
            .filter_map(|(name, watch)| Some((name.clone(), watch.up?)))
            .collect()
    }

    /// How far each is that runs.
    pub(super) fn runs(&self) -> BTreeMap<String, Run> {
        let run = |watch: &Watch| Run {
            up: watch.up,
            result: watch.count(),
            running: watch.is_running(),
        };
        let watches = self.watches.iter();
        watches
            .map(|(name, watch)| (name.clone(), run(watch)))
            .collect()
    }

    /// Starts scripts that some instance tracks, keeps those that have not changed, ends the rest.
    pub(super) fn follow(&mut self, config: &Config) {
        let tracked: BTreeSet<usize> = config
            .instances
            .iter()
            .flat_map(|instance| instance.track_scripts.iter().map(|track| track.script))
            .collect();
        let mut before = std::mem::take(&mut self.watches);
        for settings in tracked
            .into_iter()
            .filter_map(|index| config.scripts.get(index))
        {
            let watch = match before.remove(&settings.name) {
                Some(watch) if watch.settings == *settings => Some(watch),
                old => {
                    let inherited = self.inherited.remove(&settings.name);
                    let known = old.and_then(|watch| watch.up).or(inherited);
                    self.start(config, settings, known)
                }
            };
            if let Some(watch) = watch {
                self.watches.insert(settings.name.clone(), watch);
            }
        }
    }

    /// Ends all scripts.
    pub(super) fn clear(&mut self) {
        self.watches.clear();
    }

    /// Waits for a verdict that has changed. Can be cancelled without losing one.
    pub(super) async fn next(&mut self) -> Option<Verdict> {
        self.verdicts.recv().await
    }

    /// Takes note of a verdict.
    pub(super) fn note(&mut self, verdict: &Verdict) {
        if let Some(watch) = self.watches.get_mut(&verdict.script) {
            watch.up = Some(verdict.up);
        }
    }

    /// What `instance` tracks of them.
    pub(super) fn tracked_by<'a>(
        &'a self,
        config: &'a Config,
        instance: &'a Instance,
    ) -> impl Iterator<Item = Tracked<'a>> + 'a {
        instance.track_scripts.iter().filter_map(|track| {
            let script = config.scripts.get(track.script)?;
            let watch = self.watches.get(&script.name);
            // A script that cannot even be run has failed.
            let up = watch.map_or(Some(false), |watch| watch.up);
            Some(Tracked {
                kind: Kind::Script,
                name: &script.name,
                weight: track.weight,
                up,
            })
        })
    }

    fn start(
        &self,
        config: &Config,
        settings: &model::Script,
        known: Option<bool>,
    ) -> Option<Watch> {
        match Script::new(&settings.command, config.global.script_user.as_ref()) {
            Ok(script) => Some(Watch::start(
                settings.clone(),
                script,
                known,
                self.sender.clone(),
            )),
            Err(error) => {
                log::error!("vrrp_script {} cannot run: {error}", settings.name);
                None
            }
        }
    }
}
