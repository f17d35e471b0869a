//! How values are written for people who compare two configurations: as the file has them, and secrets as
//! something that differs where they do.

use std::fmt;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::LazyLock;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::ssl::Ssl;
use super::{Command, ScriptUser, VirtualAddress, Weight};

/// A time: "1.5s".
pub(super) fn time<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{time:?}"))
}

/// A time, or none.
pub(super) fn some_time<S: Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_some(&time.map(|time| format!("{time:?}")))
}

/// What must not be shown: another one, if it differs, and no more.
pub(super) fn secret<S: Serializer>(secret: &impl Hash, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("(not shown, {:016x})", KEY.hash_one(secret)))
}

/// Differs between two processes, so that nobody can try passwords against what one has said.
static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);

impl Serialize for Ssl {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        secret(self, to)
    }
}

/// As `track_script` and the like have it: "-5 reverse".
impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reverse = if self.reverse { " reverse" } else { "" };
        write!(f, "{}{reverse}", self.value)
    }
}

impl Serialize for Weight {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// As `script_user` has it.
impl fmt::Display for ScriptUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, group } = self;
        match group {
            Some(group) => write!(f, "{user} {group}"),
            None => f.write_str(user),
        }
    }
}

impl Serialize for ScriptUser {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// Words in quotes where one is not alone in its word, and whom it runs as.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, word) in self.words.iter().enumerate() {
            let blank = if place == 0 { "" } else { " " };
            if word.is_empty() || word.contains(char::is_whitespace) {
                write!(f, "{blank}'{word}'")?;
            } else {
                write!(f, "{blank}{word}")?;
            }
        }
        match &self.user {
            Some(user) => write!(f, " (as {user})"),
            None => Ok(()),
        }
    }
}

impl Serialize for Command {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// As `virtual_ipaddress` has it.
impl fmt::Display for VirtualAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_len)?;
        if let Some(device) = &self.device {
            write!(f, " dev {device}")?;
        }
        if let Some(label) = &self.label {
            write!(f, " label {label}")?;
        }
        if let Some(broadcast) = self.broadcast {
            write!(f, " brd {broadcast}")?;
        }
        if self.scope != 0 {
            write!(f, " scope {}", self.scope)?;
        }
        Ok(())
    }
}

impl Serialize for VirtualAddress {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
