//! What a worker leaves behind: for the supervisor, how to say farewell in its name; for the next
//! worker, what is not in the data path.
//!
//! It lies in memory that the supervisor has made and every worker writes to, so that nobody ever
//! waits for the other, and a death at any moment leaves something that can be judged.

use std::collections::BTreeSet;
use std::env;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use ha_common::Priority;
use rustix::fs::{MemfdFlags, memfd_create};
use serde::{Deserialize, Serialize};

use super::errand::Errand;
use super::fifos::Left;
use super::opening::Opening;
use super::plan::RouterPlan;
use super::trackers::Known;
use crate::net::advert::Frames;

/// Environment variable that names the memory to a worker.
const VARIABLE: &str = "VIPD_TESTAMENT";

/// How to end the ownership of one router.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Farewell {
    /// Name of the instance.
    pub(super) name: String,
    /// Interface of the adverts.
    pub(super) ifindex: u32,
    /// VRID.
    pub(super) vrid: u8,
    /// Adverts go to the multicast group.
    pub(super) multicast: bool,
    /// Source of the adverts.
    pub(super) source: IpAddr,
    /// Adverts of priority 0, and where each is sent.
    pub(super) packets: Vec<(IpAddr, Vec<u8>)>,
    /// Interface, address and length of the mask of what was put on interfaces.
    pub(super) addresses: Vec<(u32, IpAddr, u8)>,
}

impl Farewell {
    /// The farewell of the router of `plan`.
    #[must_use]
    pub(super) fn of(plan: &RouterPlan) -> Self {
        let framing = &plan.framing;
        let frames = Frames::new(framing, Priority::LEAVING);
        let addresses = plan.addresses.iter();
        Self {
            name: plan.name.clone(),
            ifindex: plan.ifindex,
            vrid: framing.vrid.get(),
            multicast: framing.cast.is_multicast(),
            source: framing.source,
            packets: frames
                .packets()
                .map(|(to, packet)| (to, packet.to_vec()))
                .collect(),
            addresses: addresses
                .map(|one| (one.ifindex, one.address.address, one.address.prefix_len))
                .collect(),
        }
    }
}

/// Everything that a worker leaves behind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Will {
    /// Of each of its routers.
    pub(super) farewells: Vec<Farewell>,
    /// What was last known of what they track.
    pub(super) known: Known,
    /// Files that were given their first number, and are not to be given it again.
    pub(super) initialized: BTreeSet<PathBuf>,
    /// The operator's pipes.
    pub(super) fifos: Left,
    /// What is to run when the daemon stops.
    pub(super) shutdown: Option<Errand>,
    /// Until when nobody takes over.
    pub(super) opening: Option<Opening>,
}

/// The memory.
#[derive(Debug)]
pub(super) struct Testament {
    file: File,
    /// What this process has written last.
    written: Vec<u8>,
}

impl Testament {
    /// An empty one.
    ///
    /// # Errors
    /// The process has no memory or file descriptors left.
    pub(super) fn new() -> Result<Self> {
        let memory = memfd_create("vipd-testament", MemfdFlags::CLOEXEC);
        Ok(Self::in_memory(
            memory.context("cannot make shared memory")?,
        ))
    }

    /// The one that lies in `memory`.
    pub(super) fn in_memory(memory: OwnedFd) -> Self {
        Self::in_file(memory.into())
    }

    /// The supervisor's; `None` for a worker that was started by hand.
    pub(super) fn of_supervisor() -> Option<Self> {
        let path = env::var_os(VARIABLE)?;
        match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => Some(Self::in_file(file)),
            Err(error) => {
                log::warn!("if this process dies, nobody can say farewell for it: {error}");
                None
            }
        }
    }

    const fn in_file(file: File) -> Self {
        Self {
            file,
            written: Vec::new(),
        }
    }

    /// Tells the worker that `command` starts where this is.
    pub(super) fn name_to(&self, command: &mut Command) {
        let (pid, fd) = (std::process::id(), self.file.as_raw_fd());
        command.env(VARIABLE, format!("/proc/{pid}/fd/{fd}"));
    }

    /// Replaces what was written before.
    pub(super) fn write(&mut self, will: &Will) {
        let text = match serde_json::to_vec(will) {
            Ok(text) if text == self.written => return,
            Ok(text) => text,
            Err(error) => {
                log::error!("cannot write down what to leave behind: {error}");
                return;
            }
        };
        let written = self
            .file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .and_then(|_| self.file.write_all(&text));
        match written {
            Ok(()) => self.written = text,
            Err(error) => log::error!("cannot write down what to leave behind: {error}"),
        }
    }

    /// What was written last; nothing if its writer died over it.
    pub(super) fn read(&mut self) -> Will {
        let mut text = Vec::new();
        let read = self
            .file
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.file.read_to_end(&mut text));
        if read.is_err() {
            return Will::default();
        }
        serde_json::from_slice(&text).unwrap_or_default()
    }
}

impl AsFd for Testament {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Keeps the name of the memory out of the environment of the operator's scripts.
pub(super) fn forget(command: &mut tokio::process::Command) {
    command.env_remove(VARIABLE);
}

#[cfg(test)]
mod tests {
    use ha_common::Nanos;

    use crate::config::model::opening as model;
    use std::collections::BTreeMap;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn farewell(name: &str) -> Farewell {
        Farewell {
            name: name.to_owned(),
            ifindex: 2,
            vrid: 51,
            multicast: true,
            source: address("192.0.2.1"),
            packets: vec![(address("224.0.0.18"), vec![0x45, 0])],
            addresses: vec![(2, address("192.0.2.100"), 24)],
        }
    }

    fn will(names: &[&str]) -> Will {
        Will {
            farewells: names.iter().map(|name| farewell(name)).collect(),
            known: Known {
                scripts: BTreeMap::from([("chk_nginx".to_owned(), true)]),
                checks: BTreeMap::from([("web".to_owned(), false)]),
                processes: BTreeMap::from([("proxy".to_owned(), true)]),
                files: BTreeMap::from([("/run/drain".into(), -3)]),
            },
            initialized: BTreeSet::from(["/run/drain".into()]),
            fifos: Left::default(),
            shutdown: None,
            opening: Some(Opening::new(model::Opening::default(), Nanos::new(7))),
        }
    }

    #[test]
    fn the_last_will_counts_and_half_a_will_does_not() {
        let mut testament = Testament::new().expect("memory");
        assert_eq!(testament.read(), Will::default());
        testament.write(&will(&["VI_1", "VI_2"]));
        testament.write(&will(&["VI_3"]));
        assert_eq!(testament.read(), will(&["VI_3"]));
        testament.file.set_len(40).expect("a shorter file");
        assert_eq!(testament.read(), Will::default());
    }
}
