//! DNS_CHECK against Debian's dnsmasq, by IPv4 and IPv6.

use anyhow::Result;
use ha_tests::lab::Dnsmasq;

use crate::cases::{Case, all_fail, blocks, expectations};
use crate::scene::Scene;

#[test]
fn of_a_name_server() -> Result<()> {
    let scene = Scene::with_ipv6()?;
    scene.refuse_at_once()?;
    let dnsmasq = Dnsmasq::new(&scene.web, "example", &[("www.example", "192.0.2.10")])?;
    dnsmasq.start()?;
    let cases: &[Case] = &[
        (
            "address",
            "DNS_CHECK {\n WEB type A\n name www.example\n}",
            Ok(()),
        ),
        // There is the name, but no such record of it.
        (
            "no_record",
            "DNS_CHECK {\n WEB type AAAA\n name www.example\n}",
            Ok(()),
        ),
        (
            "no_name",
            "DNS_CHECK {\n WEB type A\n name gone.example\n}",
            Err("DNS \"Non-Existent Domain\", expected no error"),
        ),
        // The root, which is another's.
        (
            "not_its_own",
            "DNS_CHECK {\n WEB\n}",
            Err("DNS \"Query Refused\", expected no error"),
        ),
        (
            "closed",
            "DNS_CHECK {\n WEB connect_port 7000\n}",
            Err("connection refused"),
        ),
        (
            "filtered",
            "DNS_CHECK {\n HOLE type A\n name www.example\n}",
            Err("no answer in time"),
        ),
        (
            "address6",
            "DNS_CHECK {\n WEB6 type A\n name www.example\n}",
            Ok(()),
        ),
        (
            "no_name6",
            "DNS_CHECK {\n WEB6 type A\n name gone.example\n}",
            Err("DNS \"Non-Existent Domain\", expected no error"),
        ),
        (
            "closed6",
            "DNS_CHECK {\n WEB6 connect_port 7000\n}",
            Err("connection refused"),
        ),
        (
            "filtered6",
            "DNS_CHECK {\n HOLE6 type A\n name www.example\n}",
            Err("no answer in time"),
        ),
    ];
    let _daemon = scene.start(&blocks(cases))?;
    scene.expect(&expectations(cases))?;
    dnsmasq.kill()?;
    scene.expect(&all_fail(cases, "connection refused"))?;
    dnsmasq.start()?;
    scene.expect(&expectations(cases))
}
