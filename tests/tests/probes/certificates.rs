//! SSL_GET where certificates count: the probe's own, which nginx asks for, and the server's.

use anyhow::Result;
use ha_tests::lab::{CONFIG_PATH, Daemon, Signal, Tools};

use crate::cases::{Case, blocks};
use crate::scene::{PATIENCE, Scene, config};

/// Certificates and keys on the director.
const OURS: &str = "/run/tls";
const IDENTITY: &str = "certificate /run/tls/probe.pem\n key /run/tls/probe.key\n";
const AUTHORITY: &str = "ca /run/tls/ca.pem\n";

const ASKS_WHO_WE_ARE: &str = "asks_who_we_are";
const ISSUED: &str = "issued";
const MISNAMED: &str = "misnamed";
const SELF_SIGNED: &str = "self_signed";

/// What nginx says to who shows no certificate, or one that it does not trust.
const WHO: Result<(), &str> = Err("HTTP 400");

#[test]
fn certificates_are_shown_and_looked_at() -> Result<()> {
    let scene = Scene::new()?;
    scene.nginx()?.start()?;
    let page = |more: &str, port: u16| {
        let text =
            format!("SSL_GET {{\n WEB connect_port {port}\n {more} url {{\n path /hello\n }}\n}}");
        Box::leak(text.into_boxed_str()) as &str
    };
    let cases: &[Case] = &[
        (ASKS_WHO_WE_ARE, page("", 445), Ok(())),
        (
            ISSUED,
            page("enable_sni\n sni_name www.example\n", 445),
            Ok(()),
        ),
        (
            MISNAMED,
            page("enable_sni\n sni_name other.example\n", 445),
            Ok(()),
        ),
        (SELF_SIGNED, page("", 444), Ok(())),
    ];
    let blocks = blocks(cases);
    let with = |ssl: &str| match ssl {
        "" => config(&blocks),
        ssl => format!("SSL {{\n {ssl}}}\n{}", config(&blocks)),
    };
    let director = &scene.director;
    for (name, text) in [
        ("probe.pem", include_str!("../../data/tls/probe.pem")),
        ("probe.key", include_str!("../../data/tls/probe.key")),
        ("ca.pem", include_str!("../../data/tls/ca.pem")),
    ] {
        director.write(&format!("{OURS}/{name}"), text)?;
    }
    let daemon = Daemon::start(director, &Tools::vipd()?, &with(""))?;
    daemon.wait_for("VI_1", "MASTER", PATIENCE)?;
    let expect = |who, misnamed, self_signed| {
        scene.expect(&[
            (ASKS_WHO_WE_ARE, who),
            (ISSUED, who),
            (MISNAMED, misnamed),
            (SELF_SIGNED, self_signed),
        ])
    };
    expect(WHO, WHO, Ok(()))?;
    let reload = |ssl: &str| {
        director.write(CONFIG_PATH, &with(ssl))?;
        daemon.signal(Signal::HUP);
        Ok::<_, anyhow::Error>(())
    };
    reload(IDENTITY)?;
    expect(Ok(()), Ok(()), Ok(()))?;
    reload(&format!("{IDENTITY}{AUTHORITY}"))?;
    let distrusted = Err("TLS: invalid peer certificate");
    expect(Ok(()), distrusted, distrusted)?;
    reload("")?;
    expect(WHO, WHO, Ok(()))?;
    reload(IDENTITY)?;
    expect(Ok(()), Ok(()), Ok(()))?;
    // The same names, and other files.
    for (name, text) in [
        ("probe.pem", include_str!("../../data/tls/server.pem")),
        ("probe.key", include_str!("../../data/tls/server.key")),
    ] {
        director.write(&format!("{OURS}/{name}"), text)?;
    }
    reload(IDENTITY)?;
    expect(WHO, WHO, Ok(()))
}
