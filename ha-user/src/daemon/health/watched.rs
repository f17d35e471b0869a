//! Files that are watched, so that what has changed is looked at before it is due.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use crate::check::ProbeId;
use crate::check::prober::Prober;
use crate::track::watch::Watch;

/// The files of probes.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// While there is something to watch, and the kernel lets us.
    watch: Option<Watch<ProbeId>>,
    has_complained: bool,
}

impl Watched {
    /// Watches `path` for `probe`. `prober` does not wait on when something changes.
    pub(super) fn follow(&mut self, probe: ProbeId, path: &Path, prober: &Prober) {
        if let Err(error) = self.try_to_follow(probe, path, prober) {
            self.complain(path, &error);
        }
    }

    /// Watches nothing for `probe` any more.
    pub(super) fn forget(&mut self, probe: ProbeId) {
        if let Some(watch) = &mut self.watch {
            watch.forget(probe);
            if watch.is_empty() {
                self.watch = None;
            }
        }
    }

    /// Whose files have changed, or may have. Each is to be followed anew.
    pub(super) fn changed(&mut self) -> BTreeSet<ProbeId> {
        let watch = self.watch.as_mut();
        watch.map(Watch::changed).unwrap_or_default()
    }

    fn try_to_follow(&mut self, probe: ProbeId, path: &Path, prober: &Prober) -> io::Result<()> {
        let watch = match self.watch.take() {
            Some(watch) => watch,
            None => {
                let watch = Watch::new()?;
                prober.listen_to(&watch)?;
                watch
            }
        };
        self.watch.insert(watch).follow(probe, path)
    }

    /// Once: it is the same for all of them, most likely.
    fn complain(&mut self, path: &Path, error: &io::Error) {
        if !std::mem::replace(&mut self.has_complained, true) {
            log::warn!(
                "cannot watch {} ({error}): what changes is seen when a FILE_CHECK's delay_loop is over",
                path.display()
            );
        }
    }
}
