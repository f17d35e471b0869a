//! The network cards of virtual machines, which run XDP in their drivers.

use std::net::Ipv4Addr;
use std::process::Command;

use anyhow::{Result, ensure};
use ha_tests::lab::{Daemon, Host, Tools, until};

use crate::devices::{VLAN, make_vlan};
use crate::scene::{CABLE, SLACK, VIP, mode};

/// An address on [`VLAN`].
const VLAN_VIP: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 100);

/// A director and a client, each with a card of the machine itself.
struct Cards {
    director: Host,
    client: Host,
}

impl Cards {
    /// The cards go to a director and a client, as their `eth0`.
    fn hand_over([director, client]: [&str; 2]) -> Result<Self> {
        let cards = Self {
            director: Host::new("lb1")?,
            client: Host::new("client")?,
        };
        give(director, &cards.director, "192.0.2.1")?;
        give(client, &cards.client, "192.0.2.50")?;
        make_vlan(&cards.client)?;
        let netns = cards.client.netns();
        netns.ip(&format!("address add 198.51.100.50/24 dev {VLAN}"))?;
        Ok(cards)
    }

    /// vipd on the director, which owns its addresses.
    fn start(&self) -> Result<Daemon> {
        let config = format!(
            "global_defs {{\n    dynamic_interfaces\n}}\nvrrp_instance VI_1 {{\n    state BACKUP\n    interface {CABLE}\n    version 3\n    \
             virtual_router_id 51\n    priority 200\n    advert_int 1\n    virtual_ipaddress {{\n        \
             {VIP}/24\n        {VLAN_VIP}/24 dev {VLAN}\n    }}\n}}\n"
        );
        let daemon = Daemon::start(&self.director, &Tools::vipd()?, &config)?;
        daemon.wait_for("VI_1", "MASTER", 2 * SLACK)?;
        Ok(daemon)
    }

    /// Waits until the client reaches `address` of the director.
    fn expect_echo(&self, address: Ipv4Addr) -> Result<()> {
        until(&format!("an echo of {address}"), SLACK, || {
            let mut ping = Command::new("ping");
            let ping = ping.args(["-c1", "-W2"]).arg(address.to_string());
            Ok(self.client.output(ping)?.status.success())
        })
    }
}

/// Gives `host` an interface of the machine itself, as `eth0`. It comes back when the host ends.
fn give(card: &str, host: &Host, address: &str) -> Result<()> {
    let netns = host.netns().path();
    let mut ip = Command::new("ip");
    ip.args(["link", "set", card, "name", CABLE, "netns"])
        .arg(netns);
    let status = ip.status()?;
    ensure!(status.success(), "ip: {status}");
    host.netns()
        .ip(&format!("address add {address}/24 dev {CABLE}"))?;
    host.netns().ip(&format!("link set {CABLE} up"))?;
    Ok(())
}

/// It leaves tags in the frames, behind which XDP answers.
#[test]
fn native_xdp_answers_on_virtio_for_its_vlan_as_well() -> Result<()> {
    let cards = Cards::hand_over(["eth0", "eth1"])?;
    make_vlan(&cards.director)?;
    let _daemon = cards.start()?;
    let (mode, why) = mode(&cards.director, CABLE)?;
    assert_eq!(mode, "native", "{why}");
    cards.expect_echo(VIP)?;
    cards.expect_echo(VLAN_VIP)
}

/// It takes tags off, as most hardware does, and XDP in its driver is not told of them.
#[test]
fn the_first_vlan_on_a_card_that_hides_tags_moves_the_programs_to_tc() -> Result<()> {
    let cards = Cards::hand_over(["eth3", "eth2"])?;
    let _daemon = cards.start()?;
    cards.expect_echo(VIP)?;
    make_vlan(&cards.director)?;
    until("the move to tc", SLACK, || {
        let (mode, why) = mode(&cards.director, CABLE)?;
        Ok(mode == "tc" && why.contains("rxvlan off"))
    })?;
    cards.expect_echo(VIP)?;
    cards.expect_echo(VLAN_VIP)
}
