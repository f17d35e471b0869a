//! XDP programs in the kernel: ours, and whose they are otherwise.

use std::os::fd::{AsFd, BorrowedFd};

use aya::Ebpf;
use aya::programs::{ProgramError, ProgramFd, ProgramInfo, Xdp, loaded_programs};
use ha_common::abi::program;

/// What the names of our programs begin with, whatever their ABI version.
const OURS: &str = "vipd_xdp_v";

/// An XDP program that is in the kernel for as long as this lives, or as an interface holds it.
#[derive(Debug)]
pub struct Program {
    id: u32,
    name: String,
    fd: ProgramFd,
}

impl Program {
    /// Hands `object`'s XDP program to the kernel.
    pub(super) fn load(object: &mut Ebpf) -> Result<Self, ProgramError> {
        let program = object.program_mut(program::XDP);
        let xdp: &mut Xdp = program.ok_or(ProgramError::NotLoaded)?.try_into()?;
        xdp.load()?;
        let fd = xdp.fd()?.try_clone()?;
        Ok(Self::new(&xdp.info()?, fd))
    }

    /// The program with this id, if it is still there.
    ///
    /// # Errors
    /// The process lacks `CAP_SYS_ADMIN`, which the kernel asks for to look at programs by id.
    pub fn find(id: u32) -> Result<Option<Self>, ProgramError> {
        for info in loaded_programs() {
            let info = match info {
                Ok(info) => info,
                // One that has gone since its id was read.
                Err(error) if is_not_found(&error) => continue,
                Err(error) => return Err(error),
            };
            if info.id() == id {
                return Ok(Some(Self::new(&info, info.fd()?)));
            }
        }
        Ok(None)
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

    /// Whether it is a vipd's, of this version or another.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.name.starts_with(OURS)
    }
}

impl AsFd for Program {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

fn is_not_found(error: &ProgramError) -> bool {
    matches!(
        error,
        ProgramError::SyscallError(error) if error.io_error.raw_os_error() == Some(libc::ENOENT)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_present_program_is_one_of_ours() {
        assert!(program::XDP.starts_with(OURS));
        assert!(program::XDP.len() <= 15);
    }
}
