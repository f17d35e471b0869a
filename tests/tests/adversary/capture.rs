//! `vipctl capture` shows what tcpdump cannot see.

use std::fs::File;
use std::io::Read as _;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ha_common::Reason;
use ha_tests::forgery::Forgery;
use ha_tests::lab::{PacketSocket, Tools, until};
use ha_tests::watched::INTERFACE;
use rustix::process::{Pid, Signal, kill_process};

use crate::scene::{PATIENCE, Scene, V3};

/// Frames at once.
const BURST: usize = 2_000;

/// A capture on the Backup, and what becomes of it.
fn start(scene: &Scene, arguments: &[&str]) -> Result<Child> {
    let mut vipctl = Command::new(Tools::vipctl()?);
    vipctl.arg("capture").args(arguments);
    vipctl
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    scene.pair.directors[1].spawn(&mut vipctl)
}

fn run(scene: &Scene, script: &str) -> Result<Output> {
    let vipctl = Tools::vipctl()?;
    let directory = vipctl.parent().context("a directory")?.display();
    let script = format!("PATH={directory}:$PATH; {script}");
    scene.pair.directors[1].output(Command::new("sh").args(["-c", &script]))
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

#[test]
fn tcpdump_reads_it_from_a_pipe() -> Result<()> {
    let scene = Scene::new(V3)?;
    let output = run(&scene, "vipctl capture --count 3 | tcpdump -n -r -")?;
    let (packets, summary) = (text(&output.stdout), text(&output.stderr));
    ensure!(
        packets
            .matches("VRRPv3, Advertisement, vrid 51, prio 150")
            .count()
            == 3,
        "{packets}{summary}"
    );
    ensure!(summary.contains("vipctl: 3 packets in "), "{summary}");
    scene.check_calm()
}

#[test]
fn drops_have_their_reason_and_ctrl_c_ends_it() -> Result<()> {
    let scene = Scene::new(V3)?;
    let mut capture = start(&scene, &["--verdict", "drop", "-i", INTERFACE])?;
    let mut file = capture.stdout.take().context("a pipe")?;
    // It has begun.
    file.read_exact(&mut [0; 4])?;
    let frames = vec![Forgery::Ttl.frame(&scene.pair)?; BURST];
    let socket = PacketSocket::open(scene.pair.stranger.netns(), INTERFACE)?;
    until("a flood", PATIENCE, || {
        // A queue that is full has been flooded.
        let _ = socket.send_all(&frames);
        Ok(scene.packets(1, Reason::AdvertFloodBad)? > 0)
    })?;
    let reader = std::thread::spawn(move || {
        let mut rest = Vec::new();
        file.read_to_end(&mut rest).map(|_| rest)
    });
    std::thread::sleep(Duration::from_millis(200));
    interrupt(&capture)?;
    let rest = reader.join().ok().context("a reader")??;
    let output = capture.wait_with_output()?;
    ensure!(output.status.success(), "{output:?}");
    let file = text(&rest);
    ensure!(
        file.contains("drop advert_flood_bad: A bad advert"),
        "no comment"
    );
    ensure!(!file.contains("pass "), "passed packets are there, too");
    ensure!(text(&output.stderr).contains(" packets in "), "{output:?}");
    Ok(())
}

fn interrupt(capture: &Child) -> Result<()> {
    let pid = Pid::from_raw(i32::try_from(capture.id())?).context("a process")?;
    Ok(kill_process(pid, Signal::INT)?)
}

/// Nothing is shown to nobody: a capture that was killed is over within a second, and the next one
/// is not kept waiting for longer.
#[test]
fn a_capture_ends_with_vipctl() -> Result<()> {
    let scene = Scene::new(V3)?;
    let mut killed = start(&scene, &[])?;
    let mut file = killed.stdout.take().context("a pipe")?;
    file.read_exact(&mut [0; 4])?;
    let second = run(
        &scene,
        "vipctl capture --count 1 --write /run/second.pcapng",
    )?;
    ensure!(!second.status.success(), "two captures at once");
    ensure!(
        text(&second.stderr).contains("another capture"),
        "{second:?}"
    );
    killed.kill()?;
    killed.wait()?;
    let third = run(
        &scene,
        "vipctl capture --count 2 -i eth0 -w /run/third.pcapng",
    )?;
    ensure!(third.status.success(), "{third:?}");
    let mut file = Vec::new();
    File::open(scene.pair.directors[1].outside("/run/third.pcapng"))?.read_to_end(&mut file)?;
    ensure!(text(&file).contains("pass advert_alive: "), "no comment");
    Ok(())
}
