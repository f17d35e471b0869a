//! Files with a number.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use ha_common::Nanos;

use crate::track::file;
use crate::track::watch::Watch;
use crate::track::watched::Watched;

/// How often a file is read that nobody tells of.
const BEAT: Duration = Duration::from_secs(1);

/// Which file of those that were ever followed.
type Key = u64;

/// The files that are followed.
#[derive(Debug, Default)]
pub(super) struct Files {
    files: BTreeMap<Key, Followed>,
    watched: Watched<Key>,
    next_key: Key,
    next_beat: Option<Nanos>,
}

#[derive(Debug)]
struct Followed {
    path: PathBuf,
    /// `None` before it has been read.
    number: Option<i32>,
    told: Option<i32>,
}

impl Files {
    /// Follows these, with the numbers that are known, and no others.
    pub(super) fn follow(&mut self, wanted: BTreeMap<PathBuf, Option<i32>>) {
        let gone = self.files.iter();
        let gone = gone.filter(|(_, file)| !wanted.contains_key(&file.path));
        let gone: Vec<Key> = gone.map(|(key, _)| *key).collect();
        for key in gone {
            self.files.remove(&key);
            self.watched.forget(key);
        }
        for (path, told) in wanted {
            if self.files.values().any(|file| file.path == path) {
                continue;
            }
            let number = None;
            let followed = Followed { path, number, told };
            self.files.insert(self.next_key, followed);
            self.read(self.next_key);
            self.next_key += 1;
        }
    }

    /// Reads what has changed, and everything when it is time.
    pub(super) fn look(&mut self, now: Nanos) {
        for key in self.watched.changed() {
            self.read(key);
        }
        if self.next_beat.is_some_and(|beat| beat <= now) {
            let keys: Vec<Key> = self.files.keys().copied().collect();
            for key in keys {
                self.read(key);
            }
            self.next_beat = None;
        }
        self.next_beat = match self.files.is_empty() {
            true => None,
            false => self.next_beat.or(Some(now + BEAT)),
        };
    }

    /// When [`Self::look`] is to be called, if nothing changes.
    pub(super) const fn next_deadline(&self) -> Option<Nanos> {
        self.next_beat
    }

    /// What becomes readable when something changes.
    pub(super) const fn watch(&self) -> Option<&Watch<Key>> {
        self.watched.watch()
    }

    /// Numbers that have changed since this was asked last.
    pub(super) fn news(&mut self) -> Vec<(PathBuf, i32)> {
        let news = |file: &mut Followed| {
            let number = file.number?;
            let before = file.told.replace(number);
            (before != Some(number)).then(|| {
                if before.is_some() {
                    log::info!("the number in {} is now {number}", file.path.display());
                }
                (file.path.clone(), number)
            })
        };
        self.files.values_mut().filter_map(news).collect()
    }

    /// Watched before it is read, so that nothing is missed in between.
    fn read(&mut self, key: Key) {
        if let Some(file) = self.files.get_mut(&key) {
            self.watched.follow(key, &file.path, |_| Ok(()));
            file.number = Some(file::number(&file.path));
        }
    }
}
