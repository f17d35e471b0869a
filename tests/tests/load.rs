//! Loading without the rights that it takes: the daemon must be able to say what is missing.

use std::process::Command;

use anyhow::Result;
use ha_user::datapath::{Datapath, LoadOptions};

#[test]
fn a_missing_right_is_named() -> Result<()> {
    for right in ["bpf", "net_admin"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ha-child"));
        let output = command.args(["load-without", right]).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "it loads without {right}");
        assert!(
            said.contains("CAP_BPF") && said.contains("CAP_NET_ADMIN"),
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
