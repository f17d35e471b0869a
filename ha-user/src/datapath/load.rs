//! Brings the XDP program into the kernel.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;

use aya::programs::ProgramError;
use aya::{EbpfError, EbpfLoader};
use aya_log::EbpfLogger;
use ha_common::abi::map;

use super::maps::{self, MapError, Maps};
use super::program::Programs;
use super::{Datapath, NoticeRing, RecordTable};
use crate::net::netlink::Netlink;

/// The program, compiled by the build script.
static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/vipd-xdp"));

/// How the program is loaded.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoadOptions {
    /// Keep the program's log statements, which are compiled out otherwise.
    pub debug_xdp: bool,
}

/// Why there is no data path. The daemon works without one, as keepalived does.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The process may not load XDP programs.
    #[error(
        "no right to load XDP programs: give vipd CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON \
         (before Linux 5.8 CAP_SYS_ADMIN), or say `mode off` in xdp {{ }}"
    )]
    NotPermitted(#[source] Box<dyn Error + Send + Sync>),
    /// The kernel did not take the object.
    #[error("the kernel does not take the XDP program: {0}")]
    Object(#[source] EbpfError),
    /// The kernel's verifier did not take the program.
    #[error("the kernel does not take the XDP program: {0}")]
    Program(#[source] ProgramError),
    /// A map of the ABI is missing or of another type.
    #[error("the XDP program and the daemon do not belong together: {0}")]
    Map(#[from] MapError),
    /// Records or netlink.
    #[error("cannot set up the data path: {0}")]
    Io(#[from] io::Error),
}

pub(super) fn load(options: LoadOptions) -> Result<Datapath, LoadError> {
    // Everything that the program can say, or nothing, which removes the statements.
    let level: u8 = if options.debug_xdp { u8::MAX } else { 0 };
    let mut object = EbpfLoader::new()
        .override_global(aya_log::LEVEL, &level, false)
        .load(OBJECT)
        .map_err(|error| permission_or(error, LoadError::Object))?;
    let debug_log = options.debug_xdp.then(|| EbpfLogger::init(&mut object));
    let programs =
        Programs::load(&mut object).map_err(|error| permission_or(error, LoadError::Program))?;
    let records = maps::take_array(&mut object, map::RECORDS)?;
    let gate = maps::take_array(&mut object, map::GATE)?;
    Ok(Datapath {
        programs,
        records: RecordTable::shared(records.fd(), gate.fd())?,
        notices: Some(NoticeRing::new(maps::take(&mut object, map::NOTICES)?)),
        maps: Maps::take(&mut object)?,
        debug_log: debug_log.and_then(Result::ok),
        netlink: Netlink::open()?,
        attachments: BTreeMap::new(),
    })
}

/// Tells a missing right from other errors, which look alike but for the innermost cause.
fn permission_or<E>(error: E, otherwise: impl FnOnce(E) -> LoadError) -> LoadError
where
    E: Error + Send + Sync + 'static,
{
    if lacks_permission(&error) {
        LoadError::NotPermitted(Box::new(error))
    } else {
        otherwise(error)
    }
}

fn lacks_permission(error: &(dyn Error + 'static)) -> bool {
    let denied = |error: &io::Error| error.kind() == io::ErrorKind::PermissionDenied;
    error.downcast_ref().is_some_and(denied) || error.source().is_some_and(lacks_permission)
}
