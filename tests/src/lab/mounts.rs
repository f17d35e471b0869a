//! The file systems of a host. Mounted from here: a shell that did it would start a dozen processes
//! for each host, which an emulated machine takes seconds for.

use std::ffi::CString;
use std::fs;

use anyhow::{Context, Result};
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};

/// File systems that a host has for itself, and where they are, but for /proc.
const OWN: [[&str; 2]; 3] = [["sysfs", "/sys"], ["bpf", "/sys/fs/bpf"], ["tmpfs", "/run"]];

/// Makes the calling thread's namespace of mounts that of a host: changes below `private`, which must
/// exist, are seen nowhere else.
///
/// # Errors
/// Without root, or where the kernel lacks one of the file systems.
pub(super) fn furnish<'a>(private: impl IntoIterator<Item = &'a str>) -> Result<()> {
    let hidden = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", hidden).context("cannot hide mounts")?;
    for [kind, place] in OWN {
        mount_at(place, kind, None)?;
    }
    fs::create_dir("/run/lock").context("cannot create /run/lock")?;
    private.into_iter().try_for_each(overlay)
}

fn overlay(directory: &str) -> Result<()> {
    let layer = |name| format!("/run/.lab{directory}/{name}");
    let (upper, work) = (layer("upper"), layer("work"));
    for made in [&upper, &work] {
        fs::create_dir_all(made).with_context(|| format!("cannot create {made}"))?;
    }
    let layers = format!("lowerdir={directory},upperdir={upper},workdir={work}");
    mount_at(directory, "overlay", Some(&CString::new(layers)?))
}

fn mount_at(place: &str, kind: &str, options: Option<&CString>) -> Result<()> {
    let options = options.map(CString::as_c_str);
    mount(kind, place, kind, MountFlags::empty(), options)
        .with_context(|| format!("cannot mount {kind} on {place}"))
}
