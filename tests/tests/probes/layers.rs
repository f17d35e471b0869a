//! Several checkers of one server: what has failed beneath is not blamed on what stands on it.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::{pause, until};

use crate::scene::{PATIENCE, Scene};

const LAYERS: &str = "HTTP_GET {\n connect_ip 192.0.2.10\n url {\n path /hello\n}\n}
TCP_CHECK {\n connect_ip 192.0.2.10\n connect_port 80\n}
PING_CHECK {\n connect_ip 192.0.2.10\n}";

#[test]
fn a_failure_is_told_once_at_its_layer() -> Result<()> {
    let scene = Scene::new()?;
    let nginx = scene.nginx()?;
    nginx.start()?;
    let daemon = scene.start(&[("web".to_owned(), LAYERS.to_owned())])?;
    until("all layers to be good", PATIENCE, || {
        Ok(scene.check("web")?.up == Some(true))
    })?;

    let cut = Instant::now();
    scene.lan.cut(&scene.web)?;
    until("a verdict", PATIENCE, || {
        Ok(scene.check("web")?.up == Some(false))
    })?;
    // Time for the upper layers to be blamed.
    pause(Duration::from_secs(2))?;
    let failed: Vec<_> = daemon.log().matching(" failed (");
    let since: Vec<_> = failed.iter().filter(|line| line.at >= cut).collect();
    ensure!(
        since.len() == 1
            && since
                .iter()
                .all(|line| line.text.contains("PING_CHECK 192.0.2.10")),
        "{since:?}"
    );
    let probes = scene.check("web")?.probes;
    let blocked = probes.iter().filter(|probe| probe.blocked).count();
    ensure!(blocked == 2, "{probes:?}");

    scene.lan.heal(&scene.web)?;
    until("all layers to be good", PATIENCE, || {
        Ok(scene.check("web")?.up == Some(true))
    })?;

    let killed = Instant::now();
    nginx.kill()?;
    until("a verdict", PATIENCE, || {
        Ok(scene.check("web")?.up == Some(false))
    })?;
    pause(Duration::from_secs(1))?;
    let failed = daemon.log().matching(" failed (");
    let since: Vec<_> = failed.iter().filter(|line| line.at >= killed).collect();
    ensure!(
        since.len() == 1
            && since
                .iter()
                .all(|line| line.text.contains("TCP_CHECK 192.0.2.10:80")),
        "{since:?}"
    );
    Ok(())
}

#[test]
fn the_same_probe_is_run_once_for_all() -> Result<()> {
    let scene = Scene::new()?;
    let probe = "PING_CHECK {\n connect_ip 192.0.2.10\n}".to_owned();
    let checks = ["one", "other"].map(|name| (name.to_owned(), probe.clone()));
    let daemon = scene.start(&checks)?;
    until("runs", PATIENCE, || Ok(scene.probe("one")?.runs > 3))?;
    let asked = || {
        let text = scene.web.sh("grep ^Icmp: /proc/net/snmp | tail -1")?;
        let fields: Vec<u64> = text
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        // InEchos.
        fields
            .get(8)
            .copied()
            .ok_or_else(|| anyhow::anyhow!("{text}"))
    };
    let (echoes, runs) = (asked()?, scene.probe("one")?.runs);
    pause(Duration::from_secs(1))?;
    let (more_echoes, more_runs) = (asked()? - echoes, scene.probe("one")?.runs - runs);
    ensure!(more_runs > 4, "{more_runs} runs in a second");
    ensure!(
        more_echoes <= more_runs + 2,
        "{more_echoes} echoes, {more_runs} runs"
    );

    scene.reload(&daemon, &checks[..1])?;
    until("the reload", PATIENCE, || Ok(scene.check("other").is_err()))?;
    ensure!(
        scene.probe("one")?.runs > more_runs,
        "the probe that stays begins anew"
    );
    Ok(())
}
