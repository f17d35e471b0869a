//! Where the data path is: on every interface that carries a router or a virtual address, through
//! whatever happens to the interface, and no longer than a daemon answers for it.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use anyhow::{Result, ensure};
use ha_tests::lab::{Asker, Capture, Host, Mac, pause, until};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, Solo, VIP};

const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 9);
/// How long to listen for what must not come.
const SILENCE: Duration = Duration::from_millis(300);
/// Several intervals of [`CONFIG`], and so longer than a lease.
const LEASE: Duration = Duration::from_secs(1);

/// [`CONFIG`] with more virtual addresses.
fn with_addresses(addresses: &[&str]) -> String {
    let more = addresses.join("\n        ");
    CONFIG.replace("192.0.2.100/24", &format!("192.0.2.100/24\n        {more}"))
}

impl Solo {
    /// Waits until packets are judged in both directions at `interface`.
    fn wait_for_guard(&self, interface: &str) -> Result<()> {
        until(&format!("the guard of {interface}"), PATIENCE, || {
            let status = self.status()?;
            let known = status.interfaces.iter().find(|it| it.name == interface);
            let at_both = known.is_some_and(|it| it.xdp != "off" && it.open_egress.is_none());
            Ok(at_both && self.programs(interface)?.contains("vipd_out_v"))
        })
    }

    /// What `ip` and `tc` show of the programs at `interface`, with their ids.
    fn programs(&self, interface: &str) -> Result<String> {
        let netns = self.host.netns();
        let link = netns.ip(&format!("-details link show {interface}"))?;
        let xdp = link.lines().filter(|line| line.contains("prog/xdp"));
        let mut programs: Vec<_> = xdp.map(str::to_owned).collect();
        for hook in ["ingress", "egress"] {
            programs.push(netns.tc(&format!("filter show dev {interface} {hook}"))?);
        }
        Ok(programs.join("\n"))
    }
}

/// A client on the LAN of `solo`, and its MAC.
fn client(solo: &mut Solo) -> Result<(Host, Mac)> {
    let host = Host::new("client")?;
    let mac = solo.lan.attach(&host, "eth0", "192.0.2.9/24")?;
    Ok((host, mac))
}

#[test]
fn whatever_carries_an_address_is_guarded() -> Result<()> {
    let mut solo = Solo::new()?;
    solo.lan.attach(&solo.host, "eth1", "192.0.2.2/24")?;
    let (client, mac) = client(&mut solo)?;
    for command in [
        "link add br0 type bridge",
        "link set br0 up",
        "link add mac0 link eth1 type macvlan mode bridge",
        "link set mac0 up",
    ] {
        solo.host.netns().ip(command)?;
    }
    let carried = [
        ("eth1", Ipv4Addr::new(192, 0, 2, 101)),
        ("br0", Ipv4Addr::new(192, 0, 2, 102)),
        ("mac0", Ipv4Addr::new(192, 0, 2, 103)),
        ("lo", Ipv4Addr::new(192, 0, 2, 104)),
    ];
    let lines = carried.map(|(interface, address)| format!("{address}/32 dev {interface}"));
    let config = with_addresses(&lines.each_ref().map(String::as_str));
    let daemon = solo.start(&config)?;
    solo.wait_for_guard("eth0")?;
    for (interface, address) in carried {
        solo.wait_for_guard(interface)?;
        until("the address", PATIENCE, || solo.host.has_address(address))?;
    }

    let ask_for_all = |limit| -> Result<Vec<_>> {
        let answer = |asked| -> Result<_> {
            // Whoever asked before may have had more answers than one.
            let mut asker = Asker::new(client.netns(), mac, CLIENT, asked)?;
            Ok((asked, asker.answer_within(limit)?))
        };
        let addresses = carried.into_iter().map(|(_, address)| address);
        addresses.chain([VIP]).map(answer).collect()
    };
    for (asked, answer) in ask_for_all(PATIENCE)? {
        ensure!(answer.is_some(), "nobody answers for {asked}");
    }
    daemon.freeze()?;
    pause(LEASE)?;
    for (asked, answer) in ask_for_all(SILENCE)? {
        ensure!(answer.is_none(), "{answer:?} answers for {asked}");
    }
    daemon.thaw()
}

#[test]
fn an_interface_that_comes_back_is_guarded_again() -> Result<()> {
    let mut solo = Solo::new()?;
    solo.lan.attach(&solo.host, "eth1", "")?;
    let other = Ipv4Addr::new(192, 0, 2, 101);
    let daemon = solo.start(&with_addresses(&["192.0.2.101/32 dev eth1"]))?;
    for _ in 0..2 {
        solo.wait_for_guard("eth1")?;
        until("the address", PATIENCE, || solo.host.has_address(other))?;
        ensure!(daemon.state(INSTANCE) == Some("MASTER"));
        solo.host.netns().ip("link del eth1")?;
        until("the end of eth1", PATIENCE, || {
            let status = solo.status()?;
            Ok(status.interfaces.iter().all(|it| it.name != "eth1"))
        })?;
        solo.lan.attach(&solo.host, "eth1", "")?;
    }
    solo.wait_for_guard("eth1")
}

