//! Notice of files that change, by inotify(7).
//!
//! What a path leads to changes wherever somebody puts something else on the way: the file is written,
//! renamed over, removed; a directory comes, goes, comes back; a symbolic link is turned. So each step of
//! the way is watched: the directory of each name in it, for that name. What is missing is watched where it
//! would appear.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf, absolute};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

/// keepalived's, and what brings a name without anything being written: a directory, a link. Not each
/// write (`IN_MODIFY`): `echo 1 >file` empties the file first, and empty is 0. Who has written closes it.
const CHANGES: WatchFlags = WatchFlags::CLOSE_WRITE
    .union(WatchFlags::MOVE)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::CREATE)
    .union(WatchFlags::ONLYDIR);
/// Symbolic links in a row, as the kernel's.
const LINKS: usize = 40;
/// Octets of notices that are read at once: a hundred and more.
const ROOM: usize = 8 << 10;

/// A directory, as the kernel numbers it, and a name there.
type Step = (i32, OsString);

/// Paths that are watched, each for a `Key`.
#[derive(Debug)]
pub struct Watch<Key> {
    inotify: OwnedFd,
    ways: BTreeMap<Key, BTreeSet<Step>>,
    /// Whose way leads by which names of a directory.
    directories: BTreeMap<i32, BTreeMap<OsString, BTreeSet<Key>>>,
}

