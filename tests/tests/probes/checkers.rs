//! Each checker against servers of its kind: healthy, refused, filtered, wrong, slow, reset, huge,
//! flapping; and back again.

use std::time::Duration;

use anyhow::{Result, ensure};
use ha_tests::lab::{Manner, Return, Servant, pause};

use crate::cases::{Case, all_fail, blocks, expectations};
use crate::scene::Scene;

#[test]
fn ports_and_hosts() -> Result<()> {
    let scene = Scene::new()?;
    let listener = Servant::by_tcp(&scene.web, 7000, Manner::Silent)?;
    let cases: &[Case] = &[
        ("open", "TCP_CHECK {\n WEB connect_port 7000\n}", Ok(())),
        (
            "closed",
            "TCP_CHECK {\n WEB connect_port 7001\n}",
            Err("connection refused"),
        ),
        (
            "filtered",
            "TCP_CHECK {\n HOLE connect_port 7000\n}",
            Err("no connection in time"),
        ),
        ("there", "PING_CHECK {\n WEB\n}", Ok(())),
        ("silent", "PING_CHECK {\n HOLE\n}", Err("no echo in time")),
        (
            "unreachable",
            "TCP_CHECK {\n connect_ip 203.0.113.1\n connect_port 80\n}",
            Err("network is unreachable"),
        ),
        (
            "bound",
            "TCP_CHECK {\n WEB connect_port 7000\n bindto 192.0.2.1\n bind_if eth0\n fwmark 7\n}",
            Ok(()),
        ),
        (
            "badly_bound",
            "TCP_CHECK {\n WEB connect_port 7000\n bindto 203.0.113.1\n}",
            Err("cannot assign requested address"),
        ),
    ];
    let _daemon = scene.start(&blocks(cases))?;
    scene.expect(&expectations(cases))?;
    drop(listener);
    scene.expect(&[("open", Err("connection refused")), ("there", Ok(()))])?;
    let _listener = Servant::by_tcp(&scene.web, 7000, Manner::Silent)?;
    scene.expect(&expectations(cases))
}

