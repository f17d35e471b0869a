//! XDP and tc programs written in instructions: the least that labs and measurements need.

use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use anyhow::{Context, Result, ensure};

const BPF_MAP_CREATE: libc::c_long = 0;
const BPF_MAP_UPDATE_ELEM: libc::c_long = 2;
const BPF_PROG_LOAD: libc::c_long = 5;
const BPF_LINK_CREATE: libc::c_long = 28;
const XDP_FLAGS_DRV_MODE: u32 = 1 << 2;
const BPF_MAP_TYPE_PROG_ARRAY: u32 = 3;
const BPF_PROG_TYPE_SCHED_CLS: u32 = 3;
const BPF_PROG_TYPE_XDP: u32 = 6;
const BPF_XDP: u32 = 37;
const BPF_TCX_INGRESS: u32 = 46;
const BPF_TCX_EGRESS: u32 = 47;
const BPF_F_XDP_HAS_FRAGS: u32 = 1 << 5;
const XDP_PASS: i32 = 2;
const TCX_DROP: i32 = 2;
const TAIL_CALL: i32 = 12;
const KTIME_GET_NS: i32 = 5;
/// Instead of an address, "the map with this descriptor".
const PSEUDO_MAP_FD: u8 = 1;

/// First members of `union bpf_attr` for a program.
#[repr(C)]
#[derive(Default)]
struct ProgramLoad {
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

/// First members of `union bpf_attr` for an attachment; tcx reads those of XDP and two zeros more.
#[repr(C)]
#[derive(Default)]
struct LinkCreate {
    program: u32,
    ifindex: u32,
    attach_type: u32,
    flags: u32,
    relative: u32,
    padding: u32,
    revision: u64,
}

/// First members of `union bpf_attr` for a map.
#[repr(C)]
struct MapCreate {
    map_type: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
}

/// Members of `union bpf_attr` for an element.
#[repr(C)]
struct MapUpdate {
    map: u64,
    key: u64,
    value: u64,
    flags: u64,
}

/// One instruction in the encoding of linux/bpf.h.
#[derive(Clone, Copy)]
struct Instruction {
    code: u8,
    destination: u8,
    source: u8,
    offset: i16,
    immediate: i32,
}

impl Instruction {
    const fn new(code: u8, registers: (u8, u8), offset: i16, immediate: i32) -> Self {
        Self {
            code,
            destination: registers.0,
            source: registers.1,
            offset,
            immediate,
        }
    }

    fn encode(self) -> u64 {
        let [low, high] = self.offset.to_le_bytes();
        let [a, b, c, d] = self.immediate.to_le_bytes();
        let registers = self.source << 4 | self.destination;
        u64::from_le_bytes([self.code, registers, low, high, a, b, c, d])
    }
}

const fn move_register(to: u8, from: u8) -> Instruction {
    Instruction::new(0xbf, (to, from), 0, 0)
}

const fn move_number(to: u8, number: i32) -> Instruction {
    Instruction::new(0xb7, (to, 0), 0, number)
}

const fn add_number(to: u8, number: i32) -> Instruction {
    Instruction::new(0x07, (to, 0), 0, number)
}

const fn load_word(to: u8, base: u8, offset: i16) -> Instruction {
    Instruction::new(0x61, (to, base), offset, 0)
}

const fn store_word(base: u8, offset: i16, number: i32) -> Instruction {
    Instruction::new(0x62, (base, 0), offset, number)
}

const fn jump_if_greater(left: u8, right: u8, skip: i16) -> Instruction {
    Instruction::new(0x2d, (left, right), skip, 0)
}

const fn call(helper: i32) -> Instruction {
    Instruction::new(0x85, (0, 0), 0, helper)
}

const EXIT: Instruction = Instruction::new(0x95, (0, 0), 0, 0);

/// The smallest XDP program: `return XDP_PASS`.
///
/// # Errors
/// Without the right to load programs.
pub fn pass() -> Result<OwnedFd> {
    load(&[move_number(0, XDP_PASS), EXIT]).context("cannot load XDP_PASS")
}

/// Attaches `program`, native, to interface `ifindex` of the calling thread's namespace, until the
/// descriptor is closed.
///
/// # Errors
/// When another program is there, or the driver has no native XDP.
pub fn attach(program: &impl AsFd, ifindex: u32) -> Result<OwnedFd> {
    let link = LinkCreate {
        program: u32::try_from(program.as_fd().as_raw_fd())?,
        ifindex,
        attach_type: BPF_XDP,
        flags: XDP_FLAGS_DRV_MODE,
        ..LinkCreate::default()
    };
    descriptor(bpf(BPF_LINK_CREATE, &link)?)
}

/// Which way packets go through an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It receives them.
    In = BPF_TCX_INGRESS as isize,
    /// It sends them.
    Out = BPF_TCX_EGRESS as isize,
}

