//! The smallest XDP program.
//!
//! The driver of a veth interface drops what its peer answers by XDP_TX unless it runs a program
//! itself; this is that program.

use std::os::fd::OwnedFd;

use anyhow::{Context, Result};

use crate::xdp::raw;

/// Attaches it, native, to interface `ifindex` of the calling thread's namespace, until the
/// descriptor is closed.
pub(crate) fn attach(ifindex: u32) -> Result<OwnedFd> {
    raw::attach(&raw::pass()?, ifindex).context("cannot attach an XDP program to a veth interface")
}