#[test]
fn pages() -> Result<()> {
    let scene = Scene::new()?;
    let nginx = scene.nginx()?;
    nginx.start()?;
    let cases: &[Case] = &[
        ("page", "HTTP_GET {\n WEB url {\n path /hello\n}\n}", Ok(())),
        (
            "digest",
            "HTTP_GET {\n WEB url {\n path /hello\n digest b1946ac92492d2347c6235b4d2611184\n}\n}",
            Ok(()),
        ),
        (
            "other_digest",
            "HTTP_GET {\n WEB url {\n path /hello\n digest b1946ac92492d2347c6235b4d2611185\n}\n}",
            Err("digest b1946ac92492d2347c6235b4d2611184, expected"),
        ),
        (
            "missing",
            "HTTP_GET {\n WEB url {\n path /gone\n status_code 200\n}\n}",
            Err("HTTP 404, expected 200"),
        ),
        (
            "expected_404",
            "HTTP_GET {\n WEB url {\n path /gone\n status_code 404\n}\n}",
            Ok(()),
        ),
        (
            "busy",
            "HTTP_GET {\n WEB url {\n path /busy\n}\n}",
            Err("HTTP 503, expected 200-299"),
        ),
        (
            "empty",
            "HTTP_GET {\n WEB url {\n path /empty\n}\n}",
            Ok(()),
        ),
        (
            "virtual",
            "HTTP_GET {\n WEB virtualhost www.example\n http_protocol 1.1\n url {\n path /\n regex \"this is www\"\n}\n}",
            Ok(()),
        ),
        (
            "unwanted",
            "HTTP_GET {\n WEB url {\n path /hello\n regex hello\n regex_no_match\n}\n}",
            Err("something in it matches hello"),
        ),
        (
            "huge",
            "HTTP_GET {\n WEB connect_timeout 9\n url {\n path /huge\n digest 7f614da9329cd3aebf59b91aadc30bf0\n}\n}",
            Ok(()),
        ),
        (
            "huge_head",
            "HTTP_GET {\n WEB url {\n path /huge\n}\n}",
            Ok(()),
        ),
        (
            "filtered",
            "HTTP_GET {\n HOLE url {\n path /\n}\n}",
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

#[test]
fn pages_of_servers_that_misbehave() -> Result<()> {
    let scene = Scene::new()?;
    let head = "HTTP/1.0 200 OK\r\n\r\n";
    let slowly = Duration::from_millis(5);
    let _servants = [
        (7000, Manner::Silent),
        (7001, Manner::Says("SSH-2.0-OpenSSH_9.2\r\n")),
        (7002, Manner::Drips(head, slowly)),
        (7003, Manner::Drips(head, 20 * slowly)),
        (
            7004,
            Manner::Resets("HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\nhalf"),
        ),
        (7005, Manner::Alternates(head, "HTTP/1.0 500 no\r\n\r\n")),
    ]
    .map(|(port, manner)| Servant::by_tcp(&scene.web, port, manner))
    .into_iter()
    .collect::<Result<Vec<_>>>()?;
    let cases: &[Case] = &[
        (
            "silent",
            "HTTP_GET {\n WEB connect_port 7000\n url {\n path /\n}\n}",
            Err("no answer in time"),
        ),
        (
            "ssh",
            "HTTP_GET {\n WEB connect_port 7001\n url {\n path /\n}\n}",
            Err("no HTTP"),
        ),
        (
            "slow",
            "HTTP_GET {\n WEB connect_port 7002\n url {\n path /\n}\n}",
            Ok(()),
        ),
        (
            "too_slow",
            "HTTP_GET {\n WEB connect_port 7003\n url {\n path /\n}\n}",
            Err("no answer in time"),
        ),
        (
            "reset",
            "HTTP_GET {\n WEB connect_port 7004\n url {\n path /\n regex whole\n}\n}",
            Err("connection reset by peer"),
        ),
        (
            "flapping",
            "fall 2\n HTTP_GET {\n WEB connect_port 7005\n url {\n path /\n}\n}",
            Ok(()),
        ),
    ];
    let daemon = scene.start(&blocks(cases))?;
    // Half of the runs of one fail, which is never two in a row.
    let steady: Vec<_> = expectations(cases)
        .into_iter()
        .filter(|(name, _)| *name != "flapping")
        .collect();
    scene.expect(&steady)?;
    pause(Duration::from_secs(1))?;
    let flapping = scene.probe("flapping")?;
    ensure!(
        flapping.up == Some(true) && flapping.runs > 4,
        "{flapping:?}"
    );
    let said = daemon.log().matching("VRRP_Check(flapping)");
    ensure!(said.len() <= 1, "{said:?}");
    Ok(())
}

#[test]
fn pages_by_tls() -> Result<()> {
    let scene = Scene::new()?;
    let nginx = scene.nginx()?;
    nginx.start()?;
    let _mute = Servant::by_tcp(&scene.web, 7000, Manner::Silent)?;
    let cases: &[Case] = &[
        (
            "named",
            "SSL_GET {\n WEB enable_sni\n sni_name www.example\n url {\n path /hello\n digest b1946ac92492d2347c6235b4d2611184\n}\n}",
            Ok(()),
        ),
        (
            "nameless",
            "SSL_GET {\n WEB url {\n path /hello\n}\n}",
            Err("TLS: "),
        ),
        // Clients look at certificates themselves.
        (
            "expired",
            "SSL_GET {\n WEB connect_port 444\n url {\n path /hello\n}\n}",
            Ok(()),
        ),
        (
            "missing",
            "SSL_GET {\n WEB connect_port 444\n url {\n path /nothing\n}\n}",
            Err("HTTP 404"),
        ),
        (
            "plain",
            "SSL_GET {\n WEB connect_port 80\n url {\n path /hello\n}\n}",
            Err("TLS: "),
        ),
        (
            "silent",
            "SSL_GET {\n WEB connect_port 7000\n url {\n path /\n}\n}",
            Err("no TLS in time"),
        ),
    ];
    let _daemon = scene.start(&blocks(cases))?;
    scene.expect(&expectations(cases))?;
    nginx.kill()?;
    scene.expect(&all_fail(cases, "connection refused"))?;
    nginx.start()?;
    scene.expect(&expectations(cases))
}

#[test]
fn datagrams_and_names() -> Result<()> {
    let scene = Scene::new()?;
    scene.refuse_at_once()?;
    let servants = || {
        [
            (7000, Return::Echo),
            (7001, Return::Nothing),
            (7002, Return::Answer(b"pong")),
        ]
        .map(|(port, answer)| Servant::by_udp(&scene.web, port, answer))
        .into_iter()
        .collect::<Result<Vec<_>>>()
    };
    let serving = servants()?;
    let cases: &[Case] = &[
        (
            "echo",
            "UDP_CHECK {\n WEB connect_port 7000\n payload \"70696e67\"\n require_reply \"70696e67\"\n}",
            Ok(()),
        ),
        ("taken", "UDP_CHECK {\n WEB connect_port 7001\n}", Ok(())),
        (
            "silent",
            "UDP_CHECK {\n WEB connect_port 7001\n require_reply\n}",
            Err("no reply in time"),
        ),
        (
            "wrong",
            "UDP_CHECK {\n WEB connect_port 7002\n require_reply \"70696e67\"\n}",
            Err("a reply that is not the expected one"),
        ),
        (
            "closed",
            "UDP_CHECK {\n WEB connect_port 7003\n}",
            Err("connection refused"),
        ),
        (
            "no_dns",
            "DNS_CHECK {\n WEB connect_port 7002\n}",
            Err("no DNS"),
        ),
        (
            "silent_dns",
            "DNS_CHECK {\n WEB connect_port 7001\n}",
            Err("no answer in time"),
        ),
        (
            "closed_dns",
            "DNS_CHECK {\n WEB connect_port 7003\n}",
            Err("connection refused"),
        ),
    ];
    let _daemon = scene.start(&blocks(cases))?;
    scene.expect(&expectations(cases))?;
    drop(serving);
    scene.expect(&[("echo", Err("connection refused"))])?;
    let _serving = servants()?;
    scene.expect(&expectations(cases))
}

#[test]
fn mail() -> Result<()> {
    let scene = Scene::new()?;
    let servants = || {
        [
            (25, Manner::ReceivesMail),
            (7000, Manner::Says("554 go away\r\n")),
            (7001, Manner::Silent),
            (7002, Manner::Says("SSH-2.0-OpenSSH_9.2\r\n")),
        ]
        .map(|(port, manner)| Servant::by_tcp(&scene.web, port, manner))
        .into_iter()
        .collect::<Result<Vec<_>>>()
    };
    let serving = servants()?;
    let cases: &[Case] = &[
        (
            "mail",
            "SMTP_CHECK {\n WEB helo_name vipd.example\n}",
            Ok(()),
        ),
        (
            "refusing",
            "SMTP_CHECK {\n WEB connect_port 7000\n}",
            Err("SMTP \"554 go away\", expected 220"),
        ),
        (
            "silent",
            "SMTP_CHECK {\n WEB connect_port 7001\n}",
            Err("no answer in time"),
        ),
        (
            "ssh",
            "SMTP_CHECK {\n WEB connect_port 7002\n}",
            Err("expected 220"),
        ),
        (
            "filtered",
            "SMTP_CHECK {\n HOLE\n}",
            Err("no connection in time"),
        ),
    ];
    let _daemon = scene.start(&blocks(cases))?;
    scene.expect(&expectations(cases))?;
    drop(serving);
    scene.expect(&[("mail", Err("connection refused"))])?;
    let _serving = servants()?;
    scene.expect(&expectations(cases))
}

#[test]
fn commands() -> Result<()> {
    let scene = Scene::new()?;
    let script = "#!/bin/sh\ncase \"$1\" in\nhang) sleep 1001 & sleep 1002 ;;\n\
                  *) exit \"$(cat /run/code)\" ;;\nesac\n";
    scene.director.write_script("/usr/local/bin/look", script)?;
    scene.director.sh("echo 0 >/run/code")?;
    let cases: &[Case] = &[
        (
            "plain",
            "MISC_CHECK {\n misc_path \"/usr/local/bin/look at\"\n}",
            Ok(()),
        ),
        (
            "dynamic",
            "MISC_CHECK {\n misc_path \"/usr/local/bin/look at it\"\n misc_dynamic\n}",
            Ok(()),
        ),
        (
            "hanging",
            "MISC_CHECK {\n misc_path \"/usr/local/bin/look hang\"\n misc_timeout 0.2\n}",
            Err("timed out"),
        ),
        (
            "nobody",
            "MISC_CHECK {\n misc_path \"/usr/local/bin/look at me\"\n user nobody\n}",
            Ok(()),
        ),
    ];
    let mut daemon = scene.start(&blocks(cases))?;
    scene.expect(&expectations(cases))?;
    scene.director.sh("echo 3 >/run/code")?;
    scene.expect(&[("plain", Err("exited with status 3")), ("dynamic", Ok(()))])?;
    scene.director.sh("echo 1 >/run/code")?;
    scene.expect(&[("dynamic", Err("exited with status 1"))])?;
    scene.director.sh("echo 0 >/run/code")?;
    scene.expect(&expectations(cases))?;
    daemon.stop()?;
    ha_tests::lab::until("the end of what hangs", Duration::from_secs(4), || {
        Ok(scene.director.processes(&["sleep"])?.is_empty())
    })
}
