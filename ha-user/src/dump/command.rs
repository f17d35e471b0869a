//! Commands as keepalived shows them: the program by its real path, every word in quotes.

use std::path::{Path, PathBuf};

use crate::config::model::{Command, ScriptUser};
use crate::script::Script;

/// The command line.
pub(super) fn line(command: &Command) -> String {
    let program = real(command.program());
    let program = program
        .as_ref()
        .map_or(command.program().into(), |path| path.to_string_lossy());
    let rest = command.words.iter().skip(1).map(String::as_str);
    let words = std::iter::once(&*program).chain(rest);
    let quoted: Vec<String> = words.map(|word| format!("'{word}'")).collect();
    quoted.join(" ")
}

/// Ids of the user and the group that it runs as; the daemon's own if there is no such user.
pub(super) fn uid_gid(command: &Command, script_user: Option<&ScriptUser>) -> (u32, u32) {
    let script = Script::new(command, script_user).ok();
    let account = script.and_then(|script| script.uid_gid());
    account.unwrap_or_else(|| {
        let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
        (uid.as_raw(), gid.as_raw())
    })
}

/// Those of a command that says nothing of it.
pub(super) fn default_uid_gid(script_user: Option<&ScriptUser>) -> (u32, u32) {
    let any = Command {
        words: Vec::new(),
        user: None,
    };
    uid_gid(&any, script_user)
}

/// The file behind a path, or behind a name to be found in `PATH`.
fn real(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Path::new(program).canonicalize().ok();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&path).map(|directory| directory.join(program));
    found.find_map(|file| file.canonicalize().ok())
}
