//! One fault, from its injection until the lab is calm again.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::article::LAYOUT;
use super::fault::Fault;
use super::lane::{self, Cell};
use super::stage::Stage;
use super::timeline;
use crate::lab::{Tools, pause};
use crate::scene::Scene;
use crate::screen::Screen;

/// How long the other director may take to answer; the slowest way is through the script, a lower
/// priority and Active_Down_Interval.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long it is watched after it has answered first; on a slow machine, until all is well again.
const AFTERWARDS: Duration = Duration::from_millis(1500);
/// From its first answer until it must be the only one.
const HANDOVER: Duration = Duration::from_millis(100);
/// How often the screen follows.
const REFRESH: Duration = Duration::from_millis(100);
/// Resolution of the kept timeline.
pub(super) const CELL: Duration = Duration::from_millis(10);
/// How much of the time before the fault the timeline shows.
pub(super) const LEAD: Duration = Duration::from_millis(400);

/// What was seen of one fault.
pub(super) struct Outcome {
    pub(super) fault: Fault,
    /// The longest time between two pages, if the client got pages again, relative to the fault.
    pub(super) gap: Option<Gap>,
    /// Requests that were lost.
    pub(super) lost: usize,
    /// Who answered at the end: names of directors.
    pub(super) owners: Vec<String>,
    /// Who has the VIP on an interface at the end: names of directors.
    pub(super) installed: Vec<String>,
    /// Questions that were asked after the switch, and how many of them were not answered by
    /// exactly the new owner.
    pub(super) questions: usize,
    pub(super) wrong: usize,
    /// Longest time in which the prober did not ask: what it cannot have seen.
    pub(super) longest_pause: Duration,
    /// Whether lb2 answered at all.
    pub(super) switched: bool,
    /// From [`LEAD`] before the fault, in steps of [`CELL`].
    pub(super) timeline: Vec<Cell>,
}

/// A time without pages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    /// From the fault to the last page before; in milliseconds, negative before the fault.
    pub(super) from_ms: f64,
    /// How long.
    pub(super) length: Duration,
}

impl Outcome {
    /// Whether the VIP has moved to exactly one other director and the client came back.
    pub(super) fn is_good(&self) -> bool {
        self.switched && self.owners.len() == 1 && self.gap.is_some()
    }
}

/// Injects `fault` and watches.
pub(super) fn observe(fault: Fault, stage: &mut Stage, screen: &Screen) -> Result<Outcome> {
    let injected_at = Instant::now();
    let injected = fault.inject(stage);
    injected.with_context(|| format!("cannot {}", fault.name()))?;
    let switched_at = watch(stage, injected_at, |cells| {
        timeline::live(screen, fault, cells);
    })?;
    let outcome = evaluate(fault, stage, injected_at, switched_at)?;
    timeline::done(screen, &outcome);
    Ok(outcome)
}

/// `limit` for this machine: an emulated one may do nothing for a second while its host is busy. By
/// less than it is slower, as most of the time here is the protocol's own.
fn stretched(limit: Duration) -> Duration {
    limit * Tools::slowness().div_ceil(4)
}

/// Waits until lb2 has answered, and a little longer; returns when it did.
fn watch(
    stage: &Stage,
    injected_at: Instant,
    mut show: impl FnMut(&[Cell]),
) -> Result<Option<Instant>> {
    let Scene { prober, macs, .. } = &stage.scene;
    let [_, lb2] = *macs;
    let mut switched_at = None;
    loop {
        let now = Instant::now();
        switched_at = switched_at.or_else(|| stage.scene.first_answer_of(lb2, injected_at));
        show(&prober.look(|seen| lane::cells(seen, *macs, injected_at - LEAD..now, CELL)));
        let is_over = match switched_at {
            None => now >= injected_at + stretched(PATIENCE),
            Some(at) if now < at + AFTERWARDS => false,
            Some(at) => now >= at + stretched(AFTERWARDS) || is_well(stage, at),
        };
        if is_over {
            return Ok(switched_at);
        }
        pause(REFRESH)?;
    }
}

/// Whether lb2, which answered first at `switched_at`, has done so after the handover, and the
/// client has got a page.
fn is_well(stage: &Stage, switched_at: Instant) -> bool {
    let scene = &stage.scene;
    let [_, lb2] = scene.macs;
    let now = Instant::now();
    let silence = scene.client.look(|requests| requests.silence_at(now));
    let settled_at = switched_at + stretched(HANDOVER);
    scene.first_answer_of(lb2, settled_at).is_some()
        && silence.is_some_and(|silence| silence < now - switched_at)
}

fn evaluate(
    fault: Fault,
    stage: &Stage,
    injected_at: Instant,
    switched_at: Option<Instant>,
) -> Result<Outcome> {
    let scene = &stage.scene;
    let [_, lb2] = scene.macs;
    let end = Instant::now();
    let settled = switched_at.map_or(end - AFTERWARDS, |at| at + stretched(HANDOVER))..end;
    let (seen, requests) = (scene.prober.transcript(), scene.client.requests());
    let answerers = seen.answerers(settled.clone());
    let names = answerers.iter().filter_map(|mac| scene.lan.owner_of(*mac));
    let gap = requests.gap(injected_at..end);
    Ok(Outcome {
        fault,
        gap: gap.map(|gap| Gap::relative(&gap, injected_at)),
        lost: requests.lost(injected_at..end),
        owners: names.map(str::to_owned).collect(),
        installed: installed(stage)?,
        questions: seen.during(settled.clone()).len(),
        wrong: seen.wrong(settled, lb2).len(),
        longest_pause: seen.longest_pause(injected_at..end),
        switched: switched_at.is_some(),
        timeline: lane::cells(&seen, scene.macs, injected_at - LEAD..end, CELL),
    })
}

fn installed(stage: &Stage) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for director in &stage.scene.directors {
        if director.has_address(LAYOUT.vip)? {
            names.push(director.name().to_owned());
        }
    }
    Ok(names)
}

impl Gap {
    fn relative(gap: &Range<Instant>, injected_at: Instant) -> Self {
        let before = injected_at.saturating_duration_since(gap.start);
        let after = gap.start.saturating_duration_since(injected_at);
        Self {
            from_ms: (after.as_secs_f64() - before.as_secs_f64()) * 1e3,
            length: gap.end - gap.start,
        }
    }
}
