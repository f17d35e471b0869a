//! The lab tested by itself: what others rely on without looking.

use std::net::Ipv4Addr;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{Host, Lan, until};

fn pair() -> (Lan, Host, Host) {
    let mut lan = Lan::new().unwrap();
    let (a, b) = (Host::new("a").unwrap(), Host::new("b").unwrap());
    lan.attach(&a, "eth0", "192.0.2.1/24").unwrap();
    lan.attach(&b, "ens33", "192.0.2.2/24").unwrap();
    (lan, a, b)
}

fn reaches(from: &Host, address: &str) -> bool {
    let mut ping = Command::new("ping");
    let status = from
        .output(ping.args(["-c1", "-W1", address]))
        .unwrap()
        .status;
    status.success()
}

#[test]
fn hosts_reach_each_other_until_the_cable_is_cut() {
    let (lan, a, b) = pair();
    assert!(reaches(&a, "192.0.2.2"));
    lan.cut(&b).unwrap();
    assert!(!reaches(&a, "192.0.2.2"));
    let state = b.netns().ip("-oneline link show ens33").unwrap();
    assert!(
        state.contains("LOWER_UP"),
        "the cut must be silent: {state}"
    );
    lan.heal(&b).unwrap();
    assert!(reaches(&a, "192.0.2.2"));
}

#[test]
fn a_host_has_processes_and_files_of_its_own() {
    let (_lan, a, b) = pair();
    a.write("/etc/keepalived/keepalived.conf", "of a").unwrap();
    assert_eq!(a.sh("cat /etc/keepalived/keepalived.conf").unwrap(), "of a");
    assert!(b.sh("cat /etc/keepalived/keepalived.conf").is_err());
    assert_eq!(b.sh("ls -A /run/lock").unwrap(), "");
    let mut sleeper = a.spawn(Command::new("sleep").arg("60")).unwrap();
    // The name changes a moment after the child is on its way.
    let listed = || Ok(a.processes(&["sleep"])?.len() == 1);
    until("its process", Duration::from_secs(3), listed).unwrap();
    assert!(b.processes(&["sleep"]).unwrap().is_empty());
    a.sh("killall sleep").unwrap();
    sleeper.wait().unwrap();
    assert!(a.has_address(Ipv4Addr::new(192, 0, 2, 1)).unwrap());
}

#[test]
fn orphans_of_a_host_are_reaped() {
    let (_lan, a, _) = pair();
    a.sh("(sleep 0.1 &) ; true").unwrap();
    let gone = || {
        Ok(a.sh("ps -e -o stat=")
            .unwrap()
            .lines()
            .all(|line| !line.starts_with('Z')))
    };
    until("no zombie", Duration::from_secs(3), gone).unwrap();
}

#[test]
fn everything_on_a_host_ends_with_it() {
    let (lan, a, b) = pair();
    let mut sleeper = a.spawn(Command::new("sleep").arg("60")).unwrap();
    let started = Instant::now();
    drop((lan, a, b));
    sleeper.wait().unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
}
