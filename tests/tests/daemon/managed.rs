//! What a service manager hears of the daemon, and that it hears of its life only while all of it lives.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Daemon, Signal, Tools, pause, until};

use crate::hang::{thread_of, while_thread_hangs};
use crate::solo::{CONFIG, INSTANCE, PATIENCE, Solo};

const SOCKET: &str = "/run/notify";
const ALIVE: &str = "WATCHDOG=1";
/// Time that the daemon has to show that it lives.
const WATCHDOG: Duration = Duration::from_secs(2);

/// A director, and whoever manages its daemon.
struct Scene {
    solo: Solo,
    socket: UnixDatagram,
    daemon: Daemon,
}

impl Scene {
    /// With a daemon that was told of `socket` and is Active.
    fn new(solo: Solo, socket: UnixDatagram, name: &str, config: &str) -> Result<Self> {
        socket.set_nonblocking(true)?;
        solo.configure(config)?;
        let mut vipd = Command::new("keepalived");
        vipd.args(["-n", "-l", "-D"])
            .env("NOTIFY_SOCKET", name)
            .env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string());
        let daemon = Daemon::launch(&solo.host, &mut vipd)?;
        daemon.wait_for(INSTANCE, "MASTER", PATIENCE)?;
        Ok(Self {
            solo,
            socket,
            daemon,
        })
    }

    fn by_path(config: &str) -> Result<Self> {
        let solo = Solo::new()?;
        let socket = UnixDatagram::bind(solo.host.outside(SOCKET))?;
        Self::new(solo, socket, SOCKET, config)
    }

    fn by_name() -> Result<Self> {
        let solo = Solo::new()?;
        let address = SocketAddr::from_abstract_name("vipd/notify")?;
        // Such a name belongs to a network.
        let bind = || UnixDatagram::bind_addr(&address);
        let socket = solo.host.netns().enter(bind)??;
        Self::new(solo, socket, "@vipd/notify", CONFIG)
    }

    /// What has come since the last look.
    fn heard(&self) -> Vec<String> {
        let mut buffer = [0; 4096];
        let mut next = || {
            self.socket
                .recv(&mut buffer)
                .ok()
                .map(|length| buffer[..length].to_vec())
        };
        let messages = std::iter::from_fn(&mut next);
        messages
            .map(|octets| String::from_utf8_lossy(&octets).into_owned())
            .collect()
    }

    /// Waits for `message`, and returns everything else until then but signs of life.
    fn wait_for(&self, message: &str) -> Result<Vec<String>> {
        let mut heard = Vec::new();
        until(message, PATIENCE, || {
            heard.extend(self.heard());
            Ok(heard.iter().any(|one| one == message))
        })
        .with_context(|| format!("heard {heard:?}"))?;
        heard.retain(|one| one != ALIVE && one != message);
        Ok(heard)
    }

    /// Whether it is said to live within `time`, which begins a moment from now: what was asked before is
    /// answered.
    fn lives_within(&self, time: Duration) -> Result<bool> {
        pause(Duration::from_millis(200))?;
        self.heard();
        pause(time)?;
        Ok(self.heard().iter().any(|one| one == ALIVE))
    }

    /// A whole life: ready, how it is, a reload, the end.
    fn check_life(mut self) -> Result<()> {
        self.wait_for("READY=1")?;
        self.wait_for("STATUS=1 MASTER, 0 BACKUP, 0 FAULT")?;
        let told = monotonic();
        self.daemon.signal(Signal::HUP);
        let heard = self.wait_for("READY=1")?;
        let [reloading] = heard.as_slice() else {
            anyhow::bail!("{heard:?}");
        };
        let at = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=");
        let at: u128 = at.with_context(|| reloading.clone())?.parse()?;
        ensure!(
            (told.as_micros()..=monotonic().as_micros()).contains(&at),
            "{reloading}"
        );
        self.daemon.stop()?;
        let heard = self.wait_for("STOPPING=1")?;
        ensure!(heard.is_empty(), "{heard:?}");
        Ok(())
    }
}

fn monotonic() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::try_from(now).unwrap_or_default()
}

#[test]
fn a_manager_hears_of_start_reload_and_end() -> Result<()> {
    Scene::by_path(CONFIG)?.check_life()
}

#[test]
fn a_manager_without_a_path_hears_the_same() -> Result<()> {
    Scene::by_name()?.check_life()
}

