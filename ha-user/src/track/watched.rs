//! Files that are watched, as long as the kernel lets us: who looks at them now and then anyway sees
//! changes sooner.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::watch::Watch;

/// The files of whoever has a `Key`.
#[derive(Debug)]
pub struct Watched<Key> {
    /// While there is something to watch, and the kernel lets us.
    watch: Option<Watch<Key>>,
    has_complained: bool,
}

impl<Key> Default for Watched<Key> {
    fn default() -> Self {
        Self {
            watch: None,
            has_complained: false,
        }
    }
}

impl<Key: Copy + Ord> Watched<Key> {
    /// Watches `path` for `key`. `begin` is told of a descriptor that becomes readable when something
    /// changes.
    pub fn follow(
        &mut self,
        key: Key,
        path: &Path,
        begin: impl FnOnce(&Watch<Key>) -> io::Result<()>,
    ) {
        if let Err(error) = self.try_to_follow(key, path, begin) {
            self.complain(path, &error);
        }
    }

    /// Watches nothing for `key` any more.
    pub fn forget(&mut self, key: Key) {
        if let Some(watch) = &mut self.watch {
            watch.forget(key);
            if watch.is_empty() {
                self.watch = None;
            }
        }
    }

    /// Whose files have changed, or may have. Each is to be followed anew.
    pub fn changed(&mut self) -> BTreeSet<Key> {
        let watch = self.watch.as_mut();
        watch.map(Watch::changed).unwrap_or_default()
    }

    /// What becomes readable when something changes, while something is watched.
    #[must_use]
    pub const fn watch(&self) -> Option<&Watch<Key>> {
        self.watch.as_ref()
    }

    fn try_to_follow(
        &mut self,
        key: Key,
        path: &Path,
        begin: impl FnOnce(&Watch<Key>) -> io::Result<()>,
    ) -> io::Result<()> {
        let watch = match self.watch.take() {
            Some(watch) => watch,
            None => {
                let watch = Watch::new()?;
                begin(&watch)?;
                watch
            }
        };
        self.watch.insert(watch).follow(key, path)
    }

    /// Once: it is the same for all of them, most likely.
    fn complain(&mut self, path: &Path, error: &io::Error) {
        if !std::mem::replace(&mut self.has_complained, true) {
            log::warn!(
                "cannot watch {} ({error}): what changes is seen when it is looked at next",
                path.display()
            );
        }
    }
}
