//! Where dumps go, and how they get there.

use std::env;
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::kind::Kind;
use crate::config::model::dump::Dumps;

/// Directory of dumps that are said to be nowhere else, if `TMPDIR` names none.
const DIRECTORY: &str = "/tmp";
/// How many names are tried that somebody may have taken already.
const NAMES: usize = 16;

/// Where a dump goes: below `TMPDIR` or [`DIRECTORY`] if the file does not say more; a path that
/// ends with `/` is that of a directory.
pub(super) fn place(kind: Kind, dumps: &Dumps) -> PathBuf {
    let (told, name) = match kind {
        Kind::State => (&dumps.state, "keepalived.data"),
        Kind::Stats | Kind::StatsThenClear => (&dumps.stats, "keepalived.stats"),
        Kind::Json => (&dumps.json, "keepalived.json"),
    };
    let told = told.as_deref().unwrap_or_default();
    let name = if told.is_empty() || told.ends_with('/') {
        name
    } else {
        ""
    };
    let directory = env::var_os("TMPDIR").filter(|directory| !directory.is_empty());
    let directory = directory.map_or(DIRECTORY.into(), PathBuf::from);
    directory.join(format!("{told}{name}"))
}

/// Puts `text` at `path` in one step, readable for the daemon's user only. What stands there - a link
/// that somebody has planted in a directory for all - is replaced, and never followed.
///
/// # Errors
/// As of the file system; what was there before stays.
pub fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let nowhere = || io::Error::other("it is not the path of a file");
    let name = path.file_name().ok_or_else(nowhere)?;
    let directory = path.parent().ok_or_else(nowhere)?;
    // From here on it is this directory, whatever becomes of its path.
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = openat(CWD, directory, flags, Mode::empty())?;
    let directory = directory.as_fd();
    let (draft, mut file) = create(directory, &name.to_string_lossy())?;
    let written = file
        .write_all(text)
        .and_then(|()| Ok(renameat(directory, &draft, directory, name)?));
    if written.is_err() {
        // That it could not be written is what counts.
        let _ = unlinkat(directory, &draft, AtFlags::empty());
    }
    written
}

/// A file that is new, with its name. That begins with a point: an exporter removes what begins as
/// the dump does.
fn create(directory: BorrowedFd<'_>, name: &str) -> io::Result<(String, File)> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    for _ in 0..NAMES {
        let random = RandomState::new().hash_one(name);
        let draft = format!(".{name}.{random:016x}");
        match openat(directory, &draft, flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => return Ok((draft, file.into())),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Errno::EXIST.into())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_dump_lies_where_the_file_says() {
        let place = |told: Option<&str>| {
            let dumps = Dumps {
                json: told.map(str::to_owned),
                ..Dumps::default()
            };
            place(Kind::Json, &dumps)
        };
        assert!(place(None).ends_with("keepalived.json") && place(None).is_absolute());
        assert_eq!(place(Some("/run/x/")), Path::new("/run/x/keepalived.json"));
        assert_eq!(place(Some("/run/my.json")), Path::new("/run/my.json"));
        assert!(place(Some("x/my.json")).ends_with("x/my.json"));
        assert!(place(Some("x/my.json")).is_absolute());
    }

    #[test]
    fn what_was_planted_is_replaced_and_not_followed() {
        let scratch = env::temp_dir().join(format!("vipd-dump-{}", std::process::id()));
        fs::create_dir(&scratch).expect("a directory");
        let [secret, dump] = ["secret", "keepalived.json"].map(|name| scratch.join(name));
        fs::write(&secret, "secret").expect("a file");
        symlink(&secret, &dump).expect("a link");
        for text in ["first", "second"] {
            write(&dump, text.as_bytes()).expect("a dump");
            assert_eq!(fs::read_to_string(&dump).expect("the dump"), text);
        }
        let written = fs::symlink_metadata(&dump).expect("the dump");
        assert!(written.is_file());
        assert_eq!(written.permissions().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_to_string(&secret).expect("a file"), "secret");
        fs::remove_file(&dump).expect("the dump");
        fs::create_dir(&dump).expect("a directory");
        assert!(write(&dump, b"third").is_err());
        assert_eq!(fs::read_dir(&scratch).expect("a directory").count(), 2);
        fs::remove_dir_all(&scratch).expect("our own directory");
    }
}
