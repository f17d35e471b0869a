//! Who else receives the log: syslog, beside Debian's keepalived, and journald.

use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ha_tests::lab::{CONFIG_PATH, Daemon, Host, Lan, Software, Tools, pause, until};

use crate::solo::{CONFIG, INSTANCE, PATIENCE, STOP};

const SYSLOG: &str = "/dev/log";
const JOURNAL: &str = "/run/systemd/journal";
const TRANSITION: &str = "(VI_1) Entering MASTER STATE";

/// A host whose log is received by us.
struct Scene {
    host: Host,
    socket: UnixDatagram,
    heard: Vec<String>,
    _lan: Lan,
}

impl Scene {
    fn new(software: &Software, at: &str) -> Result<Self> {
        let mut lan = Lan::new()?;
        let host = Host::with_private("lb1", &["/dev"])?;
        lan.attach(&host, "eth0", "192.0.2.1/24")?;
        software.install(&host)?;
        host.write(CONFIG_PATH, CONFIG)?;
        let scene = Self {
            socket: listen(&host, at)?,
            host,
            heard: Vec::new(),
            _lan: lan,
        };
        Ok(scene)
    }

    fn launch(&self, arguments: &[&str]) -> Result<Daemon> {
        let mut daemon = Command::new("keepalived");
        Daemon::launch(&self.host, daemon.arg("-n").args(arguments))
    }

    /// Waits for a message with `text` in it.
    fn wait_for(&mut self, text: &str) -> Result<String> {
        let mut found = None;
        until(text, PATIENCE, || {
            self.heard.extend(receive(&self.socket));
            found = self.heard.iter().find(|one| one.contains(text)).cloned();
            Ok(found.is_some())
        })?;
        self.heard.clear();
        Ok(found.unwrap_or_default())
    }
}

fn listen(host: &Host, at: &str) -> Result<UnixDatagram> {
    let path = host.outside(at);
    std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
    if std::fs::symlink_metadata(&path).is_ok() {
        std::fs::remove_file(&path)?;
    }
    let socket = UnixDatagram::bind(path)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn receive(socket: &UnixDatagram) -> Vec<String> {
    let mut buffer = [0; 8192];
    let next = || {
        socket
            .recv(&mut buffer)
            .ok()
            .map(|length| buffer[..length].to_vec())
    };
    let messages = std::iter::from_fn(next);
    messages
        .map(|octets| String::from_utf8_lossy(&octets).into_owned())
        .collect()
}

/// Priority and program of a syslog message: `<30>`, and the name before the pid. keepalived has the time
/// between them.
fn origin(message: &str) -> Option<(String, String)> {
    let (priority, rest) = message.split_once('>')?;
    let (before, _) = rest.split_once('[')?;
    let name = before.split_whitespace().last()?;
    Some((priority.to_owned(), name.to_owned()))
}

/// Where the line of a transition comes from, with each of several command lines.
fn origins(software: &Software) -> Result<Vec<Option<(String, String)>>> {
    let mut scene = Scene::new(software, SYSLOG)?;
    let lines: [&[&str]; 5] = [
        &[],
        &["-l"],
        &["-S", "3"],
        &["-S", "user"],
        &["-S", "nonsense"],
    ];
    let mut origins = Vec::new();
    for arguments in lines {
        let mut daemon = scene.launch(arguments)?;
        origins.push(origin(&scene.wait_for(TRANSITION)?));
        daemon.stop()?;
        pause(Duration::from_millis(200))?;
        scene.heard = receive(&scene.socket);
        scene.heard.clear();
    }
    Ok(origins)
}

#[test]
fn syslog_hears_of_transitions_as_from_keepalived() -> Result<()> {
    let theirs = origins(&Tools::keepalived()?)?;
    let ours = origins(&Tools::vipd()?)?;
    ensure!(theirs == ours, "{theirs:?}\n{ours:?}");
    println!("{ours:?}");
    ensure!(ours.iter().all(Option::is_some), "{ours:?}");
    Ok(())
}

#[test]
fn who_wants_no_syslog_has_none() -> Result<()> {
    let mut scene = Scene::new(&Tools::vipd()?, SYSLOG)?;
    let daemon = scene.launch(&["-G", "-l"])?;
    daemon.wait_for(INSTANCE, "MASTER", PATIENCE)?;
    pause(Duration::from_millis(200))?;
    scene.heard = receive(&scene.socket);
    ensure!(scene.heard.is_empty(), "{:?}", scene.heard);
    Ok(())
}

#[test]
fn journald_gets_fields() -> Result<()> {
    let mut scene = Scene::new(&Tools::vipd()?, &format!("{JOURNAL}/socket"))?;
    // As systemd has it.
    scene
        .host
        .sh(&format!("ln -sf {JOURNAL}/dev-log {SYSLOG}"))?;
    let mut daemon = scene.launch(&["-D"])?;
    let entry = scene.wait_for(TRANSITION)?;
    let fields = [
        "VRRP_INSTANCE=VI_1",
        "VRRP_STATE=MASTER",
        "SYSLOG_IDENTIFIER=Keepalived_vrrp",
    ];
    for field in fields {
        ensure!(
            entry.lines().any(|line| line == field),
            "no {field}: {entry}"
        );
    }
    daemon.stop()?;
    Ok(())
}

#[test]
fn a_syslog_that_does_not_read_or_starts_again_holds_nothing_up() -> Result<()> {
    let mut scene = Scene::new(&Tools::vipd()?, SYSLOG)?;
    let mut daemon = scene.launch(&["-D", "-l"])?;
    daemon.wait_for(INSTANCE, "MASTER", PATIENCE)?;
    // Far more lines than the socket takes.
    for _ in 0..100 {
        scene.host.sh("killall -HUP keepalived")?;
        pause(Duration::from_millis(10))?;
    }
    let last = Instant::now();
    scene.host.netns().ip("link set eth0 down")?;
    daemon.wait_for_since(INSTANCE, "FAULT", last, PATIENCE)?;
    ensure!(!receive(&scene.socket).is_empty(), "nothing was sent");
    scene.host.netns().ip("link set eth0 up")?;
    scene.wait_for("log lines lost: syslog did not take them")?;
    daemon.wait_for_since(INSTANCE, "MASTER", last, PATIENCE)?;
    scene.socket = listen(&scene.host, SYSLOG)?;
    scene.host.netns().ip("link set eth0 down")?;
    scene.wait_for("(VI_1) Entering FAULT STATE")?;
    let took = daemon.stop()?;
    ensure!(took < STOP, "the stop took {took:?}");
    Ok(())
}
