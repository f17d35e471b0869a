//! The first article: one VIP, two directors of equal priority.

use std::net::Ipv4Addr;

use anyhow::Result;
use ha_tests::pair::{Make, Pair, Port, SOON, Side};

use crate::tell;

const LB1: &str = include_str!("../../../ha-user/tests/config/article-1-master.conf");
const LB2: &str = include_str!("../../../ha-user/tests/config/article-1-backup.conf");

const VIP: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 188);
const PORTS: [Port; 2] = [
    Port {
        interface: "eth0",
        address: Ipv4Addr::new(192, 168, 0, 154),
    },
    // The article's table says 192.168.9.155; its configuration and its `ip a` say this.
    Port {
        interface: "eth0",
        address: Ipv4Addr::new(192, 168, 0, 155),
    },
];

#[test]
fn the_vip_moves_and_equal_priority_does_not_take_it_back() {
    tell(|make| Pair::new(PORTS)?.play(|pair| story(pair, make)));
}

fn story(pair: &mut Pair, make: Make) -> Result<()> {
    pair.at_mut(Side::Lb1).start(make, LB1)?;
    pair.settle("VI_1", VIP, Side::Lb1, SOON)?;
    pair.at_mut(Side::Lb2).start(make, LB2)?;
    pair.at(Side::Lb2)
        .wait_for_line("(VI_1) Entering BACKUP STATE")?;
    pair.settle("VI_1", VIP, Side::Lb1, SOON)?;
    pair.assert_answers(VIP, Side::Lb1)?;
    pair.at(Side::Lb1).assert_mode(make)?;

    pair.at_mut(Side::Lb1).stop()?;
    pair.settle("VI_1", VIP, Side::Lb2, SOON)?;
    pair.assert_answers(VIP, Side::Lb2)?;

    pair.at_mut(Side::Lb1).start(make, LB1)?;
    pair.at(Side::Lb1)
        .wait_for_line("(VI_1) Entering BACKUP STATE")?;
    // Longer than the new one would have waited for an advert.
    ha_tests::lab::pause(SOON)?;
    pair.at(Side::Lb1).assert_no_line("Entering MASTER")?;
    pair.settle("VI_1", VIP, Side::Lb2, SOON)?;
    pair.assert_answers(VIP, Side::Lb2)
}
