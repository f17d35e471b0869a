//! Loading without the rights that it takes: the daemon must be able to say what is missing.

use std::process::Command;

use anyhow::Result;
use ha_user::datapath::{Datapath, LoadError, LoadOptions};
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

/// Takes rights away from the calling thread, for good.
fn renounce(rights: CapabilitySet) -> Result<()> {
    let mut sets = capabilities(None)?;
    sets.effective -= rights;
    sets.permitted -= rights;
    sets.inheritable -= rights;
    Ok(set_capabilities(None, sets)?)
}

fn assert_refused(without: CapabilitySet) -> Result<()> {
    // What everything else is part of.
    renounce(without | CapabilitySet::SYS_ADMIN)?;
    let error = Datapath::load(LoadOptions::default()).err();
    let error = error.expect("the kernel lets anybody load XDP programs");
    assert!(matches!(error, LoadError::NotPermitted(_)), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("CAP_BPF") && text.contains("CAP_NET_ADMIN"),
        "{text}"
    );
    Ok(())
}

#[test]
#[ignore = "gives up rights; runs as a child of other tests"]
fn without_bpf() -> Result<()> {
    assert_refused(CapabilitySet::BPF)
}

#[test]
#[ignore = "gives up rights; runs as a child of other tests"]
fn without_net_admin() -> Result<()> {
    assert_refused(CapabilitySet::NET_ADMIN)
}

#[test]
fn a_missing_right_is_named() -> Result<()> {
    for child in ["without_bpf", "without_net_admin"] {
        let mut command = Command::new(std::env::current_exe()?);
        let output = command.args(["--exact", child, "--ignored"]).output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}"
        );
    }
    Ok(())
}

#[test]
fn with_all_rights_it_loads_with_and_without_log_statements() -> Result<()> {
    for debug_xdp in [false, true] {
        let mut datapath = Datapath::load(LoadOptions { debug_xdp })?;
        assert_eq!(datapath.debug_log().is_some(), debug_xdp);
        assert!(datapath.notices().is_some());
        assert!(datapath.counters()?.iter().all(|(_, count)| *count == 0));
    }
    Ok(())
}
