//! Programs in the kernel: ours, and whose they are otherwise.

use std::os::fd::{AsFd, BorrowedFd};

use aya::Ebpf;
use aya::programs::{Program as AyaProgram, ProgramError, ProgramFd, ProgramInfo, loaded_programs};
use ha_common::abi::program;

/// Where in the kernel a program of ours judges packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// What comes in, at the XDP hook.
    Xdp,
    /// What comes in, at the tc hook.
    Ingress,
    /// What goes out, at the tc hook.
    Egress,
}

impl Hook {
    /// Every hook.
    pub const ALL: [Self; 3] = [Self::Xdp, Self::Ingress, Self::Egress];

    /// How people call it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Xdp => "XDP",
            Self::Ingress => "tc ingress",
            Self::Egress => "tc egress",
        }
    }

    /// Name of our program in the kernel.
    #[must_use]
    pub const fn program_name(self) -> &'static str {
        match self {
            Self::Xdp => program::XDP,
            Self::Ingress => program::INGRESS,
            Self::Egress => program::EGRESS,
        }
    }

    /// What the names of our programs begin with, whatever their ABI version.
    pub(super) fn prefix(self) -> &'static str {
        self.program_name()
            .trim_end_matches(|c: char| c.is_ascii_digit())
    }
}

/// The programs of one data path, which share their maps.
pub(super) struct Programs {
    xdp: Program,
    ingress: Program,
    egress: Program,
    socket: Program,
}

impl Programs {
    /// Hands `object`'s programs to the kernel.
    pub(super) fn load(object: &mut Ebpf) -> Result<Self, ProgramError> {
        let mut load = |name| {
            let program = object.program_mut(name);
            Program::load(program.ok_or(ProgramError::NotLoaded)?)
        };
        Ok(Self {
            xdp: load(Hook::Xdp.program_name())?,
            ingress: load(Hook::Ingress.program_name())?,
            egress: load(Hook::Egress.program_name())?,
            socket: load(program::SOCKET)?,
        })
    }

    pub(super) const fn socket(&self) -> &Program {
        &self.socket
    }

    pub(super) const fn at(&self, hook: Hook) -> &Program {
        match hook {
            Hook::Xdp => &self.xdp,
            Hook::Ingress => &self.ingress,
            Hook::Egress => &self.egress,
        }
    }
}

/// A program that is in the kernel for as long as this lives, or as an interface holds it.
#[derive(Debug)]
pub struct Program {
    id: u32,
    name: String,
    fd: ProgramFd,
}

impl Program {
    fn load(program: &mut AyaProgram) -> Result<Self, ProgramError> {
        match program {
            AyaProgram::Xdp(xdp) => xdp.load()?,
            AyaProgram::SchedClassifier(classifier) => classifier.load()?,
            AyaProgram::SocketFilter(filter) => filter.load()?,
            _ => return Err(ProgramError::UnexpectedProgramType),
        }
        let fd = program.fd()?.try_clone()?;
        Ok(Self::new(&program.info()?, fd))
    }

    /// The program with this id, if it is still there.
    ///
    /// # Errors
    /// The process lacks `CAP_SYS_ADMIN`, which the kernel asks for to look at programs by id.
    pub fn find(id: u32) -> Result<Option<Self>, ProgramError> {
        let info = find(id)?;
        info.map(|info| Ok(Self::new(&info, info.fd()?)))
            .transpose()
    }

    /// Ids of the maps that the program with this id works with; none if it is gone.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub(super) fn maps(id: u32) -> Result<Vec<u32>, ProgramError> {
        let info = find(id)?;
        let maps = info.map(|info| info.map_ids()).transpose()?;
        Ok(maps.flatten().unwrap_or_default())
    }

    fn new(info: &ProgramInfo, fd: ProgramFd) -> Self {
        Self {
            id: info.id(),
            name: String::from_utf8_lossy(info.name()).into_owned(),
            fd,
        }
    }

    /// Number in the kernel, as `bpftool prog` shows it.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// Name in the kernel, of at most 15 octets.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a vipd's for `hook`, of this version or another.
    #[must_use]
    pub fn is_ours(&self, hook: Hook) -> bool {
        self.name.starts_with(hook.prefix())
    }
}

impl AsFd for Program {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

fn find(id: u32) -> Result<Option<ProgramInfo>, ProgramError> {
    for info in loaded_programs() {
        match info {
            Ok(info) if info.id() == id => return Ok(Some(info)),
            Ok(_) => {}
            // One that has gone since its id was read.
            Err(error) if is_not_found(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Whether a program has gone since its id was read.
pub(super) fn is_not_found(error: &ProgramError) -> bool {
    matches!(
        error,
        ProgramError::SyscallError(error) if error.io_error.raw_os_error() == Some(libc::ENOENT)
    )
}

#[cfg(test)]
mod tests {
    use ha_common::abi::ABI_VERSION;

    use super::*;

    #[test]
    fn a_name_is_a_prefix_and_the_version_of_the_abi() {
        for hook in Hook::ALL {
            let name = hook.program_name();
            assert_eq!(name, format!("{}{ABI_VERSION}", hook.prefix()));
            assert!(name.len() <= 15, "{name}");
        }
    }
}
