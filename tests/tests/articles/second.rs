//! The second article: nginx in front of two servers, a check that nobody uses, `nopreempt` that
//! means nothing.
//!
//! Pictures in the article show its nginx.conf; supplied here: [`BALANCER`], the same on both
//! directors, and [`TOMCATS`], which stands for the two Tomcats on the first one.

use std::net::Ipv4Addr;

use anyhow::{Result, ensure};
use ha_tests::lab::Nginx;
use ha_tests::pair::{Make, Pair, Port, SOON, Side};

use crate::{nginx, tell};

const LB1: &str = include_str!("../../../ha-user/tests/config/article-2-master.conf");
const LB2: &str = include_str!("../../../ha-user/tests/config/article-2-backup.conf");
const CHECK: &str = include_str!("../../data/articles/second/nginx_check.sh");
const BALANCER: &str = include_str!("../../data/articles/second/nginx.conf");
const TOMCATS: &str = include_str!("../../data/articles/second/tomcats.conf");

const VIP: Ipv4Addr = Ipv4Addr::new(192, 168, 192, 130);
const PORTS: [Port; 2] = [
    Port {
        interface: "ens33",
        address: Ipv4Addr::new(192, 168, 192, 10),
    },
    Port {
        interface: "ens33",
        address: Ipv4Addr::new(192, 168, 192, 11),
    },
];

#[test]
fn two_servers_take_turns_behind_a_vip_that_comes_back() {
    tell(|make| Pair::new(PORTS)?.play(|pair| story(pair, make)));
}

fn story(pair: &mut Pair, make: Make) -> Result<()> {
    serve(pair)?;
    pair.at_mut(Side::Lb2).start(make, LB2)?;
    pair.at_mut(Side::Lb1).start(make, LB1)?;
    pair.settle("VI_1", VIP, Side::Lb1, SOON)?;
    pair.assert_answers(VIP, Side::Lb1)?;
    assert_round_robin(pair)?;
    pair.at(Side::Lb1).assert_mode(make)?;
    assert_warnings(pair)?;

    pair.at_mut(Side::Lb1).stop()?;
    pair.settle("VI_1", VIP, Side::Lb2, SOON)?;
    pair.assert_answers(VIP, Side::Lb2)?;
    assert_round_robin(pair)?;

    pair.at_mut(Side::Lb1).start(make, LB1)?;
    pair.settle("VI_1", VIP, Side::Lb1, SOON)?;
    pair.assert_answers(VIP, Side::Lb1)?;
    assert_round_robin(pair)
}

fn serve(pair: &Pair) -> Result<()> {
    for side in [Side::Lb1, Side::Lb2] {
        let host = pair.at(side).host();
        host.write_script("/etc/keepalived/nginx_check.sh", CHECK)?;
        Nginx::install(host, "/usr/local/nginx", &nginx()?, BALANCER)?.start()?;
    }
    let tomcats = pair.at(Side::Lb1).host();
    Nginx::install(tomcats, "/usr/local/tomcats", &nginx()?, TOMCATS)?.start()
}

fn assert_round_robin(pair: &Pair) -> Result<()> {
    let pages = pair.pages(VIP, 80, "/weight", 6)?;
    let alternate = pages.windows(2).all(|pair| pair[0] != pair[1]);
    let known = ["<h1>port:8080</h1>\n", "<h1>port:8081</h1>\n"];
    let all_known = pages.iter().all(|page| known.contains(&page.as_str()));
    ensure!(alternate && all_known, "no round robin: {pages:?}");
    Ok(())
}

fn assert_warnings(pair: &Pair) -> Result<()> {
    let cleared = "(VI_1) Warning - nopreempt will not work with initial state MASTER - clearing";
    pair.at(Side::Lb1).wait_for_line(cleared)?;
    for side in [Side::Lb1, Side::Lb2] {
        let unused = "Warning - script chk_nginx is not used";
        pair.at(side).wait_for_line(unused)?;
    }
    Ok(())
}
