//! A pipe with a name, for somebody who wants to read of every transition. Whether anybody reads it, and how
//! fast, holds nothing up.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use rustix::io::Errno;

use crate::script::Account;

/// One that lines can be written to.
#[derive(Debug)]
pub struct Pipe {
    path: PathBuf,
    /// Open for reading, too: that needs no reader, and there is never nobody to write to.
    file: File,
    /// Lines for which there was no room.
    lost: u64,
}

impl Pipe {
    /// Opens the pipe at `path`, which is made for `owner` if it is not there: `true`.
    ///
    /// # Errors
    /// It cannot be made or opened, or is something else.
    pub fn open(path: &Path, owner: Option<Account>) -> io::Result<(Self, bool)> {
        let made = match mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR) {
            Ok(()) => true,
            Err(nix::errno::Errno::EEXIST) => false,
            Err(error) => return Err(error.into()),
        };
        if let Some(Account { uid, gid }) = owner.filter(|_| made) {
            chown(path, Some(uid), Some(gid))?;
        }
        let pipe = Self {
            file: Self::open_existing(path)?,
            path: path.to_owned(),
            lost: 0,
        };
        Ok((pipe, made))
    }

    /// Opens the pipe at `path`, so that it is not without somebody who could write.
    ///
    /// # Errors
    /// It is not there, cannot be opened, or is something else.
    pub fn open_existing(path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        let file = options.custom_flags(libc::O_NONBLOCK).open(path)?;
        match file.metadata()?.file_type().is_fifo() {
            true => Ok(file),
            false => Err(io::Error::other("there is something that is no pipe")),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes `line`, shorter than the 4096 octets that arrive as one piece, unless there is no room.
    pub fn write(&mut self, line: &str) {
        let path = self.path.display();
        match rustix::io::write(&self.file, line.as_bytes()) {
            Ok(_) if self.lost > 0 => {
                log::warn!("{path} is read again; {} lines are lost", self.lost);
                self.lost = 0;
            }
            Ok(_) => {}
            Err(Errno::AGAIN) => {
                if self.lost == 0 {
                    log::warn!("{path} is full and nobody reads it: lines are lost");
                }
                self.lost += 1;
            }
            Err(error) => log::error!("cannot write to {path}: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_full_pipe_loses_lines_and_goes_on_when_it_is_read() {
        let name = format!("vipd-pipe-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let (mut pipe, made) = Pipe::open(&path, None).expect("a pipe");
        assert!(made);
        let (_, made_again) = Pipe::open(&path, None).expect("the same pipe");
        assert!(!made_again);
        let line = "x".repeat(999) + "\n";
        (0..100).for_each(|_| pipe.write(&line));
        assert!(pipe.lost > 0);
        let mut octets = vec![0; 64 * 1024];
        let read = pipe.file.read(&mut octets).expect("lines");
        assert_eq!(read % line.len(), 0, "whole lines");
        pipe.write("after\n");
        assert_eq!(pipe.lost, 0);
        std::fs::remove_file(&path).expect("a pipe to remove");
    }

    #[test]
    fn what_is_no_pipe_is_not_written_to() {
        assert!(Pipe::open(Path::new("/dev/null"), None).is_err());
    }
}
