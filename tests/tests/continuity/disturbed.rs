//! A process that is frozen and thawed all the time while it starts has a data path in the end, and leaves
//! programs that the next one knows.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use ha_tests::lab::{Daemon, Host, Lan, Signal, Tools, pause, status, until};

use crate::patient::PATIENCE;

const STARTS: usize = 6;
/// Far longer than programs take to be loaded.
const STORM: Duration = Duration::from_millis(1500);
const CONFIG: &str = "xdp {
    mode native
}
vrrp_instance VI_1 {
    interface eth0
    version 3
    virtual_router_id 51
    advert_int 0.1
    virtual_ipaddress {
        192.0.2.100/24
    }
}
";

#[test]
fn a_start_that_is_disturbed_all_the_time_has_its_data_path() -> Result<()> {
    let mut lan = Lan::new()?;
    let host = Host::new("lb1")?;
    lan.attach(&host, "eth0", "192.0.2.1/24")?;
    for _ in 0..STARTS {
        let mut daemon = Daemon::start(&host, &Tools::vipd()?, CONFIG)?;
        disturb(&daemon)?;
        // One that was being started meanwhile had another name, and keeps it while it is stopped.
        for process in host.processes(&["exe"])? {
            rustix::process::kill_process(process, Signal::CONT)?;
        }
        until("native XDP", PATIENCE, || {
            let interfaces = status(&host).map(|status| status.interfaces);
            Ok(interfaces.is_ok_and(|all| all.iter().all(|one| one.xdp == "native")))
        })
        .map_err(|error| anyhow!("{error:#}\n{}{}", host.picture(), daemon.log().tail(20)))?;
        // What it leaves behind the next one must know as ours.
        daemon.kill()?;
    }
    Ok(())
}

fn disturb(daemon: &Daemon) -> Result<()> {
    let end = Instant::now() + STORM;
    while Instant::now() < end {
        daemon.signal_all(Signal::STOP)?;
        pause(Duration::from_micros(300))?;
        daemon.signal_all(Signal::CONT)?;
        pause(Duration::from_micros(700))?;
    }
    Ok(())
}
