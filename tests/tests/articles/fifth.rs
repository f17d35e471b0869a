//! The fifth article: two VIPs, each director the master of one, and a loop that watches nginx.
//!
//! The article's nginx.conf does not parse as printed (braces and a directive out of place);
//! supplied here: what balances in it. The loop runs from another directory than root's home, and
//! `/etc/init.d/keepalived`, which the article has from its distribution, is [`INIT_SCRIPT`].

use std::net::Ipv4Addr;

use anyhow::{Result, ensure};
use ha_tests::lab::{Nginx, Responder};
use ha_tests::pair::{Make, Pair, Port, SOON, Side};

use crate::{nginx, tell};

const LB1: &str = include_str!("../../../ha-user/tests/config/article-5-one.conf");
const LB2: &str = include_str!("../../../ha-user/tests/config/article-5-two.conf");
const NGINX: &str = include_str!("../../data/articles/fifth/nginx.conf");
const LOOP: &str = include_str!("../../data/articles/fifth/nginxpid.sh");
const LOOP_PATH: &str = "/usr/local/sbin/nginxpid.sh";
/// Its one verb that the loop uses.
const INIT_SCRIPT: &str = "#!/bin/sh\n[ \"$1\" = stop ] && kill \"$(cat /run/keepalived.pid)\"\n";

const VIP_1: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 8);
const VIP_2: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 9);
const PORTS: [Port; 2] = [
    Port {
        interface: "eth0",
        address: Ipv4Addr::new(192, 168, 1, 5),
    },
    Port {
        interface: "eth0",
        address: Ipv4Addr::new(192, 168, 1, 6),
    },
];

#[test]
fn two_vips_share_two_directors() {
    tell(|make| {
        Pair::new(PORTS)?.play(|pair| {
            let _web = serve_web(pair)?;
            serve(pair)?;
            start_and_stop_in_turn(pair, make)
        })
    });
}

#[test]
fn the_loop_restarts_nginx_or_gives_both_vips_away() {
    tell(|make| {
        Pair::new(PORTS)?.play(|pair| {
            let _web = serve_web(pair)?;
            let nginx = serve(pair)?;
            start(pair, make, Side::Lb1)?;
            start(pair, make, Side::Lb2)?;
            expect(pair, [Side::Lb1, Side::Lb2])?;
            watch(pair, &nginx)
        })
    });
}

fn start_and_stop_in_turn(pair: &mut Pair, make: Make) -> Result<()> {
    for side in [Side::Lb1, Side::Lb2] {
        start(pair, make, side)?;
    }
    expect(pair, [Side::Lb1, Side::Lb2])?;
    pair.at(Side::Lb1).assert_mode(make)?;
    pair.at(Side::Lb1)
        .wait_for_line("Truncating auth_pass to 8 characters")?;
    pair.at(Side::Lb2).assert_no_line("Truncating auth_pass")?;
    for side in [Side::Lb1, Side::Lb2] {
        pair.at_mut(side).stop()?;
        expect(pair, [side.other(); 2])?;
        start(pair, make, side)?;
        expect(pair, [Side::Lb1, Side::Lb2])?;
    }
    Ok(())
}

fn start(pair: &mut Pair, make: Make, side: Side) -> Result<()> {
    let printed = [LB1, LB2][side as usize];
    pair.at_mut(side).start(make, printed)
}

fn watch(pair: &mut Pair, nginx: &[Nginx; 2]) -> Result<()> {
    for side in [Side::Lb1, Side::Lb2] {
        let host = pair.at(side).host();
        host.write(LOOP_PATH, LOOP)?;
        host.write_script("/etc/init.d/keepalived", INIT_SCRIPT)?;
        host.sh(&format!("nohup sh {LOOP_PATH} >/dev/null 2>&1 &"))?;
    }
    for killed in nginx {
        killed.kill()?;
    }
    wait_for_nginx(pair)?;
    expect(pair, [Side::Lb1, Side::Lb2])?;

    nginx[0].hide()?;
    nginx[0].kill()?;
    pair.at_mut(Side::Lb1).wait_gone(4 * SOON)?;
    expect(pair, [Side::Lb2; 2])
}

fn wait_for_nginx(pair: &Pair) -> Result<()> {
    for side in [Side::Lb1, Side::Lb2] {
        let host = pair.at(side).host();
        let runs = || Ok(!host.processes(&["nginx"])?.is_empty());
        ha_tests::lab::until("the loop to start nginx", 2 * SOON, runs)?;
    }
    Ok(())
}

/// The article's web servers.
fn serve_web(pair: &mut Pair) -> Result<[Responder; 2]> {
    let mut web = |number: u8| {
        let host = pair.add_host(&format!("web{number}"), Ipv4Addr::new(192, 168, 1, number))?;
        Responder::start(&host, 80)
    };
    Ok([web(17)?, web(18)?])
}

/// nginx on both directors.
fn serve(pair: &Pair) -> Result<[Nginx; 2]> {
    let serve_at = |side: Side| {
        let host = pair.at(side).host();
        let nginx = Nginx::install(host, "/usr/local/nginx", &nginx()?, NGINX)?;
        nginx.start().map(|()| nginx)
    };
    Ok([serve_at(Side::Lb1)?, serve_at(Side::Lb2)?])
}

/// Each VIP is where it belongs, and the client gets the same web server's page from both.
fn expect(pair: &Pair, owners: [Side; 2]) -> Result<()> {
    let instances = [("VI_1", VIP_1), ("VI_2", VIP_2)].into_iter();
    let mut pages = Vec::new();
    for ((instance, vip), owner) in instances.zip(owners) {
        pair.settle(instance, vip, owner, 2 * SOON)?;
        pair.assert_answers(vip, owner)?;
        pages.extend(pair.pages(vip, 80, "/", 3)?);
    }
    let same = pages
        .iter()
        .all(|page| *page == pages[0] && page.contains("web1"));
    ensure!(
        same,
        "ip_hash does not keep the client at one server: {pages:?}"
    );
    Ok(())
}
