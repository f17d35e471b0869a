//! `ha_suspend`: who is probed by whom, and from when on.

use std::net::Ipv4Addr;

use anyhow::{Context as _, Result, ensure};
use ha_tests::lab::{CONFIG_PATH, Daemon, Guestbook, Host, Tools, status, until};
use ha_tests::pair::{Make, Pair, Port, SOON, Side};
use ha_user::control::protocol::Service;

use crate::scene::{PATIENCE, Scene};

const VIP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);
const LB1: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const LB2: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
const WEB: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);
const PORTS: [Port; 2] = [
    Port {
        interface: "eth0",
        address: LB1,
    },
    Port {
        interface: "eth0",
        address: LB2,
    },
];
/// Servers: one probed so seldom that who waits for a turn is seen, one often, and one that a priority
/// follows, too.
const SELDOM: u16 = 7000;
const OFTEN: u16 = 7001;
const SHARED: u16 = 7002;
/// Enough to see that somebody comes again and again.
const VISITS: usize = 10;

/// What `vrrp_check` and a real server must both say to have one probe.
const PROBE: &str = "HTTP_GET {
            url {
                path /
            }
            connect_ip 192.0.2.10
            connect_port 7002
            connect_timeout 1
            delay_loop 0.1
            delay_before_retry 1
            retry 0
            warmup 0
            alpha
        }";

fn config(priority: u8, suspend_often: bool) -> String {
    let page = "HTTP_GET {\n url {\n path /\n }\n connect_timeout 1\n retry 0\n }";
    let service = |port: u16, delay: &str, suspend: bool, check: &str| {
        let suspend = if suspend { "ha_suspend" } else { "" };
        format!(
            "virtual_server {VIP} {port} {{
    protocol TCP
    delay_loop {delay}
    {suspend}
    real_server {WEB} {port} {{
        {check}
    }}
}}
"
        )
    };
    format!(
        "vrrp_check web {{
        {PROBE}
    weight 1
}}
{}{}{}vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    version 3
    virtual_router_id 51
    priority {priority}
    advert_int 0.1
    virtual_ipaddress {{
        {VIP}
    }}
    track_check {{
        web
    }}
}}
",
        service(SELDOM, "60", true, page),
        service(OFTEN, "0.05", suspend_often, page),
        service(SHARED, "0.1", true, PROBE),
    )
}

fn service(host: &Host, port: u16) -> Result<Service> {
    let services = status(host)?.services;
    let suffix = format!(":{port}/TCP");
    let mut services = services.into_iter();
    let found = services.find(|one| one.name.ends_with(&suffix));
    found.with_context(|| format!("there is no service on port {port}"))
}

fn wait_until_suspended(host: &Host, port: u16, suspended: bool) -> Result<()> {
    let what = format!("port {port} to be suspended: {suspended}");
    until(&what, PATIENCE, || {
        Ok(service(host, port)?.suspended == suspended)
    })
}

/// Waits until `address` has come so often more.
fn wait_for_visits(book: &Guestbook, address: Ipv4Addr) -> Result<()> {
    let before = book.count(address);
    until(&format!("visits of {address}"), PATIENCE, || {
        Ok(book.count(address) >= before + VISITS)
    })
}

fn start(pair: &mut Pair) -> Result<()> {
    // One after the other: lb2 must not be Active even for a moment.
    for (side, priority, state) in [(Side::Lb1, 100, "MASTER"), (Side::Lb2, 90, "BACKUP")] {
        pair.at_mut(side)
            .start(Make::Vipd, &config(priority, true))?;
        until(&format!("{side:?} to be {state}"), 2 * SOON, || {
            Ok(pair.at(side).state("VI_1") == Some(state))
        })?;
    }
    pair.settle("VI_1", VIP, Side::Lb1, 2 * SOON)
}

