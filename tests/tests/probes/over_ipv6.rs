//! Each checker against servers of its kind at an IPv6 address: healthy, refused, filtered; and back
//! again. DNS_CHECK is in `names`.

use anyhow::Result;
use ha_tests::lab::{Manner, Return, Servant};

use crate::cases::{Case, all_fail, blocks, expectations};
use crate::scene::Scene;

#[test]
fn hosts() -> Result<()> {
    let scene = Scene::with_ipv6()?;
    let cases: &[Case] = &[
        ("there", "PING_CHECK {\n WEB6\n}", Ok(())),
        ("silent", "PING_CHECK {\n HOLE6\n}", Err("no echo in time")),
        (
            "unreachable",
            "PING_CHECK {\n connect_ip 2001:db8:1::1\n}",
            Err("network is unreachable"),
        ),
        (
            "bound",
            "PING_CHECK {\n WEB6 bindto 2001:db8::1\n bind_if eth0\n fwmark 7\n}",
            Ok(()),
        ),
    ];
    let _daemon = scene.start(&blocks(cases))?;
    scene.expect(&expectations(cases))?;
    let ignores = |which: u8| {
        let switch = "/proc/sys/net/ipv6/icmp/echo_ignore_all";
        scene.web.sh(&format!("echo {which} >{switch}"))
    };
    ignores(1)?;
    scene.expect(&all_fail(cases, "no echo in time"))?;
    ignores(0)?;
    scene.expect(&expectations(cases))
}

#[test]
fn ports() -> Result<()> {
    let scene = Scene::with_ipv6()?;
    scene.refuse_at_once()?;
    let servants = || -> Result<_> {
        let listens = Servant::by_tcp(&scene.web, 7000, Manner::Silent)?;
        let receives = Servant::by_tcp(&scene.web, 25, Manner::ReceivesMail)?;
        let echoes = Servant::by_udp(&scene.web, 7000, Return::Echo)?;
        Ok([listens, receives, echoes])
    };
    let serving = servants()?;
    let cases: &[Case] = &[
        ("tcp", "TCP_CHECK {\n WEB6 connect_port 7000\n}", Ok(())),
        (
            "tcp_refused",
            "TCP_CHECK {\n WEB6 connect_port 7001\n}",
            Err("connection refused"),
        ),
        (
            "tcp_filtered",
            "TCP_CHECK {\n HOLE6 connect_port 7000\n}",
            Err("no connection in time"),
        ),
        (
            "tcp_bound",
            "TCP_CHECK {\n WEB6 connect_port 7000\n bindto 2001:db8::1\n bind_if eth0\n fwmark 7\n}",
            Ok(()),
        ),
        (
            "smtp",
            "SMTP_CHECK {\n WEB6 helo_name vipd.example\n}",
            Ok(()),
        ),
        (
            "smtp_wrong",
            "SMTP_CHECK {\n WEB6 connect_port 7000\n}",
            Err("no answer in time"),
        ),
        (
            "smtp_refused",
            "SMTP_CHECK {\n WEB6 connect_port 7001\n}",
            Err("connection refused"),
        ),
        (
            "smtp_filtered",
            "SMTP_CHECK {\n HOLE6\n}",
            Err("no connection in time"),
        ),
        (
            "udp",
            "UDP_CHECK {\n WEB6 connect_port 7000\n payload \"70696e67\"\n require_reply \"70696e67\"\n}",
            Ok(()),
        ),
        (
            "udp_refused",
            "UDP_CHECK {\n WEB6 connect_port 7001\n}",
            Err("connection refused"),
        ),
        (
            "udp_filtered",
            "UDP_CHECK {\n HOLE6 connect_port 7000\n require_reply\n}",
            Err("no reply in time"),
        ),
    ];
    let _daemon = scene.start(&blocks(cases))?;
    scene.expect(&expectations(cases))?;
    drop(serving);
    scene.expect(&all_fail(cases, "connection refused"))?;
    let _serving = servants()?;
    scene.expect(&expectations(cases))
}

#[test]
fn pages() -> Result<()> {
    let scene = Scene::with_ipv6()?;
    let nginx = scene.nginx()?;
    nginx.start()?;
    let cases: &[Case] = &[
        (
            "page",
            "HTTP_GET {\n WEB6 http_protocol 1.1\n url {\n path /hello\n digest b1946ac92492d2347c6235b4d2611184\n}\n}",
            Ok(()),
        ),
        (
            "page_wrong",
            "HTTP_GET {\n WEB6 url {\n path /busy\n}\n}",
            Err("HTTP 503, expected 200-299"),
        ),
        (
            "page_refused",
            "HTTP_GET {\n WEB6 connect_port 7001\n url {\n path /\n}\n}",
            Err("connection refused"),
        ),
        (
            "page_filtered",
            "HTTP_GET {\n HOLE6 url {\n path /\n}\n}",
            Err("no connection in time"),
        ),
        (
            "tls",
            "SSL_GET {\n WEB6 enable_sni\n sni_name www.example\n url {\n path /hello\n digest b1946ac92492d2347c6235b4d2611184\n}\n}",
            Ok(()),
        ),
        (
            "tls_nameless",
            "SSL_GET {\n WEB6 url {\n path /hello\n}\n}",
            Err("TLS: "),
        ),
        (
            "tls_refused",
            "SSL_GET {\n WEB6 connect_port 7001\n url {\n path /\n}\n}",
            Err("connection refused"),
        ),
        (
            "tls_filtered",
            "SSL_GET {\n HOLE6 url {\n path /\n}\n}",
            Err("no connection in time"),
        ),
    ];
    let _daemon = scene.start(&blocks(cases))?;
    scene.expect(&expectations(cases))?;
    nginx.kill()?;
    scene.expect(&all_fail(cases, "connection refused"))?;
    nginx.start()?;
    scene.expect(&expectations(cases))
}
