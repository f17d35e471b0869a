//! The fourth article: a tracked check that restarts nginx, and directors whose interfaces have
//! different names.
//!
//! The check calls nginx at another path than the article has installed it to: that path is
//! mapped. As printed it has a dash that `ps` does not know, so that it finds nginx dead every
//! time; it is tested like that and with the dash that was meant.

use std::net::Ipv4Addr;

use anyhow::{Result, ensure};
use ha_tests::lab::{Nginx, Responder, pause};
use ha_tests::pair::{Make, Pair, Port, SOON, Side};

use crate::{nginx, tell};

const LB1: &str = include_str!("../../../ha-user/tests/config/article-4-master.conf");
const LB2: &str = include_str!("../../../ha-user/tests/config/article-4-backup.conf");
const NGINX: &str = include_str!("../../data/articles/fourth/nginx.conf");
const CHECK: &str = include_str!("../../data/articles/fourth/nginx_check.sh");
const PREFIX: &str = "/usr/local/nginx-1.19.1";

const VIP: Ipv4Addr = Ipv4Addr::new(192, 168, 50, 130);
const PORTS: [Port; 2] = [
    Port {
        interface: "eth0",
        address: Ipv4Addr::new(192, 168, 50, 133),
    },
    Port {
        interface: "eth1",
        address: Ipv4Addr::new(192, 168, 50, 134),
    },
];

#[test]
fn the_check_as_meant_moves_the_vip_by_its_weight() {
    let check = CHECK.replace("–no-header", "--no-header");
    assert_ne!(check, CHECK);
    tell(|make| {
        Pair::new(PORTS)?.play(|pair| {
            let nginx = serve(pair, &check)?;
            restart(pair, make, &nginx)?;
            let squatter = take_port(pair, &nginx)?;
            pair.settle("VI_1", VIP, Side::Lb2, 3 * SOON)?;
            ensure!(
                pair.at(Side::Lb1).state("VI_1") == Some("BACKUP"),
                "the weight did not do it: the daemon has ended"
            );
            drop(squatter);
            expect(pair, Side::Lb1)
        })
    });
}

#[test]
fn the_check_as_printed_fails_on_both_directors_alike() {
    tell(|make| {
        Pair::new(PORTS)?.play(|pair| {
            let nginx = serve(pair, CHECK)?;
            restart(pair, make, &nginx)?;
            let _squatter = take_port(pair, &nginx)?;
            pause(2 * SOON)?;
            pair.settle("VI_1", VIP, Side::Lb1, SOON)
        })
    });
}

/// What both have in common: the article's own test.
fn restart(pair: &mut Pair, make: Make, nginx: &Nginx) -> Result<()> {
    pair.at_mut(Side::Lb2).start(make, LB2)?;
    pair.at_mut(Side::Lb1).start(make, LB1)?;
    expect(pair, Side::Lb1)?;
    pair.at(Side::Lb1).assert_mode(make)?;
    pair.at(Side::Lb2).assert_mode(make)?;

    pair.at_mut(Side::Lb1).stop()?;
    let program = nginx.program();
    pair.at(Side::Lb1)
        .host()
        .sh(&format!("{program} -s stop"))?;
    expect(pair, Side::Lb2)?;

    // The check starts nginx.
    pair.at_mut(Side::Lb1).start(make, LB1)?;
    expect(pair, Side::Lb1)
}

/// Ends nginx on the first director and keeps it from coming back: it tries for longer than the
/// check may take.
fn take_port(pair: &Pair, nginx: &Nginx) -> Result<Responder> {
    nginx.hide()?;
    nginx.kill()?;
    let squatter = Responder::start(pair.at(Side::Lb1).host(), 88)?;
    nginx.unhide()?;
    Ok(squatter)
}

/// nginx and the check on both directors; returns the first one's nginx.
fn serve(pair: &Pair, check: &str) -> Result<Nginx> {
    let serve_at = |side: Side| {
        let host = pair.at(side).host();
        let check = check.replace("/usr/local/nginx/", &format!("{PREFIX}/"));
        host.write_script("/etc/keepalived/nginx_check.sh", &check)?;
        let page = format!("<h1>Welcome to nginx! {}</h1>\n", side as usize + 1);
        host.write(&format!("{PREFIX}/html/index.html"), &page)?;
        host.write(&format!("{PREFIX}/conf/mime.types"), "")?;
        let nginx = Nginx::install(host, PREFIX, &nginx()?, NGINX)?;
        nginx.start().map(|()| nginx)
    };
    serve_at(Side::Lb2)?;
    serve_at(Side::Lb1)
}

fn expect(pair: &Pair, owner: Side) -> Result<()> {
    pair.settle("VI_1", VIP, owner, 3 * SOON)?;
    pair.assert_answers(VIP, owner)?;
    let page = pair.pages(VIP, 88, "/", 1)?.concat();
    let expected = format!("nginx! {}<", owner as usize + 1);
    ensure!(page.contains(&expected), "not from {owner:?}: {page}");
    Ok(())
}
