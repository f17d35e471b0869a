//! What `vipctl status` says of how regularly the Active router speaks.

use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ha_tests::lab::{Host, PacketSocket, Tools, until};
use ha_tests::xdp::frame::Advert;

use crate::solo::{CONFIG, PATIENCE, Solo};

/// Advertisement_Interval of whoever speaks.
const INTERVAL: Duration = Duration::from_millis(200);
/// Every other advert is late by this.
const LATE: Duration = Duration::from_millis(20);
/// Places for adverts in the series, of which every eighth stays empty.
const PLACES: u32 = 41;
const EMPTY: u32 = 8;
/// What the clocks of both sides may disagree by, in seconds, on a busy machine.
const NOISE: f64 = 0.004;

/// Who speaks, with known irregularities.
struct Speaker {
    socket: PacketSocket,
    sent: Vec<Instant>,
}

impl Speaker {
    fn say(&mut self, source: [u8; 4]) -> Result<()> {
        let advert = Advert {
            priority: 200,
            interval: INTERVAL,
            source,
            ..Advert::default()
        };
        self.sent.push(Instant::now());
        Ok(self.socket.send(&advert.frame())?)
    }

    /// Speaks with the known irregularities, as another router than before.
    fn perform(&mut self, source: [u8; 4]) -> Result<()> {
        self.sent.clear();
        let begun = Instant::now();
        for place in 0..PLACES {
            let late = if place % 2 == 1 { LATE } else { Duration::ZERO };
            let due = begun + place * INTERVAL + late;
            sleep(due.saturating_duration_since(Instant::now()));
            if place % EMPTY != EMPTY - 1 {
                self.say(source)?;
            }
        }
        Ok(())
    }

    /// Jitter in seconds as RFC 3550 section 6.4.1 has it, and adverts missed, by when they were
    /// sent in fact.
    fn irregularity(&self) -> (f64, u64) {
        let interval = INTERVAL.as_secs_f64();
        let (mut jitter, mut missed) = (0.0, 0);
        for pair in self.sent.windows(2) {
            let gap = (pair[1] - pair[0]).as_secs_f64();
            let intervals = (gap / interval).round().max(1.0);
            let deviation = (gap - intervals * interval).abs();
            jitter += (deviation - jitter) / 16.0;
            missed += intervals as u64 - 1;
        }
        (jitter, missed)
    }
}

#[test]
fn jitter_and_loss_of_who_speaks_are_told() -> Result<()> {
    let mut solo = Solo::new()?;
    let host = Host::new("speaker")?;
    solo.lan.attach(&host, "eth0", "192.0.2.9/24")?;
    let mut speaker = Speaker {
        socket: PacketSocket::open(host.netns(), "eth0")?,
        sent: Vec::new(),
    };
    let _daemon = solo.launch(CONFIG, &["-n", "-l", "-D"])?;
    until("a Backup that has heard somebody", PATIENCE, || {
        speaker.say([192, 0, 2, 8])?;
        let status = solo.status().ok();
        Ok(status.is_some_and(|status| status.instances[0].active_router.is_some()))
    })?;
    speaker.perform([192, 0, 2, 9])?;

    let instance = solo.status()?.instances.swap_remove(0);
    let (jitter, missed) = speaker.irregularity();
    let told = instance.jitter_seconds.context("no jitter")?;
    ensure!(instance.active_router == Some([192, 0, 2, 9].into()));
    ensure!(missed >= u64::from(PLACES / EMPTY), "{missed} empty places");
    ensure!(
        instance.adverts_missed == Some(missed),
        "{instance:?}, not {missed}"
    );
    ensure!((told - jitter).abs() < NOISE, "{told} s, not {jitter} s");
    let text = solo
        .host
        .output(Command::new(Tools::vipctl()?).arg("status"))?;
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    let words = format!("ms, {missed} missed");
    ensure!(text.contains("jitter ") && text.contains(&words), "{text}");
    Ok(())
}
