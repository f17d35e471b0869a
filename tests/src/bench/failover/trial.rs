//! One failover in a lab of its own.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::case::{Case, Fault};
use crate::lab::{Capture, Daemon, Frame, Responder, Signal, Software, pause, signal_all, until};
use crate::scene::{Layout, Scene};

const LAYOUT: Layout = Layout {
    interface: "eth0",
    directors: [Ipv4Addr::new(192, 0, 2, 11), Ipv4Addr::new(192, 0, 2, 12)],
    vip: Ipv4Addr::new(192, 0, 2, 100),
};

/// Resolution of the measurement.
const REQUEST_EVERY: Duration = Duration::from_millis(1);
/// How long lb1 may take to own the VIP alone.
const ELECTION: Duration = Duration::from_secs(20);
/// How long it must have been alone before the fault.
const CALM: Duration = Duration::from_millis(300);
/// How long the lab is watched after lb2 has answered.
const AFTERWARDS: Duration = Duration::from_millis(500);
/// From the first answer of lb2 until it must be the only one.
const HANDOVER: Duration = Duration::from_millis(100);

/// Priority of the director that takes over.
pub(super) const BACKUP_PRIORITY: u8 = 100;
const ACTIVE_PRIORITY: u8 = 110;

/// About how long a trial takes.
pub(super) fn takes(interval: Duration) -> Duration {
    Duration::from_millis(1700) + 8 * interval
}

/// What was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    /// The client's longest time without a page; `None` if there was none after the fault.
    pub(super) gap: Option<Duration>,
    /// Directors that answered in the end.
    pub(super) answering: usize,
}

/// Sets up a lab with `software` on both directors, and breaks lb1.
pub(super) fn play(software: &Software, case: &Case) -> Result<Trial> {
    let scene = Scene::set(&LAYOUT, "/", REQUEST_EVERY)?;
    let [lb1, lb2] = &scene.directors;
    let _servers = [Responder::start(lb1, 80)?, Responder::start(lb2, 80)?];
    let active = Daemon::start(lb1, software, &config(case, 0))?;
    let backup = Daemon::start(lb2, software, &config(case, 1))?;
    elect(&scene, &active, &backup)?;
    let struck_at = strike(&scene, &active, case)?;
    let taken_over_at = watch(&scene, struck_at, case)?;
    Ok(evaluate(&scene, struck_at, taken_over_at))
}

fn config(case: &Case, director: usize) -> String {
    let (state, priority) = [("MASTER", ACTIVE_PRIORITY), ("BACKUP", BACKUP_PRIORITY)][director];
    let Layout { interface, vip, .. } = LAYOUT;
    let (version, interval) = (case.interval.version(), case.interval);
    format!(
        "vrrp_instance VI_1 {{\n    state {state}\n    interface {interface}\n    \
         version {version}\n    virtual_router_id 51\n    priority {priority}\n    \
         advert_int {interval}\n    virtual_ipaddress {{\n        {vip}/24\n    }}\n}}\n"
    )
}

fn elect(scene: &Scene, active: &Daemon, backup: &Daemon) -> Result<()> {
    let [lb1, _] = scene.macs;
    let settled = || Ok(scene.is_calm(lb1, CALM) && backup.state("VI_1") == Some("BACKUP"));
    until("lb1 to be the only one that answers", ELECTION, settled).with_context(|| {
        let logs = [active, backup].map(|daemon| daemon.log().tail(6));
        logs.join("  --\n")
    })
}

/// Strikes at the phase of the case; returns when.
fn strike(scene: &Scene, active: &Daemon, case: &Case) -> Result<Instant> {
    // Found before, so that the blow itself takes no time.
    let processes = active.processes()?;
    let advert_at = next_advert(scene, case)?;
    let due_at = advert_at + case.interval.duration().mul_f64(case.phase);
    std::thread::sleep(due_at.saturating_duration_since(Instant::now()));
    let struck_at = Instant::now();
    match case.fault {
        Fault::Stop => active.signal(Signal::TERM),
        Fault::Freeze => signal_all(&processes, Signal::STOP),
        Fault::Kill => signal_all(&processes, Signal::KILL),
        Fault::Cut => scene.lan.cut(active.host())?,
    }
    Ok(struck_at)
}

/// When lb1 sends its next advert, as seen by one who watches.
fn next_advert(scene: &Scene, case: &Case) -> Result<Instant> {
    let [lb1, _] = scene.macs;
    let [_, prober] = &scene.watchers;
    let from_lb1 = move |frame: &Frame| frame.is_advert() && frame.source() == Some(lb1);
    let capture = Capture::start(prober.netns(), scene.watching_interface(), from_lb1)?;
    let limit = 3 * case.interval.duration() + CALM;
    until("an advert of lb1", limit, || Ok(capture.last().is_some()))?;
    let advert = capture.last().context("no advert")?;
    Ok(advert.at)
}

/// Waits until lb2 has answered, and a little longer; returns when it did.
fn watch(scene: &Scene, struck_at: Instant, case: &Case) -> Result<Option<Instant>> {
    let patience = 5 * case.interval.duration() + Duration::from_secs(2);
    let [_, lb2] = scene.macs;
    loop {
        let taken_over_at = scene.first_answer_of(lb2, struck_at);
        let end = taken_over_at.map_or(struck_at + patience, |at| at + AFTERWARDS);
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(taken_over_at);
        }
        pause(left.min(CALM))?;
    }
}

fn evaluate(scene: &Scene, struck_at: Instant, taken_over_at: Option<Instant>) -> Trial {
    let end = Instant::now();
    let settled = taken_over_at.map_or(end - CALM, |at| at + HANDOVER)..end;
    let period = struck_at..end;
    let gap = scene.client.look(|requests| requests.gap(period));
    Trial {
        gap: gap.map(|gap| gap.end - gap.start),
        answering: scene.prober.look(|seen| seen.answerers(settled)).len(),
    }
}
