//! The smallest XDP program.
//!
//! The driver of a veth interface drops what its peer answers by XDP_TX unless it runs a program
//! itself; this is that program.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use anyhow::{Context, Result};

/// `r0 = XDP_PASS; exit`, in the encoding of linux/bpf.h.
const PROGRAM: [u64; 2] = [0x0000_0002_0000_00b7, 0x0000_0000_0000_0095];

const BPF_PROG_LOAD: libc::c_long = 5;
const BPF_LINK_CREATE: libc::c_long = 28;
const BPF_PROG_TYPE_XDP: u32 = 6;
const BPF_XDP: u32 = 37;
const BPF_F_XDP_HAS_FRAGS: u32 = 1 << 5;
const XDP_FLAGS_DRV_MODE: u32 = 1 << 2;

/// First members of `union bpf_attr` for a load.
#[repr(C)]
#[derive(Default)]
struct Load {
    program_type: u32,
    instruction_count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log_buffer: u64,
    kernel_version: u32,
    flags: u32,
    name: [u8; 16],
    ifindex: u32,
    expected_attach_type: u32,
}

/// First members of `union bpf_attr` for an attachment.
#[repr(C)]
struct Link {
    program: i32,
    ifindex: u32,
    attach_type: u32,
    flags: u32,
}

/// Attaches it, native, to interface `ifindex` of the calling thread's namespace, until the
/// descriptor is closed.
pub(super) fn attach(ifindex: u32) -> Result<OwnedFd> {
    use std::os::fd::AsRawFd;
    let program = load().context("cannot load an XDP program (BPF and root are needed)")?;
    let link = Link {
        program: program.as_raw_fd(),
        ifindex,
        attach_type: BPF_XDP,
        flags: XDP_FLAGS_DRV_MODE,
    };
    bpf(BPF_LINK_CREATE, &link).context("cannot attach an XDP program to a veth interface")
}

fn load() -> io::Result<OwnedFd> {
    let load = Load {
        program_type: BPF_PROG_TYPE_XDP,
        instruction_count: 2,
        instructions: PROGRAM.as_ptr() as u64,
        license: c"MIT".as_ptr() as u64,
        flags: BPF_F_XDP_HAS_FRAGS,
        expected_attach_type: BPF_XDP,
        ..Load::default()
    };
    bpf(BPF_PROG_LOAD, &load)
}

fn bpf<T>(command: libc::c_long, attributes: &T) -> io::Result<OwnedFd> {
    // SAFETY: the kernel reads `size_of::<T>()` bytes of `attributes` and, for a load, two
    // instructions and a terminated string that are static.
    let result = unsafe {
        libc::syscall(
            libc::SYS_bpf,
            command,
            &raw const *attributes,
            size_of::<T>(),
        )
    };
    match i32::try_from(result) {
        // SAFETY: both commands return a new descriptor that nobody else owns.
        Ok(descriptor) if descriptor >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }),
        _ => Err(io::Error::last_os_error()),
    }
}