#[test]
fn the_daemon_lives_only_while_its_worker_does() -> Result<()> {
    let scene = Scene::by_path(CONFIG)?;
    ensure!(scene.lives_within(WATCHDOG)?, "it is not said to live");
    let worker = scene.solo.pid_in("/run/keepalived_vrrp.pid")?;
    scene.solo.host.sh(&format!("kill -STOP {worker}"))?;
    ensure!(!scene.lives_within(2 * WATCHDOG)?, "a frozen worker lives");
    scene.solo.host.sh(&format!("kill -CONT {worker}"))?;
    ensure!(
        scene.lives_within(WATCHDOG)?,
        "a thawed worker does not live"
    );
    while_thread_hangs(thread_of(&scene.daemon, "vrrp")?, || {
        ensure!(
            !scene.lives_within(2 * WATCHDOG)?,
            "no adverts, and it lives"
        );
        Ok(())
    })?;
    ensure!(scene.lives_within(WATCHDOG)?, "it does not live any more");
    Ok(())
}

#[test]
fn a_health_thread_that_hangs_is_no_life() -> Result<()> {
    let checked = "vrrp_check chk {\n TCP_CHECK {\n connect_port 9\n }\n}\n";
    let tracked = "    track_check {\n chk weight -1\n }\n    priority";
    let scene = Scene::by_path(&format!(
        "{checked}{}",
        CONFIG.replace("    priority", tracked)
    ))?;
    ensure!(scene.lives_within(WATCHDOG)?, "it is not said to live");
    while_thread_hangs(thread_of(&scene.daemon, "health")?, || {
        ensure!(
            !scene.lives_within(2 * WATCHDOG)?,
            "no probes, and it lives"
        );
        Ok(())
    })?;
    ensure!(scene.lives_within(WATCHDOG)?, "it does not live any more");
    Ok(())
}

#[test]
fn a_worker_that_is_replaced_costs_no_sign_of_life() -> Result<()> {
    let scene = Scene::by_path(CONFIG)?;
    scene.wait_for("READY=1")?;
    for round in 0..3 {
        let worker = scene.solo.pid_in("/run/keepalived_vrrp.pid")?;
        let killed = Instant::now();
        scene.solo.host.sh(&format!("kill -KILL {worker}"))?;
        // The second one has to wait for the next a second, the third two.
        for _ in 0..3 {
            ensure!(
                scene.lives_within(WATCHDOG)?,
                "round {round}, {:?}",
                killed.elapsed()
            );
        }
        until("the next worker", PATIENCE, || {
            let pid = scene.solo.pid_in("/run/keepalived_vrrp.pid");
            Ok(pid.is_ok_and(|pid| pid != worker))
        })?;
    }
    Ok(())
}

#[test]
fn a_new_program_is_said_to_live_as_the_one_before() -> Result<()> {
    let scene = Scene::by_path(CONFIG)?;
    scene.wait_for("READY=1")?;
    let begun = Instant::now();
    let vipctl = Tools::vipctl()?.display().to_string();
    scene.solo.host.sh(&format!("{vipctl} restart"))?;
    scene.daemon.log().wait_for("Restarted:", begun, PATIENCE)?;
    ensure!(scene.lives_within(WATCHDOG)?, "the new one does not live");
    scene.daemon.signal(Signal::HUP);
    scene.wait_for("READY=1")?;
    Ok(())
}

#[test]
fn scripts_cannot_speak_for_the_daemon() -> Result<()> {
    let config = CONFIG.replace(
        "    priority",
        "    notify /usr/local/bin/tell\n    priority",
    );
    let solo = Solo::new()?;
    let tell = "#!/bin/sh\nenv >/run/environment\n";
    solo.host.write_script("/usr/local/bin/tell", tell)?;
    let socket = UnixDatagram::bind(solo.host.outside(SOCKET))?;
    let scene = Scene::new(solo, socket, SOCKET, &config)?;
    let environment = || {
        scene
            .solo
            .host
            .sh("cat /run/environment 2>/dev/null || true")
    };
    until("the script", PATIENCE, || {
        Ok(environment()?.contains("PATH="))
    })?;
    let known = environment()?;
    ensure!(
        !known.contains("NOTIFY_SOCKET") && !known.contains("WATCHDOG"),
        "{known}"
    );
    Ok(())
}