/// Drops every packet that goes `way` through interface `ifindex` of the calling thread's
/// namespace, until the descriptor is closed (tcx, Linux 6.6).
///
/// # Errors
/// Without the right to load programs, or without tcx.
pub fn drop_all(ifindex: u32, way: Way) -> Result<OwnedFd> {
    let program = load_as(
        (BPF_PROG_TYPE_SCHED_CLS, way as u32, 0),
        &[move_number(0, TCX_DROP), EXIT],
    );
    let program = program.context("cannot load a program for tcx")?;
    let link = LinkCreate {
        program: u32::try_from(program.as_raw_fd())?,
        ifindex,
        attach_type: way as u32,
        ..LinkCreate::default()
    };
    descriptor(bpf(BPF_LINK_CREATE, &link).context("cannot attach by tcx")?)
}

/// A program that writes `frame` over the packet, which must be as long at least, and goes on
/// with `program`. So a packet that `program` rewrites is new to it every time, also in the
/// repetitions of a test run, which do not restore it.
///
/// # Errors
/// Without the right to load programs, or if `frame` is not a multiple of four octets.
pub fn rewriting(frame: &[u8], program: &impl AsFd) -> Result<Rewriting> {
    let (words, rest) = frame.as_chunks::<4>();
    ensure!(rest.is_empty(), "{} is no multiple of four", frame.len());
    let next = program_array(program)?;
    let mut body = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let offset = i16::try_from(index * 4)?;
        body.push(store_word(2, offset, i32::from_ne_bytes(*word)));
    }
    body.extend([
        // Long enough for the stores to leave the processor's queue: loads of another width
        // that find them there wait, which no packet from a wire makes them do.
        call(KTIME_GET_NS),
        move_register(1, 6),
        Instruction::new(0x18, (2, PSEUDO_MAP_FD), 0, next.as_raw_fd()),
        Instruction::new(0, (0, 0), 0, 0),
        move_number(3, 0),
        call(TAIL_CALL),
    ]);
    let mut instructions = vec![
        move_register(6, 1),
        load_word(2, 1, 0),
        load_word(3, 1, 4),
        move_register(4, 2),
        add_number(4, i32::try_from(frame.len())?),
        jump_if_greater(4, 3, i16::try_from(body.len())?),
    ];
    instructions.extend(body);
    instructions.extend([move_number(0, XDP_PASS), EXIT]);
    let program = load(&instructions).context("cannot load the rewriting program")?;
    Ok(Rewriting {
        program,
        _next: next,
    })
}

/// What [`rewriting`] makes.
#[derive(Debug)]
pub struct Rewriting {
    program: OwnedFd,
    /// The array empties itself when its last descriptor is closed.
    _next: OwnedFd,
}

impl AsFd for Rewriting {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.program.as_fd()
    }
}

fn program_array(program: &impl AsFd) -> Result<OwnedFd> {
    let create = MapCreate {
        map_type: BPF_MAP_TYPE_PROG_ARRAY,
        key_size: 4,
        value_size: 4,
        max_entries: 1,
    };
    let array = descriptor(bpf(BPF_MAP_CREATE, &create).context("cannot create a map")?)?;
    let (key, value) = (0_u32, program.as_fd().as_raw_fd());
    let update = MapUpdate {
        map: u64::try_from(array.as_raw_fd())?,
        key: &raw const key as u64,
        value: &raw const value as u64,
        flags: 0,
    };
    bpf(BPF_MAP_UPDATE_ELEM, &update).context("cannot fill a program array")?;
    Ok(array)
}

fn load(instructions: &[Instruction]) -> Result<OwnedFd> {
    load_as(
        (BPF_PROG_TYPE_XDP, BPF_XDP, BPF_F_XDP_HAS_FRAGS),
        instructions,
    )
}

/// Loads a program of a type, for a kind of attachment, with flags.
fn load_as(
    (program_type, expected_attach_type, flags): (u32, u32, u32),
    instructions: &[Instruction],
) -> Result<OwnedFd> {
    let encoded: Vec<u64> = instructions.iter().map(|it| it.encode()).collect();
    let load = ProgramLoad {
        program_type,
        instruction_count: u32::try_from(encoded.len())?,
        instructions: encoded.as_ptr() as u64,
        license: c"MIT".as_ptr() as u64,
        flags,
        expected_attach_type,
        ..ProgramLoad::default()
    };
    descriptor(bpf(BPF_PROG_LOAD, &load)?)
}

fn descriptor(number: libc::c_long) -> Result<OwnedFd> {
    let number = i32::try_from(number)?;
    // SAFETY: the kernel has just made this descriptor, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

fn bpf<T>(command: libc::c_long, attributes: &T) -> io::Result<libc::c_long> {
    // SAFETY: the kernel reads `size_of::<T>()` octets of `attributes` and what they point to:
    // instructions, a terminated string, a key or a value that live as long as the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_bpf,
            command,
            &raw const *attributes,
            size_of::<T>(),
        )
    };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}
