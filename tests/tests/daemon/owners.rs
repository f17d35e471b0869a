//! Two that both claim to be the address owner: the one with the higher address wins, unless the other
//! one does not listen.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::{Daemon, Host, Tools, pause};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, Solo};

/// Beyond the Active_Down_Interval of [`CONFIG`].
const WHILE: Duration = Duration::from_millis(500);

#[test]
fn an_owner_yields_to_another_unless_it_ignores_adverts() -> Result<()> {
    for mode in ["auto", "off"] {
        let mut solo = Solo::new()?;
        let rival = Host::new("lb2")?;
        solo.lan.attach(&rival, "eth0", "192.0.2.2/24")?;
        let owner = CONFIG.replace("priority 100", "priority 255");
        let xdp = format!("xdp {{\n mode {mode}\n}}\n");
        let deaf = owner.replace("state BACKUP", "owner_ignore_adverts");
        let daemon = solo.start(&format!("{xdp}{deaf}"))?;
        let begun = Instant::now();
        let other = Daemon::start(&rival, &Tools::vipd()?, &owner)?;
        other.wait_for(INSTANCE, "MASTER", PATIENCE)?;
        pause(WHILE)?;
        let state = daemon.state(INSTANCE);
        ensure!(state == Some("MASTER"), "{mode}: it has yielded: {state:?}");
        solo.check_no_transition(&daemon, begun)?;
        solo.reload(&daemon, &format!("{xdp}{owner}"))?;
        daemon.wait_for(INSTANCE, "BACKUP", PATIENCE)?;
    }
    Ok(())
}
