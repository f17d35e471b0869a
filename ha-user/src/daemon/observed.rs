//! What the main loop has observed: numbers in files, and processes, that instances track.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::beside::Beside;
use super::observer::{self, Assignment, News, Order};
use crate::config::model::process::TrackProcess;
use crate::config::model::{Config, Instance};
use crate::track::file;
use crate::track::process::Wanted;
use crate::track::standing::{Kind, Tracked};

/// Files and processes that some instance tracks.
#[derive(Debug)]
pub(super) struct Observed {
    /// Started when there is something to do for the first time.
    thread: Option<Beside<Order, News>>,
    numbers: BTreeMap<PathBuf, Option<i32>>,
    quorums: BTreeMap<String, Option<bool>>,
    inherited: Inherited,
}

/// What a previous process knew of what is not observed here yet.
#[derive(Debug, Default)]
pub(super) struct Inherited {
    /// Numbers, by file.
    pub(super) numbers: BTreeMap<PathBuf, i32>,
    /// Whether there are enough processes, by name of their block.
    pub(super) quorums: BTreeMap<String, bool>,
}

impl Observed {
    /// Nothing yet.
    pub(super) const fn new(inherited: Inherited) -> Self {
        Self {
            thread: None,
            numbers: BTreeMap::new(),
            quorums: BTreeMap::new(),
            inherited,
        }
    }

    /// What is known of each file.
    pub(super) fn numbers(&self) -> BTreeMap<PathBuf, i32> {
        let numbers = self.numbers.iter();
        numbers
            .filter_map(|(path, number)| Some((path.clone(), (*number)?)))
            .collect()
    }

    /// What is known of each process.
    pub(super) fn quorums(&self) -> BTreeMap<String, bool> {
        let quorums = self.quorums.iter();
        quorums
            .filter_map(|(name, up)| Some((name.clone(), (*up)?)))
            .collect()
    }

    /// Has observed what some instance tracks, and nothing else.
    pub(super) fn follow(&mut self, config: &Config) {
        let assignment = Assignment {
            files: self.files(config),
            processes: self.processes(config),
        };
        self.numbers.clone_from(&assignment.files);
        let processes = assignment.processes.iter();
        self.quorums = processes
            .map(|wanted| (wanted.settings.name.clone(), wanted.known))
            .collect();
        let is_wanted = !(self.numbers.is_empty() && self.quorums.is_empty());
        if self.thread.is_none() && is_wanted {
            self.thread = start();
        }
        if let Some(thread) = &self.thread {
            thread.send(Order::Follow(assignment));
        }
    }

    /// Ends it.
    pub(super) fn clear(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.send(Order::Stop);
        }
    }

    /// Waits for news. Can be cancelled without losing any.
    ///
    /// # Errors
    /// Nobody observes any more.
    pub(super) async fn next(&mut self) -> Result<News> {
        let news = Beside::next(self.thread.as_mut()).await;
        news.context("the observer thread has ended by itself")
    }

    /// Takes note of what has changed.
    pub(super) fn note(&mut self, news: News) {
        match news {
            News::Number(path, number) => {
                if let Some(known) = self.numbers.get_mut(&path) {
                    *known = Some(number);
                }
            }
            News::Quorum(verdict) => {
                if let Some(known) = self.quorums.get_mut(&verdict.name) {
                    *known = Some(verdict.up);
                }
            }
        }
    }

    /// What `instance` tracks of it.
    pub(super) fn tracked_by<'a>(
        &'a self,
        config: &'a Config,
        instance: &'a Instance,
    ) -> impl Iterator<Item = Tracked<'a>> + 'a {
        let files = instance.track_files.iter().map(|file| {
            let number = self.numbers.get(&file.path).copied().flatten();
            // One that nobody can read is one that cannot be read.
            file::tracked(file, number.or(self.thread.is_none().then_some(0)))
        });
        let processes = instance.track_processes.iter().filter_map(|track| {
            let process = config.processes.get(track.process)?;
            let up = self.quorums.get(&process.name).copied().flatten();
            Some(Tracked {
                kind: Kind::Process,
                name: &process.name,
                weight: track.weight,
                // What cannot even be looked for is not there.
                up: up.or(self.thread.is_none().then_some(false)),
            })
        });
        files.chain(processes)
    }

    fn files(&mut self, config: &Config) -> BTreeMap<PathBuf, Option<i32>> {
        let files = config.instances.iter().flat_map(|one| &one.track_files);
        let paths: BTreeSet<&PathBuf> = files.map(|file| &file.path).collect();
        let wanted = |path: &PathBuf| {
            let inherited = self.inherited.numbers.remove(path);
            let known = self.numbers.get(path).copied().flatten();
            (path.clone(), known.or(inherited))
        };
        paths.into_iter().map(wanted).collect()
    }

    fn processes(&mut self, config: &Config) -> Vec<Wanted> {
        let followed = config.instances.iter().flat_map(|one| &one.track_processes);
        let followed: BTreeSet<usize> = followed.map(|track| track.process).collect();
        let settings = followed
            .into_iter()
            .filter_map(|index| config.processes.get(index));
        let wanted = |settings: &TrackProcess| {
            let inherited = self.inherited.quorums.remove(&settings.name);
            let known = self.quorums.get(&settings.name).copied().flatten();
            Wanted {
                settings: settings.clone(),
                known: known.or(inherited),
            }
        };
        settings.map(wanted).collect()
    }
}

fn start() -> Option<Beside<Order, News>> {
    let complain = |error: &anyhow::Error| {
        log::error!("neither files nor processes can be observed: {error:#}")
    };
    Beside::start(observer::start).inspect_err(complain).ok()
}