#[test]
fn a_renamed_interface_leaves_its_name_to_another() -> Result<()> {
    let mut solo = Solo::new()?;
    solo.lan.attach(&solo.host, "eth1", "")?;
    let _daemon = solo.start(&with_addresses(&["192.0.2.101/32 dev eth1"]))?;
    solo.wait_for_guard("eth1")?;
    for command in ["link set eth1 down", "link set eth1 name old1"] {
        solo.host.netns().ip(command)?;
    }
    solo.lan.attach(&solo.host, "eth1", "")?;
    solo.wait_for_guard("eth1")?;
    let other = Ipv4Addr::new(192, 0, 2, 101);
    until("the address", PATIENCE, || {
        let shown = solo.host.netns().ip("address show dev eth1")?;
        Ok(shown.contains(&other.to_string()))
    })
}

#[test]
fn a_changed_mac_is_the_one_that_answers() -> Result<()> {
    let mut solo = Solo::new()?;
    let (client, mac) = client(&mut solo)?;
    let _daemon = solo.start(CONFIG)?;
    let mut asker = Asker::new(client.netns(), mac, CLIENT, VIP)?;
    for number in [77, 78] {
        let changed = Mac::of_lab(number);
        let netns = solo.host.netns();
        netns.ip(&format!("link set eth0 address {changed}"))?;
        until("answers from the new MAC", PATIENCE, || {
            Ok(asker.answer_within(SILENCE)? == Some(changed))
        })?;
    }
    Ok(())
}

#[test]
fn a_reload_leaves_the_programs_alone() -> Result<()> {
    let solo = Solo::new()?;
    let daemon = solo.start(CONFIG)?;
    solo.wait_for_guard("eth0")?;
    let before = solo.programs("eth0")?;
    ensure!(before.contains("id "), "{before}");
    let other = Ipv4Addr::new(192, 0, 2, 101);
    let changed = with_addresses(&["192.0.2.101/24"]);
    for config in [
        changed.as_str(),
        &changed.replace("priority 100", "priority 90"),
        &format!("xdp {{\n backup_traffic drop\n}}\n{changed}"),
    ] {
        solo.reload(&daemon, config)?;
        until("the new address", PATIENCE, || solo.host.has_address(other))?;
        pause(SILENCE)?;
        let after = solo.programs("eth0")?;
        ensure!(after == before, "{before}\nbecame\n{after}");
    }
    Ok(())
}

/// Everything is killed. When its lease ends nobody answers, for the director does not own the
/// address; when nobody has answered for the programs for two lifetimes of an address, they are in
/// nobody's way: an address that somebody else puts there is answered for by the kernel.
#[test]
fn what_a_dead_daemon_left_behind_ends_by_itself() -> Result<()> {
    const LIFETIME: Duration = Duration::from_secs(4);
    let mut solo = Solo::new()?;
    let (client, mac) = client(&mut solo)?;
    let lifetime = LIFETIME.as_secs();
    let config = format!("xdp {{\n address_lifetime {lifetime}\n}}\n{CONFIG}");
    let mut daemon = solo.start(&config)?;
    let mut asker = Asker::new(client.netns(), mac, CLIENT, VIP)?;
    ensure!(asker.answer_within(PATIENCE)?.is_some(), "while it lives");

    daemon.kill()?;
    pause(LEASE)?;
    let answer = asker.answer_within(SILENCE)?;
    ensure!(answer.is_none(), "{answer:?} after the lease");
    let programs = solo.programs("eth0")?;
    ensure!(programs.contains("vipd_out_v"), "they outlive the daemon");

    until("the address to go", PATIENCE, || {
        Ok(!solo.host.has_address(VIP)?)
    })?;
    solo.host
        .netns()
        .ip("address add 192.0.2.100/24 dev eth0")?;
    until("the kernel's answer", 3 * LIFETIME, || {
        Ok(asker.answer_within(SILENCE)?.is_some())
    })
}

#[test]
fn what_the_kernel_holds_from_an_address_goes_with_it() -> Result<()> {
    let mut solo = Solo::new()?;
    let (client, _) = client(&mut solo)?;
    let mut daemon = solo.start(CONFIG)?;
    solo.wait_for_guard("eth0")?;
    // It asks, and does not tell where the answer is to go.
    client.netns().ip("link set eth0 arp off")?;
    let director = solo.host.sh("cat /sys/class/net/eth0/address")?;
    let director = director.trim();
    client.netns().ip(&format!(
        "neighbour add {VIP} lladdr {director} dev eth0 nud permanent"
    ))?;
    solo.host.netns().ip("neighbour flush dev eth0")?;
    let ask = || UdpSocket::bind((CLIENT, 0))?.send_to(b"question", (VIP, 9));
    client.netns().enter(ask)??;
    let held = || {
        let neighbours = solo
            .host
            .netns()
            .ip("neighbour show dev eth0 nud incomplete")?;
        Ok(neighbours.contains(&CLIENT.to_string()))
    };
    until("an answer that is held", PATIENCE, held)?;
    daemon.stop()?;
    let heard = Capture::start(client.netns(), "eth0", |frame| frame.speaks_as(VIP))?;
    client.netns().ip("link set eth0 arp on")?;
    // The kernel asks for a neighbour once a second, three times.
    pause(Duration::from_millis(2500))?;
    ensure!(heard.frames().is_empty(), "{:?}", heard.frames());
    Ok(())
}
