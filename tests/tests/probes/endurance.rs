//! Thousands of rounds leave nothing behind: no descriptor, no child.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use ha_tests::lab::{Daemon, Manner, Return, Servant, pause, status, until};

use crate::scene::Scene;

/// Rounds of each kind together.
const ROUNDS: u64 = 10_000;
/// Descriptors that are open at one moment and not at another: runs under way.
const UNDER_WAY: usize = 40;

#[test]
fn ten_thousand_rounds_leak_nothing() -> Result<()> {
    let scene = Scene::new()?;
    let nginx = scene.nginx()?;
    nginx.start()?;
    let _silent = Servant::by_tcp(&scene.web, 7000, Manner::Silent)?;
    let _reset = Servant::by_tcp(&scene.web, 7001, Manner::Resets("HTTP/1.0 2"))?;
    let _echo = Servant::by_udp(&scene.web, 7002, Return::Echo)?;
    let checkers = [
        "TCP_CHECK {\n WEB connect_port 80\n}",
        "TCP_CHECK {\n WEB connect_port 9\n}",
        "PING_CHECK {\n WEB\n}",
        "HTTP_GET {\n WEB url {\n path /hello\n digest b1946ac92492d2347c6235b4d2611184\n}\n}",
        "HTTP_GET {\n WEB connect_port 7000\n connect_timeout 0.01\n url {\n path /\n}\n}",
        "HTTP_GET {\n WEB connect_port 7001\n url {\n path /\n}\n}",
        "SSL_GET {\n WEB connect_port 444\n url {\n path /hello\n}\n}",
        "SSL_GET {\n WEB connect_port 7001\n url {\n path /hello\n}\n}",
        "UDP_CHECK {\n WEB connect_port 7002\n require_reply\n}",
        "DNS_CHECK {\n WEB connect_port 7002\n connect_timeout 0.01\n}",
        "SMTP_CHECK {\n WEB connect_port 7001\n}",
        "MISC_CHECK {\n misc_path /bin/true\n}",
        "MISC_CHECK {\n misc_path \"/bin/sleep 1001\"\n misc_timeout 0.01\n}",
    ];
    let checks: Vec<_> = (0..)
        .zip(checkers)
        .map(|(number, text): (usize, &str)| {
            let text = text.replace("WEB", "connect_ip 192.0.2.10\n");
            (format!("c{number}"), format!("interval 0.01\n{text}"))
        })
        .collect();
    let daemon = scene.start(&checks)?;
    let runs = || {
        let checks = status(&scene.director)?.checks;
        let probes = checks.iter().flat_map(|check| &check.probes);
        anyhow::Ok(probes.map(|probe| probe.runs).sum::<u64>())
    };
    pause(Duration::from_secs(1))?;
    let before = descriptors(&daemon)?;
    until("the rounds", Duration::from_secs(60), || {
        Ok(runs()? >= ROUNDS)
    })?;
    let after = descriptors(&daemon)?;
    ensure!(
        after <= before + UNDER_WAY,
        "{before} descriptors became {after}"
    );
    let left = scene.director.processes(&["sleep", "true"])?;
    ensure!(left.len() <= 4, "{} children", left.len());
    scene.reload(&daemon, &[])?;
    until("the end of all that runs", Duration::from_secs(5), || {
        let nothing_runs = scene.director.processes(&["sleep", "true"])?.is_empty();
        Ok(nothing_runs && descriptors(&daemon)? <= before)
    })
}

/// Of the process that probes.
fn descriptors(daemon: &Daemon) -> Result<usize> {
    let workers = daemon.workers()?;
    let worker = workers.first().context("a worker")?;
    let list = std::fs::read_dir(format!("/proc/{}/fd", worker.as_raw_nonzero()))?;
    Ok(list.count())
}
