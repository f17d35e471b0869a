//! Brings the XDP program into the kernel.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;

use aya::programs::ProgramError;
use aya::{Ebpf, EbpfError, EbpfLoader};
use aya_log::EbpfLogger;
use ha_common::abi::map;

use super::inherited::Shelf;
use super::maps::{self, MapError, Maps, Source};
use super::program::Programs;
use super::services::Services;
use super::undisturbed::undisturbed;
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
    /// Signals have kept this process from finding out what the kernel can do. Another one will.
    #[error("this process was disturbed when it asked the kernel what that can do")]
    Disturbed,
    /// Records or netlink.
    #[error("cannot set up the data path: {0}")]
    Io(#[from] io::Error),
}

pub(super) fn load(options: LoadOptions) -> Result<Datapath, LoadError> {
    undisturbed(|| load_once(options))
}

fn load_once(options: LoadOptions) -> Result<Datapath, LoadError> {
    let mut object = open(options, None)?;
    let debug_log = options.debug_xdp.then(|| EbpfLogger::init(&mut object));
    let programs =
        Programs::load(&mut object).map_err(|error| permission_or(error, LoadError::Program))?;
    Ok(Datapath {
        programs: Some(programs),
        debug_log: debug_log.and_then(Result::ok),
        ..bare(&mut object)?
    })
}

/// A data path whose programs are all with their interfaces.
pub(super) fn bare(source: &mut impl Source) -> Result<Datapath, LoadError> {
    let records = maps::take_array(source, map::RECORDS)?;
    let gate = maps::take_array(source, map::GATE)?;
    Ok(Datapath {
        programs: None,
        records: RecordTable::shared(records.fd(), gate.fd())?,
        notices: Some(NoticeRing::new(maps::take(source, map::NOTICES)?)),
        maps: Maps::take(source)?,
        services: Services::take(source)?,
        debug_log: None,
        netlink: Netlink::open()?,
        shelf: None,
        attachments: BTreeMap::new(),
    })
}

/// Programs for maps that there are already. Loading them takes the kernel's verifier tenths of a
/// second, so it is for a thread that nobody waits for.
#[derive(Debug)]
pub struct Loader(pub(super) Shelf);

impl Loader {
    /// Loads them.
    ///
    /// # Errors
    /// As [`Datapath::load`].
    pub fn load(self) -> Result<Loaded, LoadError> {
        undisturbed(|| {
            let mut object = open(LoadOptions::default(), Some(&self.0))?;
            let programs = Programs::load(&mut object);
            programs
                .map(Loaded)
                .map_err(|error| permission_or(error, LoadError::Program))
        })
    }
}

/// Programs that no interface runs yet.
pub struct Loaded(pub(super) Programs);

fn open(options: LoadOptions, shelf: Option<&Shelf>) -> Result<Ebpf, LoadError> {
    // Everything that the program can say, or nothing, which removes the statements.
    let level: u8 = if options.debug_xdp { u8::MAX } else { 0 };
    let mut loader = EbpfLoader::new();
    loader.override_global(aya_log::LEVEL, &level, false);
    for (name, place) in shelf.into_iter().flat_map(Shelf::places) {
        loader.map_pin_path(name, place);
    }
    loader
        .load(OBJECT)
        .map_err(|error| permission_or(error, LoadError::Object))
}

/// Tells a missing right (`EPERM`) from other errors, which look alike but for the innermost cause;
/// the verifier's refusal is `EACCES`.
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
    let denied = |error: &io::Error| error.raw_os_error() == Some(libc::EPERM);
    error.downcast_ref().is_some_and(denied) || error.source().is_some_and(lacks_permission)
}
