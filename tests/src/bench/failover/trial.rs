//! One failover in a lab of its own.

use std::net::Ipv4Addr;
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::case::{Case, Fault};
use crate::eyes::FLIGHT;
use crate::findings::{Doubled, Round, longest_silence};
use crate::lab::{
    Capture, Daemon, Frame, Responder, Signal, Software, Stalls, Transcript, pause, signal_all,
    until,
};
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
/// How long the lab is watched after lb2 has answered, or should have.
const AFTERWARDS: Duration = Duration::from_millis(500);
/// A processor that ran nothing for longer makes a trial worthless.
const STALL: Duration = Duration::from_millis(15);

/// Priority of the director that takes over.
pub(super) const BACKUP_PRIORITY: u8 = 100;
const ACTIVE_PRIORITY: u8 = 110;

/// About how long a trial takes.
pub(super) fn takes(interval: Duration) -> Duration {
    Duration::from_millis(1700) + 6 * interval
}

/// What was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    /// Longest time in which not both ARP and an echo were answered; `None` if it has no end.
    pub(super) silence: Option<Duration>,
    /// The client's longest time without a page; `None` if there was none after the fault.
    pub(super) gap: Option<Duration>,
    /// Questions that two directors answered: those of one millisecond count once.
    pub(super) doubled_questions: usize,
    /// From the first to the last of them; `None` if that has no end.
    pub(super) doubled: Option<Duration>,
    /// Directors that answered in the end.
    pub(super) answering: usize,
    /// The machine stood still meanwhile.
    pub(super) is_disturbed: bool,
}

/// Sets up a lab with `software` on both directors, and breaks lb1.
pub(super) fn play(software: &Software, case: &Case) -> Result<Trial> {
    let scene = Scene::set(&LAYOUT, "/", REQUEST_EVERY)?;
    let [lb1, lb2] = &scene.directors;
    let _servers = [Responder::start(lb1, 80)?, Responder::start(lb2, 80)?];
    let active = Daemon::start(lb1, software, &config(case, 0))?;
    let backup = Daemon::start(lb2, software, &config(case, 1))?;
    elect(&scene, &active, &backup)?;
    let stalls = Stalls::watch(STALL)?;
    let struck_at = strike(&scene, &active, case)?;
    watch(&scene, struck_at, case)?;
    let end = Instant::now();
    pause(FLIGHT)?;
    Ok(evaluate(&scene, &stalls, struck_at..end))
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
    let (processes, worker) = (active.processes()?, active.workers()?);
    let advert_at = next_advert(scene, case)?;
    let due_at = advert_at + case.interval.duration().mul_f64(case.phase);
    std::thread::sleep(due_at.saturating_duration_since(Instant::now()));
    let struck_at = Instant::now();
    match case.fault {
        Fault::Stop => active.signal(Signal::TERM),
        Fault::Worker => signal_all(&worker, Signal::KILL),
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

/// Waits until lb2 has answered, or had better not, and a little longer.
fn watch(scene: &Scene, struck_at: Instant, case: &Case) -> Result<()> {
    let [_, lb2] = scene.macs;
    let patience = match case.fault {
        Fault::Worker => case.interval.active_down(BACKUP_PRIORITY) + AFTERWARDS,
        _ => 5 * case.interval.duration() + Duration::from_secs(2),
    };
    loop {
        let taken_over_at = match case.fault {
            Fault::Worker => None,
            _ => scene.first_answer_of(lb2, struck_at),
        };
        let end = taken_over_at.map_or(struck_at + patience, |at| at + AFTERWARDS);
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        pause(left.min(CALM))?;
    }
}

fn evaluate(scene: &Scene, stalls: &Stalls, period: Range<Instant>) -> Trial {
    let gap = scene.client.look(|requests| requests.gap(period.clone()));
    let seen = scene.prober.transcript();
    let the_end = period.end - CALM..period.end;
    let answering = seen.answerers(the_end.clone()).len();
    let silence = longest_silence(&seen, period.clone());
    Trial {
        silence: (answering > 0).then_some(silence.end - silence.start),
        gap: gap.map(|gap| gap.end - gap.start),
        doubled_questions: Round::of(&seen, period.clone())
            .filter(Round::is_doubled)
            .count(),
        doubled: time_of_two(&seen, &period, &the_end),
        answering,
        is_disturbed: !stalls.during(&period).is_empty(),
    }
}

/// How long two directors answered the same questions, if they no longer did in `the_end`.
fn time_of_two(
    seen: &Transcript,
    period: &Range<Instant>,
    the_end: &Range<Instant>,
) -> Option<Duration> {
    match Doubled::of(seen, period.clone()) {
        None => Some(Duration::ZERO),
        Some(doubled) if the_end.contains(&doubled.span.end) => None,
        Some(doubled) => Some(doubled.length()),
    }
}
