//! The third article: a check of nginx's port moves the VIP by its weight, and the VIP is also an
//! alias of the interface on both directors.
//!
//! The article prints the configuration of keepalived only up to `script “`, where the shell's
//! `<` ended it, and the comments after it. Supplied here: the check, as `</dev/tcp/...` that is
//! run by a shell; interval 1 and weight -30; instance VI_1 with the keywords that the comments
//! name; priority 80 for the second director ("must be smaller"); VRID and password. Of nginx.conf
//! it prints the `server` block; supplied: what stands around it. The document root is below
//! nginx's own prefix.

use std::net::Ipv4Addr;

use anyhow::{Result, ensure};
use ha_tests::lab::Nginx;
use ha_tests::pair::{Make, Pair, Port, SOON, Side};

use crate::{nginx, tell};

const LB1: &str = include_str!("../../data/articles/third/lb1.conf");
const LB2: &str = include_str!("../../data/articles/third/lb2.conf");
const NGINX: &str = include_str!("../../data/articles/third/nginx.conf");
const PREFIX: &str = "/usr/local/lnmp/nginx";

const VIP: Ipv4Addr = Ipv4Addr::new(172, 25, 44, 100);
const PORTS: [Port; 2] = [
    Port {
        interface: "eth0",
        address: Ipv4Addr::new(172, 25, 44, 3),
    },
    Port {
        interface: "eth0",
        address: Ipv4Addr::new(172, 25, 44, 4),
    },
];

#[test]
fn the_vip_follows_nginx_beside_an_alias_that_stays() {
    tell(|make| Pair::new(PORTS)?.play(|pair| story(pair, make)));
}

fn story(pair: &mut Pair, make: Make) -> Result<()> {
    let nginx = serve(pair)?;
    pair.at_mut(Side::Lb2).start(make, LB2)?;
    pair.at_mut(Side::Lb1).start(make, LB1)?;
    expect(pair, make, Side::Lb1)?;
    pair.at(Side::Lb1).assert_mode(make)?;

    pair.at_mut(Side::Lb1).stop()?;
    expect_vip(pair, Side::Lb2)?;
    pair.at_mut(Side::Lb1).start(make, LB1)?;
    expect(pair, make, Side::Lb1)?;

    pair.at(Side::Lb1).host().sh("killall nginx")?;
    expect(pair, make, Side::Lb2)?;
    nginx.start()?;
    expect(pair, make, Side::Lb1)
}

/// The alias and nginx on both directors; returns the first one's nginx.
fn serve(pair: &Pair) -> Result<Nginx> {
    let serve_at = |side: Side| {
        let host = pair.at(side).host();
        host.netns()
            .ip(&format!("address add {VIP}/24 dev eth0 label eth0:0"))?;
        let address = PORTS[side as usize].address;
        let page = format!("Welcome to nginx! {address}\n");
        host.write(&format!("{PREFIX}/html/index.html"), &page)?;
        let config = NGINX.replace("/var/www/html", &format!("{PREFIX}/html"));
        let nginx = Nginx::install(host, PREFIX, &nginx()?, &config)?;
        nginx.start().map(|()| nginx)
    };
    serve_at(Side::Lb2)?;
    serve_at(Side::Lb1)
}

/// The VIP is on `owner` alone, the alias on both.
fn expect_vip(pair: &Pair, owner: Side) -> Result<()> {
    pair.settle("VI_1", VIP, owner, 2 * SOON)?;
    for side in [Side::Lb1, Side::Lb2] {
        ensure!(
            pair.at(side).has(VIP, 24)?,
            "the alias has gone from {side:?}"
        );
    }
    Ok(())
}

/// [`expect_vip`] while both daemons run: both kernels would answer for the alias, and only the
/// data path keeps the Backup's from it.
fn expect(pair: &Pair, make: Make, owner: Side) -> Result<()> {
    expect_vip(pair, owner)?;
    let answering = pair.arp_answerers(VIP)?;
    if !make.has_data_path() {
        let both = [Side::Lb1, Side::Lb2].into();
        ensure!(answering == both, "only {answering:?} answer");
        return Ok(());
    }
    ensure!(
        answering == [owner].into(),
        "{answering:?} answer, not {owner:?} alone"
    );
    let page = pair.pages(VIP, 8088, "/", 1)?.concat();
    let address = PORTS[owner as usize].address.to_string();
    ensure!(page.contains(&address), "not from {owner:?}: {page}");
    Ok(())
}