impl<Key: Copy + Ord> Watch<Key> {
    /// Nothing is watched yet.
    ///
    /// # Errors
    /// The process may not have another descriptor, or the user another instance.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            inotify: inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?,
            ways: BTreeMap::new(),
            directories: BTreeMap::new(),
        })
    }

    /// Watches where `path` leads now, for `key`, and nothing else for it. What happens after this is told.
    ///
    /// # Errors
    /// Not everything on the way can be watched. What can be is.
    pub fn follow(&mut self, key: Key, path: &Path) -> io::Result<()> {
        let mut way = BTreeSet::new();
        let followed = self.walk(path, &mut way);
        for (directory, name) in &way {
            let names = self.directories.entry(*directory).or_default();
            names.entry(name.clone()).or_default().insert(key);
        }
        let before = self.ways.insert(key, way.clone()).unwrap_or_default();
        self.leave(key, before.difference(&way));
        followed
    }

    /// Watches nothing for `key` any more.
    pub fn forget(&mut self, key: Key) {
        let way = self.ways.remove(&key).unwrap_or_default();
        self.leave(key, &way);
    }

    /// Whether nothing is watched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ways.is_empty()
    }

    /// On whose way something has changed. Each is to be followed anew: it may lead elsewhere. Reads as
    /// much as fits at once; while there is more, the descriptor stays readable.
    pub fn changed(&mut self) -> BTreeSet<Key> {
        let mut changed = BTreeSet::new();
        let mut room = [MaybeUninit::uninit(); ROOM];
        let mut notices = Reader::new(&self.inotify, &mut room);
        loop {
            let Ok(notice) = notices.next() else {
                // There is none.
                return changed;
            };
            let (directory, events) = (notice.wd(), notice.events());
            let name = notice.file_name().map(|name| name.to_bytes());
            if events.contains(ReadFlags::QUEUE_OVERFLOW) {
                changed.extend(self.ways.keys());
            } else if let Some(names) = self.directories.get(&directory) {
                match name {
                    Some(name) => {
                        changed.extend(names.get(OsStr::from_bytes(name)).into_iter().flatten())
                    }
                    // The directory itself is no more.
                    None => changed.extend(names.values().flatten()),
                }
            }
            if notices.is_buffer_empty() {
                return changed;
            }
        }
    }

    /// Watches each step to `path`, as far as there is one, and notes it in `way`.
    fn walk(&self, path: &Path, way: &mut BTreeSet<Step>) -> io::Result<()> {
        let path = absolute(path)?;
        let mut here = PathBuf::from("/");
        let mut ahead = names(&path);
        let mut links = 0;
        while let Some(name) = ahead.pop() {
            if name == ".." {
                here.pop();
                continue;
            }
            let directory = match inotify::add_watch(&self.inotify, &here, CHANGES) {
                Ok(directory) => directory,
                // No way on. What was there a moment ago has gone, of which the step before tells.
                Err(Errno::NOENT | Errno::NOTDIR) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let place = here.join(&name);
            way.insert((directory, name));
            // Looked at once it is watched, so that nothing is missed in between.
            match std::fs::read_link(&place) {
                Ok(target) if links < LINKS => {
                    links += 1;
                    if target.is_absolute() {
                        here = PathBuf::from("/");
                    }
                    ahead.extend(names(&target));
                }
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => here = place,
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    /// `key` does not go these steps any more.
    fn leave<'a>(&mut self, key: Key, steps: impl IntoIterator<Item = &'a Step>) {
        for (directory, name) in steps {
            let Some(names) = self.directories.get_mut(directory) else {
                continue;
            };
            if let Some(keys) = names.get_mut(name) {
                keys.remove(&key);
            }
            names.retain(|_, keys| !keys.is_empty());
            if names.is_empty() {
                self.directories.remove(directory);
                // Fails only when the directory has gone, and its watch with it.
                let _ = inotify::remove_watch(&self.inotify, *directory);
            }
        }
    }
}

impl<Key> AsFd for Watch<Key> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}

/// The names in a path, the last one first.
fn names(path: &Path) -> Vec<OsString> {
    let names = path.components().rev();
    let names = names.filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    names.map(|part| part.as_os_str().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Write as _;
    use std::os::unix::fs::symlink;

    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::time::Timespec;

    use super::*;

    const NOBODY: [u8; 0] = [];

    /// A directory of our own, and a watch.
    struct Bench {
        place: PathBuf,
        watch: Watch<u8>,
    }

    impl Bench {
        fn new(name: &str) -> Self {
            let own = format!("vipd-watch-{name}-{}", std::process::id());
            let place = std::env::temp_dir().join(own);
            fs::create_dir(&place).expect("a directory");
            let watch = Watch::new().expect("inotify");
            Self { place, watch }
        }

        fn at(&self, name: &str) -> PathBuf {
            self.place.join(name)
        }

        fn follow(&mut self, key: u8, name: &str) {
            let path = self.at(name);
            self.watch.follow(key, &path).expect("a watch");
        }

        /// Whose way `change` is seen on, all of which are followed anew as `name`.
        fn seen(&mut self, name: &str, change: impl FnOnce(&Path)) -> Vec<u8> {
            change(&self.place);
            let changed = self.watch.changed();
            for key in &changed {
                self.follow(*key, name);
            }
            changed.into_iter().collect()
        }
    }

    fn is_readable(watch: &Watch<u8>) -> bool {
        let mut polled = [PollFd::new(watch, PollFlags::IN)];
        poll(&mut polled, Some(&Timespec::default())).expect("a poll") > 0
    }

    impl Drop for Bench {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.place).expect("our own directory");
        }
    }

    #[test]
    fn a_file_is_written_renamed_over_linked_and_removed() {
        let mut bench = Bench::new("file");
        bench.follow(1, "f");
        let mut seen = |change: fn(&Path)| bench.seen("f", change);
        assert_eq!(seen(|at| fs::write(at.join("f"), "1").expect("f")), [1]);
        assert_eq!(seen(|at| fs::write(at.join("f"), "2").expect("f")), [1]);
        assert_eq!(seen(|at| fs::write(at.join("g"), "3").expect("g")), NOBODY);
        assert_eq!(
            seen(|at| fs::rename(at.join("g"), at.join("f")).expect("f")),
            [1]
        );
        assert_eq!(
            seen(|at| fs::rename(at.join("f"), at.join("g")).expect("g")),
            [1]
        );
        assert_eq!(
            seen(|at| fs::hard_link(at.join("g"), at.join("f")).expect("f")),
            [1]
        );
        assert_eq!(seen(|at| fs::remove_file(at.join("f")).expect("f")), [1]);
        assert_eq!(seen(|at| drop(fs::read(at.join("g")))), NOBODY);
    }

    #[test]
    fn a_file_that_is_being_written_is_not_looked_at() {
        let mut bench = Bench::new("half");
        fs::write(bench.at("f"), "1").expect("f");
        bench.follow(1, "f");
        let mut file = File::create(bench.at("f")).expect("f");
        assert_eq!(
            bench.seen("f", |_| file.write_all(b"2").expect("f")),
            NOBODY
        );
        assert_eq!(bench.seen("f", |_| drop(file)), [1]);
    }

    #[test]
    fn directories_on_the_way_come_and_go() {
        let mut bench = Bench::new("directory");
        bench.follow(1, "a/b/f");
        let mut seen = |change: fn(&Path)| bench.seen("a/b/f", change);
        assert_eq!(seen(|at| fs::create_dir(at.join("b")).expect("b")), NOBODY);
        assert_eq!(seen(|at| fs::create_dir(at.join("a")).expect("a")), [1]);
        assert_eq!(
            seen(|at| fs::rename(at.join("b"), at.join("a/b")).expect("b")),
            [1]
        );
        assert_eq!(seen(|at| fs::write(at.join("a/b/f"), "1").expect("f")), [1]);
        assert_eq!(seen(|at| fs::remove_dir_all(at.join("a")).expect("a")), [1]);
        assert_eq!(
            seen(|at| fs::create_dir_all(at.join("a/b")).expect("b")),
            [1]
        );
        assert_eq!(seen(|at| fs::write(at.join("a/b/f"), "1").expect("f")), [1]);
        assert_eq!(
            seen(|at| fs::rename(at.join("a"), at.join("c")).expect("c")),
            [1]
        );
        assert_eq!(
            seen(|at| fs::write(at.join("c/b/f"), "1").expect("f")),
            NOBODY
        );
    }

    /// As Kubernetes changes files of a ConfigMap.
    #[test]
    fn links_on_the_way_are_turned() {
        let mut bench = Bench::new("link");
        for version in ["1", "2"] {
            fs::create_dir(bench.at(version)).expect("a directory");
            fs::write(bench.at(version).join("f"), version).expect("f");
        }
        symlink("1", bench.at("now")).expect("a link");
        symlink(bench.at("now/../now/f"), bench.at("f")).expect("a link");
        bench.follow(1, "f");
        let mut seen = |change: fn(&Path)| bench.seen("f", change);
        assert_eq!(
            seen(|at| fs::write(at.join("2/f"), "0").expect("f")),
            NOBODY
        );
        assert_eq!(seen(|at| fs::write(at.join("1/f"), "0").expect("f")), [1]);
        assert_eq!(
            seen(|at| symlink("2", at.join("next")).expect("a link")),
            NOBODY
        );
        assert_eq!(
            seen(|at| fs::rename(at.join("next"), at.join("now")).expect("now")),
            [1]
        );
        assert_eq!(
            seen(|at| fs::write(at.join("1/f"), "0").expect("f")),
            NOBODY
        );
        assert_eq!(seen(|at| fs::write(at.join("2/f"), "0").expect("f")), [1]);
        symlink("round", bench.at("round")).expect("a link");
        bench.follow(2, "round/f");
    }

    #[test]
    fn what_is_not_followed_any_more_is_not_told() {
        let mut bench = Bench::new("forget");
        bench.follow(1, "f");
        bench.follow(2, "f");
        bench.follow(3, "d/g");
        let write = |at: &Path| fs::write(at.join("f"), "1").expect("f");
        assert_eq!(bench.seen("f", write), [1, 2]);
        bench.watch.forget(1);
        assert_eq!(bench.seen("f", write), [2]);
        bench.watch.forget(2);
        assert_eq!(bench.seen("f", write), NOBODY);
        bench.watch.forget(3);
        assert!(bench.watch.is_empty() && bench.watch.directories.is_empty());
    }

    #[test]
    fn when_notices_are_lost_everybody_is_told() {
        let mut bench = Bench::new("flood");
        bench.follow(1, "f");
        bench.follow(2, "g");
        let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").expect("a limit");
        let limit: usize = limit.trim().parse().expect("a number");
        // Two of the same in a row are one.
        for turn in 0..=limit / 2 {
            let _ = (
                File::create(bench.at("h")),
                File::create(bench.at("i")),
                turn,
            );
        }
        let mut told = BTreeSet::new();
        while is_readable(&bench.watch) {
            told.extend(bench.watch.changed());
        }
        assert_eq!(told.into_iter().collect::<Vec<_>>(), [1, 2]);
    }
}
