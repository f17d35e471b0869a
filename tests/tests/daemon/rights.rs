//! Without the right to load BPF, or with somebody else's program in the way.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Daemon, pause};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, Solo, VIP};

fn check_works_as_keepalived(solo: &Solo, daemon: &mut Daemon) -> Result<()> {
    daemon.wait_for(INSTANCE, "MASTER", PATIENCE)?;
    let status = solo.status()?;
    let interface = status.interfaces.first().context("an interface")?;
    ensure!(
        interface.xdp == "off" && !interface.why.is_empty(),
        "{interface:?}"
    );
    println!("{}: {}", interface.name, interface.why);
    let told = Instant::now();
    ensure!(daemon.stop()? < Duration::from_secs(2));
    ensure!(!solo.host.has_address(VIP)?);
    pause(Duration::from_millis(200))?;
    solo.check_one_farewell(told)
}

#[test]
fn without_the_right_to_load_bpf_it_says_so_and_works() -> Result<()> {
    let solo = Solo::new()?;
    solo.configure(CONFIG)?;
    let dropped = "-bpf,-sys_admin,-perfmon";
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--bounding-set={dropped}"))
        .arg(format!("--inh-caps={dropped}"));
    let mut daemon = Daemon::launch(&solo.host, command.args(["keepalived", "-n", "-l", "-D"]))?;
    check_works_as_keepalived(&solo, &mut daemon)?;
    ensure!(
        !daemon.log().matching("no XDP").is_empty(),
        "{}",
        daemon.log().tail(20)
    );
    Ok(())
}

#[test]
fn mode_off_works_as_keepalived() -> Result<()> {
    let solo = Solo::new()?;
    let mut daemon = solo.launch(&format!("xdp {{\n mode off\n}}\n{CONFIG}"), &["-n", "-l"])?;
    check_works_as_keepalived(&solo, &mut daemon)
}