#[test]
fn only_the_active_director_probes_and_the_next_one_begins_at_once() -> Result<()> {
    Pair::new(PORTS)?.play(|pair| {
        let web = pair.add_host("web", WEB)?;
        let [seldom, often, shared] =
            [SELDOM, OFTEN, SHARED].map(|port| Guestbook::open(&web, port));
        let (seldom, often, shared) = (seldom?, often?, shared?);
        start(pair)?;
        for port in [SELDOM, OFTEN, SHARED] {
            wait_until_suspended(pair.at(Side::Lb1).host(), port, false)?;
            wait_until_suspended(pair.at(Side::Lb2).host(), port, true)?;
        }
        wait_for_visits(&often, LB1)?;
        until("the first visit", PATIENCE, || Ok(seldom.count(LB1) > 0))?;
        let backup = || service(pair.at(Side::Lb2).host(), SHARED);
        let runs = |service: &Service| service.servers[0].probes[0].runs;
        let before = runs(&backup()?);
        wait_for_visits(&shared, LB2)?;
        ensure!(runs(&backup()?) > before, "it is not the same probe");
        ensure!(backup()?.open && backup()?.suspended, "{:?}", backup()?);
        ensure!(seldom.count(LB2) == 0 && often.count(LB2) == 0);

        // What the next one knows of a server is old.
        drop(often);
        let is_open =
            |side: Side, port| Ok::<_, anyhow::Error>(service(pair.at(side).host(), port)?.open);
        until("lb1 to miss a server", PATIENCE, || {
            Ok(!is_open(Side::Lb1, OFTEN)?)
        })?;
        ensure!(is_open(Side::Lb2, OFTEN)?);
        pair.at_mut(Side::Lb1).stop()?;
        let next = pair.at(Side::Lb2).host();
        until("a visit without waiting for a turn", PATIENCE, || {
            Ok(seldom.count(LB2) > 0)
        })?;
        until("lb2 to miss a server", PATIENCE, || {
            Ok(!service(next, OFTEN)?.open)
        })?;
        ensure!(!service(next, SELDOM)?.suspended);
        Ok(())
    })
}

#[test]
fn a_reload_says_who_is_suspended() -> Result<()> {
    Pair::new(PORTS)?.play(|pair| {
        let web = pair.add_host("web", WEB)?;
        let often = Guestbook::open(&web, OFTEN)?;
        start(pair)?;
        let reload = |suspend: bool| {
            let backup = pair.at(Side::Lb2);
            backup.host().write(CONFIG_PATH, &config(90, suspend))?;
            backup.host().sh("kill -HUP $(cat /run/keepalived.pid)")?;
            wait_until_suspended(backup.host(), OFTEN, suspend)
        };
        wait_until_suspended(pair.at(Side::Lb2).host(), OFTEN, true)?;
        ensure!(often.count(LB2) == 0);
        reload(false)?;
        wait_for_visits(&often, LB2)?;
        reload(true)?;
        wait_for_visits(&often, LB1)?;
        let before = often.count(LB2);
        wait_for_visits(&often, LB1)?;
        ensure!(often.count(LB2) == before, "the Backup still probes");
        Ok(())
    })
}

#[test]
fn an_address_that_no_router_has_is_here_while_an_interface_has_it() -> Result<()> {
    let scene = Scene::with_ipv6()?;
    let service = |whom: &str, port: u16| {
        format!(
            "virtual_server {whom} {{
    protocol TCP
    delay_loop 0.1
    ha_suspend
    real_server {WEB} {port} {{
        HTTP_GET {{
            url {{
                path /
            }}
            warmup 0
        }}
    }}
}}
"
        )
    };
    let [alone, group, ipv6] = [8001, 8002, 8003];
    let config = format!(
        "virtual_server_group pool {{
    192.0.2.78 {group}
    192.0.2.79 {group}
}}
{}{}{}",
        service(&format!("192.0.2.77 {alone}"), alone),
        service("group pool", group),
        service(&format!("2001:db8::77 {ipv6}"), ipv6),
    );
    let director = &scene.director;
    let _daemon = Daemon::start(director, &Tools::vipd()?, &config)?;
    let book = |port| Guestbook::open(&scene.web, port);
    for (port, name, addresses) in [
        (
            alone,
            "192.0.2.77:8001/TCP",
            ["192.0.2.77/32", "192.0.2.77/32"],
        ),
        (group, "group pool/TCP", ["192.0.2.78/32", "192.0.2.79/32"]),
        (
            ipv6,
            "[2001:db8::77]:8003/TCP",
            ["2001:db8::77/128", "2001:db8::77/128"],
        ),
    ] {
        let guests = book(port)?;
        let wait = |suspended: bool| {
            until(
                &format!("{name} to be suspended: {suspended}"),
                PATIENCE,
                || {
                    let services = status(director).map(|status| status.services);
                    let mut services = services.unwrap_or_default().into_iter();
                    let service = services.find(|one| one.name == name);
                    Ok(service.is_some_and(|service| service.suspended == suspended))
                },
            )
        };
        for address in addresses {
            wait(true)?;
            let before = guests.count(LB1);
            director
                .netns()
                .ip(&format!("address add {address} dev lo"))?;
            wait(false)?;
            wait_for_visits(&guests, LB1)?;
            ensure!(guests.count(LB1) > before);
            director
                .netns()
                .ip(&format!("address del {address} dev lo"))?;
        }
        wait(true)?;
    }
    Ok(())
}
