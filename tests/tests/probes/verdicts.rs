//! From the death of a server to its clients: how soon, and what is on the wire then.

use std::net::SocketAddrV4;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use ha_tests::lab::{Capture, Client, Errand, Frame, Manner, Servant, pause, status};

use crate::services::{DROPPED, PASSED, REJECTED, SERVER, Stage, VIP};

/// How often the server comes and goes.
const TURNS: u64 = 50;
/// Services that follow it.
const SERVICES: u64 = 3;
/// How long a verdict may take to the data path, 99 times of 100.
const TO_DATA_PATH: Duration = Duration::from_millis(1);
/// How often the server falls silent.
const SILENCES: usize = 5;
/// `delay_loop` and `connect_timeout` of the stage: with `retry 0`, a silent server is out by then.
const VERDICT: Duration = Duration::from_millis(550);
/// For a machine that has other things to do, too.
const SLACK: Duration = Duration::from_millis(200);

#[test]
fn a_verdict_is_in_the_data_path_at_once() -> Result<()> {
    let stage = Stage::new(0)?;
    for _ in 0..TURNS {
        let server = Servant::by_tcp(&stage.scene.web, SERVER, Manner::Silent)?;
        stage.wait(true)?;
        drop(server);
        stage.wait(false)?;
    }
    let timers = status(&stage.scene.director)?.gate_timers;
    println!("{timers:?}");
    let counts = timers.buckets.iter().map(|bucket| bucket.count);
    let count = counts.sum::<u64>() + timers.beyond;
    ensure!(count >= 2 * TURNS * SERVICES - SERVICES, "{timers:?}");
    ensure!(
        timers.p99_seconds <= TO_DATA_PATH.as_secs_f64(),
        "{timers:?}"
    );
    Ok(())
}

#[test]
fn a_server_that_falls_silent_is_out_when_its_time_is_up() -> Result<()> {
    let stage = Stage::new(0)?;
    let _server = Servant::by_tcp(&stage.scene.web, SERVER, Manner::Silent)?;
    let errand = Errand {
        server: SocketAddrV4::new(VIP, DROPPED),
        path: "/".to_owned(),
        every: Duration::from_millis(2),
        timeout: Duration::from_millis(100),
    };
    stage.wait(true)?;
    let client = Client::start(&stage.client, errand)?;
    let mut cuts = Vec::new();
    for _ in 0..SILENCES {
        pause(Duration::from_millis(300))?;
        let begun = Instant::now();
        stage.scene.lan.cut(&stage.scene.web)?;
        stage.wait(false)?;
        cuts.push(begun..Instant::now());
        stage.scene.lan.heal(&stage.scene.web)?;
        stage.wait(true)?;
    }
    let requests = client.finish()?;
    for cut in cuts {
        let during = requests
            .all()
            .iter()
            .filter(|one| cut.contains(&one.sent_at));
        let served = during.filter(|one| one.outcome.is_ok());
        let last = served.map(|one| one.sent_at).max();
        let last = last.context("nobody was served when the server fell silent")?;
        let after = last - cut.start;
        println!("clients got through for {after:?}");
        ensure!(
            after <= VERDICT + SLACK,
            "clients got through for {after:?}"
        );
    }
    Ok(())
}

const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// A TCP segment: its ports, and its flags.
fn segment(frame: &Frame) -> Option<(u16, u16, u8)> {
    const TCP: u8 = 6;
    let is_tcp = frame.bytes.get(12..14)? == [0x08, 0x00] && *frame.bytes.get(23)? == TCP;
    let segment = frame.ip_payload().filter(|_| is_tcp)?;
    let port = |at: usize| Some(u16::from_be_bytes(*segment.get(at..)?.first_chunk()?));
    Some((port(0)?, port(2)?, *segment.get(13)?))
}

#[test]
fn each_policy_is_on_the_wire_what_it_says() -> Result<()> {
    let stage = Stage::new(0)?;
    stage.wait(false)?;
    let is_segment = |frame: &Frame| segment(frame).is_some();
    let (director, client) = (&stage.scene.director, &stage.client);
    let questions = Capture::start(director.netns(), "eth0", is_segment)?;
    let answers = Capture::start(client.netns(), "eth0", is_segment)?;
    let policies: [(u16, Option<u8>); 3] = [
        (DROPPED, None),
        (REJECTED, Some(RST | ACK)),
        (PASSED, Some(SYN | ACK)),
    ];
    for (port, expected) in policies {
        let _ = stage.ask(port)?;
        pause(Duration::from_millis(50))?;
        let to_port = |frame: &Frame| segment(frame).filter(|(_, to, _)| *to == port);
        let from_port = |frame: &Frame| segment(frame).filter(|(from, ..)| *from == port);
        let asked: Vec<_> = questions.frames().iter().filter_map(to_port).collect();
        let answered: Vec<_> = answers.frames().iter().filter_map(from_port).collect();
        let first = |segments: &[(u16, u16, u8)]| segments.first().map(|(.., flags)| *flags);
        ensure!(first(&asked) == Some(SYN), "{port}: {asked:?}");
        ensure!(first(&answered) == expected, "{port}: {answered:?}");
        let is_refusal = expected == Some(RST | ACK);
        ensure!(!is_refusal || answered.len() == asked.len(), "{answered:?}");
    }
    Ok(())
}
