//! `BPF_PROG_TEST_RUN` for XDP and tc programs, by their descriptor.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use ha_common::reason::Verdict;
use ha_common::wire::ethernet;
use ha_user::datapath::Hook;

const BPF_PROG_TEST_RUN: libc::c_long = 10;
const XDP_DROP: u32 = 1;
const XDP_PASS: u32 = 2;
const XDP_TX: u32 = 3;
/// `TC_ACT_UNSPEC`: the next filter decides.
const TC_NEXT: u32 = u32::MAX;
const TC_DROP: u32 = 2;
const TC_REDIRECT: u32 = 7;

/// Room for a frame that has grown.
const SPARE: usize = 256;

/// Member `test` of `union bpf_attr`.
#[repr(C)]
#[derive(Default)]
struct Attributes {
    program: u32,
    result: u32,
    data_size_in: u32,
    data_size_out: u32,
    data_in: u64,
    data_out: u64,
    repeat: u32,
    duration: u32,
    context_size_in: u32,
    context_size_out: u32,
    context_in: u64,
    context_out: u64,
    flags: u32,
    cpu: u32,
    batch_size: u32,
    _pad: u32,
}

/// `struct xdp_md`.
#[repr(C)]
#[derive(Default)]
struct XdpMd {
    data: u32,
    data_end: u32,
    data_meta: u32,
    ingress_ifindex: u32,
    rx_queue_index: u32,
    egress_ifindex: u32,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct TestRun {
    /// What the program returned.
    pub action: u32,
    /// The frame afterwards.
    pub frame: Vec<u8>,
    /// Time that one pass took, in the mean over all repetitions.
    pub duration: Duration,
}

impl TestRun {
    /// The action as a verdict.
    ///
    /// # Errors
    /// The program returned something that no [`Verdict`] stands for.
    pub fn verdict(&self, hook: Hook) -> Result<Verdict> {
        match (hook, self.action) {
            (Hook::Xdp, XDP_PASS) | (Hook::Ingress | Hook::Egress, TC_NEXT) => Ok(Verdict::Pass),
            (Hook::Xdp, XDP_DROP) | (Hook::Ingress | Hook::Egress, TC_DROP) => Ok(Verdict::Drop),
            (Hook::Xdp, XDP_TX) | (Hook::Ingress, TC_REDIRECT) => Ok(Verdict::Transmit),
            (hook, other) => bail!("{hook:?}: action {other} is no verdict"),
        }
    }
}

/// Runs an XDP `program` on `frame`, as if that came in by `ifindex`, with `linear` octets of it in one
/// piece, `repeat` times over. The kernel does not restore the frame between repetitions.
///
/// # Errors
/// What the kernel refuses: frames below 14 octets, an interface that does not exist, or, before
/// 6.18, `linear` less than the frame.
pub fn test_run(
    program: &impl AsFd,
    ifindex: u32,
    frame: &[u8],
    linear: usize,
    repeat: u32,
) -> Result<TestRun> {
    let context = XdpMd {
        data_end: u32::try_from(linear)?,
        ingress_ifindex: ifindex,
        ..XdpMd::default()
    };
    let attributes = Attributes {
        context_in: &raw const context as u64,
        context_size_in: u32::try_from(size_of::<XdpMd>())?,
        repeat,
        ..Attributes::default()
    };
    run_on(program, frame, attributes)
}

/// Longest frame that the kernel takes for a test run at tc: a page, less what goes with it.
const LONGEST_AT_TC: usize = 3000;

/// Whether the kernel takes `frame` for a test run at `hook`: at tc it wants whole IP headers, and no
/// more than a page.
#[must_use]
pub fn can_run(hook: Hook, frame: &[u8]) -> bool {
    let ip_header = match frame.get(12..14) {
        Some([8, 0]) => 20,
        Some([0x86, 0xdd]) => 40,
        _ => 0,
    };
    let fitting = ethernet::HEADER_LEN + ip_header..=LONGEST_AT_TC;
    hook == Hook::Xdp || fitting.contains(&frame.len())
}

/// Runs a tc `program` on `frame`, as if that passed loopback, `repeat` times over.
///
/// # Errors
/// What the kernel refuses: frames below 14 octets.
pub fn test_run_tc(program: &impl AsFd, frame: &[u8], repeat: u32) -> Result<TestRun> {
    let attributes = Attributes {
        repeat,
        ..Attributes::default()
    };
    run_on(program, frame, attributes)
}

fn run_on(program: &impl AsFd, frame: &[u8], attributes: Attributes) -> Result<TestRun> {
    let mut after = vec![0; frame.len() + SPARE];
    let mut attributes = Attributes {
        program: u32::try_from(program.as_fd().as_raw_fd())?,
        data_in: frame.as_ptr() as u64,
        data_size_in: u32::try_from(frame.len())?,
        data_out: after.as_mut_ptr() as u64,
        data_size_out: u32::try_from(after.len())?,
        ..attributes
    };
    run(&mut attributes).context("BPF_PROG_TEST_RUN")?;
    after.truncate(usize::try_from(attributes.data_size_out)?);
    Ok(TestRun {
        action: attributes.result,
        frame: after,
        duration: Duration::from_nanos(attributes.duration.into()),
    })
}

fn run(attributes: &mut Attributes) -> io::Result<()> {
    // SAFETY: the kernel reads and writes the attributes, reads the frame and the context, and
    // writes the frame afterwards: all of them live, and have the sizes that are given.
    let result = unsafe {
        libc::syscall(
            libc::SYS_bpf,
            BPF_PROG_TEST_RUN,
            &raw mut *attributes,
            size_of::<Attributes>(),
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
