//! `init_file` of a `track_file`: what stands in a file before anybody has written to it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;

use crate::config::model::file::InitialFile;

/// Files that have been given their first number. It is given once in the life of the daemon: neither a
/// reload nor another worker takes back what has been written since.
#[derive(Debug)]
pub(super) struct InitialFiles(BTreeSet<PathBuf>);

impl InitialFiles {
    /// Those that workers before have given it.
    pub(super) const fn new(before: BTreeSet<PathBuf>) -> Self {
        Self(before)
    }

    /// Gives it to those that are new. One that is not wanted any more is forgotten.
    pub(super) fn follow(&mut self, wanted: &[InitialFile]) {
        for file in wanted {
            let is_new = !self.0.contains(&file.path);
            if is_new && let Err(error) = initialize(file) {
                log::error!("cannot initialise {}: {error}", file.path.display());
            }
        }
        self.0 = wanted.iter().map(|file| file.path.clone()).collect();
    }

    /// All of them.
    pub(super) const fn paths(&self) -> &BTreeSet<PathBuf> {
        &self.0
    }
}

/// Somebody else may write to the directory: what stands there may be a link to any file, or a pipe, and
/// is not followed, or waited for.
fn initialize(wanted: &InitialFile) -> io::Result<()> {
    let always =
        OFlags::WRONLY | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = match wanted.overwrite {
        true => OFlags::TRUNC | OFlags::NOFOLLOW,
        false => OFlags::EXCL,
    };
    let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::ROTH;
    let mut file = match open(&wanted.path, always | flags, mode) {
        Ok(file) => File::from(file),
        Err(Errno::EXIST) if !wanted.overwrite => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    writeln!(file, "{}", wanted.value)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use rustix::fs::{CWD, FileType, mknodat};

    use super::*;

    fn wanted(path: &Path, overwrite: bool) -> InitialFile {
        InitialFile {
            path: path.to_owned(),
            value: -3,
            overwrite,
        }
    }

    #[test]
    fn a_file_is_given_its_number_once() {
        let place = std::env::temp_dir().join(format!("vipd-initial-{}", std::process::id()));
        fs::create_dir(&place).expect("a directory");
        let [kept, taken] = ["kept", "taken"].map(|name| place.join(name));
        let all = [wanted(&kept, false), wanted(&taken, true)];
        let read = || [&kept, &taken].map(|path| fs::read_to_string(path).expect("a file"));
        let mut files = InitialFiles::new(BTreeSet::new());
        files.follow(&all);
        assert_eq!(read(), ["-3\n", "-3\n"]);
        let write = || [&kept, &taken].map(|path| fs::write(path, "1").expect("a file"));
        write();
        files.follow(&all);
        assert_eq!(read(), ["1", "1"], "a reload");
        InitialFiles::new(files.paths().clone()).follow(&all);
        assert_eq!(read(), ["1", "1"], "another worker");
        InitialFiles::new(BTreeSet::new()).follow(&all);
        assert_eq!(read(), ["1", "-3\n"], "another daemon");
        write();
        files.follow(&[]);
        files.follow(&all);
        assert_eq!(read(), ["1", "-3\n"], "another configuration");
        fs::remove_dir_all(&place).expect("our own directory");
    }

    #[test]
    fn what_somebody_has_put_there_is_left_alone() {
        let place = std::env::temp_dir().join(format!("vipd-planted-{}", std::process::id()));
        fs::create_dir(&place).expect("a directory");
        let [secret, link, pipe, dangling] =
            ["secret", "link", "pipe", "dangling"].map(|name| place.join(name));
        fs::write(&secret, "secret").expect("a file");
        symlink(&secret, &link).expect("a link");
        symlink("nowhere", &dangling).expect("a link");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RWXU, 0).expect("a pipe");
        let there = |path: &Path| initialize(&wanted(path, false)).is_ok();
        assert!(
            [&link, &pipe, &dangling]
                .into_iter()
                .all(|path| there(path))
        );
        let refused = |path: &Path| initialize(&wanted(path, true)).is_err();
        assert!(
            [&link, &pipe, &dangling, &place]
                .into_iter()
                .all(|path| refused(path))
        );
        assert_eq!(fs::read_to_string(&secret).expect("a file"), "secret");
        assert!(!place.join("nowhere").exists());
        fs::remove_dir_all(&place).expect("our own directory");
    }
}
