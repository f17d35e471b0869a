//! Takes a vipd's programs off an interface, also those of a daemon that is dead.

use super::attach::{AttachError, read};
use super::choice::Mode;
use super::device::Device;
use super::program::Hook;
use super::tc::TcHook;
use super::xdp;
use crate::net::netlink::{Netlink, Refusal};

/// Takes the programs of any version of vipd off `ifindex`. Returns the hooks where there was one.
/// XDP programs and filters of others stay, and so does the clsact qdisc, which others may count
/// on.
///
/// # Errors
/// There is no such interface, or the kernel refuses.
pub fn detach(ifindex: u32) -> Result<Vec<Hook>, AttachError> {
    let netlink = &mut Netlink::open().map_err(|error| AttachError::Interface {
        ifindex,
        refusal: error.into(),
    })?;
    let device = read(netlink, ifindex)?;
    let mut hooks = Vec::new();
    if detach_xdp(netlink, &device)? {
        hooks.push(Hook::Xdp);
    }
    for hook in [Hook::Ingress, Hook::Egress] {
        let filter = TcHook { ifindex, hook };
        if filter.detach(netlink).map_err(refused(&device, Mode::Tc))? {
            hooks.push(hook);
        }
    }
    Ok(hooks)
}

fn detach_xdp(netlink: &mut Netlink, device: &Device) -> Result<bool, AttachError> {
    let attached = match xdp::find_ours(device) {
        Err(AttachError::Foreign { .. }) => return Ok(false),
        attached => attached?,
    };
    let Some(attached) = attached else {
        return Ok(false);
    };
    let mode = attached.layer.mode();
    xdp::detach(netlink, device, &attached).map_err(refused(device, mode))?;
    Ok(true)
}

fn refused(device: &Device, mode: Mode) -> impl Fn(Refusal) -> AttachError {
    move |refusal| AttachError::Refused {
        interface: device.name.clone(),
        mode,
        refusal,
    }
}
