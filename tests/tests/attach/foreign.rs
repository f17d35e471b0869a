//! Programs, filters and qdiscs of others.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;

use anyhow::Result;
use ha_tests::lab::{Host, Lan, Netns};
use ha_user::datapath::{self, AttachError, AttachMode, Mode};
use rustix::fs::{MemfdFlags, memfd_create};

use crate::cable::{Cable, attach, ifindex, load, owner};

#[test]
fn a_foreign_program_is_named_and_left_alone() -> Result<()> {
    let mut lan = Lan::new()?;
    let host = Host::new("foreign")?;
    lan.attach(&host, "eth0", "192.0.2.1/24")?;
    let port = ifindex(lan.netns(), "port1")?;
    let mut datapath = load(lan.netns())?;
    let left_alone = |id: u32| -> Result<()> {
        let shown = lan.netns().ip("link show port1")?;
        assert!(shown.contains(&format!("prog/xdp id {id} ")), "{shown}");
        Ok(())
    };
    let mut foreign = 0;
    for mode in [AttachMode::Native, AttachMode::Generic] {
        let Err(error @ AttachError::Foreign { id, .. }) = datapath.attach(port, mode) else {
            panic!("it was not seen");
        };
        assert!(error.to_string().contains(&format!("(id {id})")), "{error}");
        left_alone(id)?;
        foreign = id;
    }
    let attachment = datapath.attach(port, AttachMode::Auto)?;
    assert_eq!(attachment.mode, Mode::Tc, "there is room beside it");
    assert!(attachment.why.contains("not vipd's"), "{}", attachment.why);
    left_alone(foreign)?;
    lan.netns().enter(|| datapath::detach(port))??;
    left_alone(foreign)
}

/// A filter that every kernel has: classic BPF, which lets everything through.
fn add_foreign_filter(netns: &Netns) -> Result<()> {
    let mut bytecode = File::from(memfd_create("bytecode", MemfdFlags::empty())?);
    bytecode.write_all(b"1,6 0 0 0")?;
    netns.tc(&format!(
        "filter add dev eth0 egress prio 1 protocol ip bpf bytecode-file /proc/{}/fd/{}",
        std::process::id(),
        bytecode.as_raw_fd()
    ))?;
    Ok(())
}

#[test]
fn filters_and_qdiscs_of_others_stay() -> Result<()> {
    let cable = Cable::new()?;
    let director = &cable.director;
    director.tc("qdisc add dev eth0 clsact")?;
    add_foreign_filter(director)?;
    let before = director.tc("filter show dev eth0 egress")?;
    let mut datapath = owner(director)?;
    let attachment = attach(director, &mut datapath, AttachMode::Tc)?;
    assert_eq!(attachment.open_egress, None);
    let during = director.tc("filter show dev eth0 egress")?;
    assert!(during.contains("vipd_out_v"), "{during}");
    assert!(during.contains(before.trim_end()), "{during}");
    assert!(datapath.detach_all().is_empty());
    assert_eq!(director.tc("filter show dev eth0 egress")?, before);
    assert!(director.tc("qdisc show dev eth0")?.contains("clsact"));
    Ok(())
}

#[test]
fn a_qdisc_made_for_the_purpose_goes_with_it() -> Result<()> {
    let cable = Cable::new()?;
    let mut datapath = owner(&cable.director)?;
    attach(&cable.director, &mut datapath, AttachMode::Tc)?;
    let during = cable.director.tc("qdisc show dev eth0")?;
    assert!(during.contains("clsact"), "{during}");
    assert!(datapath.detach_all().is_empty());
    let after = cable.director.tc("qdisc show dev eth0")?;
    assert!(!after.contains("clsact"), "{after}");
    Ok(())
}

#[test]
fn a_qdisc_that_a_predecessor_made_goes_with_the_last() -> Result<()> {
    let cable = Cable::new()?;
    for mode in [AttachMode::Tc, AttachMode::Generic, AttachMode::Tc] {
        attach(&cable.director, &mut owner(&cable.director)?, mode)?;
    }
    let mut last = owner(&cable.director)?;
    attach(&cable.director, &mut last, AttachMode::Generic)?;
    assert!(last.detach_all().is_empty());
    let after = cable.director.tc("qdisc show dev eth0")?;
    assert!(!after.contains("clsact"), "{after}");
    Ok(())
}

#[test]
fn an_open_egress_is_admitted() -> Result<()> {
    let cable = Cable::new()?;
    cable.director.tc("qdisc add dev eth0 ingress")?;
    let mut datapath = owner(&cable.director)?;
    let attachment = attach(&cable.director, &mut datapath, AttachMode::Auto)?;
    assert_eq!(attachment.mode, Mode::Generic, "{}", attachment.why);
    let why = attachment.open_egress.expect("clsact has no room");
    assert!(why.contains("ingress"), "{why}");
    Ok(())
}
