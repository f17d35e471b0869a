//! Dumps: put together on the main loop from what the advert thread copies for it, and written by a
//! thread that may wait for a disk; one after the other.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use ha_common::{Nanos, Reason};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};

use super::order::{RouterReport, ThreadReport};
use crate::config::model::Instance;
use crate::dump::{Counters, Kind, Picture, Router, dump};
use crate::net::clock;
use crate::vrrp::{RouterId, State};

/// Counters by router.
type Totals = BTreeMap<RouterId, Counters>;

/// Dumps that somebody has asked for.
#[derive(Debug, Default)]
pub(super) struct Dumps {
    /// Not begun yet, in the order of the first question for each.
    wanted: Vec<Kind>,
    /// The one that is under way, which returns what `cleared` is to be.
    writing: Option<JoinHandle<Totals>>,
    /// What counters were when they last began anew.
    cleared: Totals,
}

/// What the main loop knows, before the advert thread has answered.
#[derive(Debug)]
pub(super) struct Sketch {
    /// Without what routers are doing.
    pub(super) picture: Picture,
    /// Slots of its routers.
    pub(super) slots: Vec<Option<RouterId>>,
}

impl Dumps {
    /// Takes note of a question. A second one for what has not begun changes nothing.
    pub(super) fn want(&mut self, kind: Kind) {
        if !self.wanted.contains(&kind) {
            self.wanted.push(kind);
        }
    }

    /// Whether something is to begin now.
    pub(super) fn is_due(&self) -> bool {
        self.writing.is_none() && !self.wanted.is_empty()
    }

    /// Begins with all that was asked for.
    pub(super) fn begin(&mut self, sketch: Sketch, answer: oneshot::Receiver<ThreadReport>) {
        let kinds = std::mem::take(&mut self.wanted);
        let cleared = self.cleared.clone();
        self.writing = Some(tokio::spawn(async move {
            let Ok(report) = answer.await else {
                // The advert thread is gone, and this process will be.
                return cleared;
            };
            let before = cleared.clone();
            let written = spawn_blocking(move || write_all(&kinds, sketch, &report, cleared));
            written.await.unwrap_or(before)
        }));
    }

    /// Waits for the end of what is under way; without, for ever. Can be cancelled.
    pub(super) async fn ended(&mut self) {
        let Some(writing) = &mut self.writing else {
            return std::future::pending().await;
        };
        let cleared = writing.await;
        self.writing = None;
        if let Ok(cleared) = cleared {
            self.cleared = cleared;
        }
    }

    /// Waits for the end of what is under way, if anything is.
    pub(super) async fn finish(&mut self) {
        if self.writing.is_some() {
            self.ended().await;
        }
    }

    /// A router is gone, and its slot may be another one's.
    pub(super) fn forget(&mut self, router: RouterId) {
        self.cleared.remove(&router);
    }
}

/// Writes dumps of one moment; returns what counters were when they last began anew.
fn write_all(kinds: &[Kind], sketch: Sketch, report: &ThreadReport, mut cleared: Totals) -> Totals {
    let Sketch { mut picture, slots } = sketch;
    let totals = report.routers.iter().map(|one| (one.router, total(one)));
    let totals: Totals = totals.collect();
    let moment = Moment::now();
    for (router, slot) in picture.routers.iter_mut().zip(&slots) {
        let mut reports = report.routers.iter();
        if let Some(report) = reports.find(|report| Some(report.router) == *slot) {
            fill_in(router, report, &moment);
        }
    }
    for kind in kinds {
        for (router, slot) in picture.routers.iter_mut().zip(&slots) {
            let of = |totals: &Totals| {
                let known = slot.and_then(|slot| totals.get(&slot).copied());
                known.unwrap_or_default()
            };
            router.counters = of(&totals).since(&of(&cleared));
        }
        match dump(*kind, &picture) {
            // Nobody has seen what could not be written.
            Ok(()) if *kind == Kind::StatsThenClear => cleared.clone_from(&totals),
            Ok(()) => log::debug!("wrote a dump: {kind:?}"),
            Err(error) => log::error!("cannot write a dump ({kind:?}): {error}"),
        }
    }
    cleared
}

/// An instance that does not run, for want of an interface.
#[must_use]
pub(super) fn idle(instance: &Instance) -> Router {
    Router {
        state: State::Initialize { faulted: true },
        since: SystemTime::UNIX_EPOCH,
        deadline: None,
        active_down_interval: Duration::ZERO,
        active_adver_interval: instance.advert_int,
        active: None,
        active_priority: 0,
        priority: instance.priority,
        total_priority: instance.priority.into(),
        source: instance.source,
        faults: 1,
        pending: 0,
        counters: Counters::default(),
        instance: instance.clone(),
    }
}

fn fill_in(router: &mut Router, report: &RouterReport, moment: &Moment) {
    let status = &report.status;
    router.state = status.state;
    router.since = moment.of(status.since);
    router.deadline = status.deadline.map(|at| moment.of(at));
    router.active_down_interval = status.active_down_interval;
    router.active_adver_interval = status.active_adver_interval;
    router.active = status.active;
    router.active_priority = report.speaker_priority;
    router.priority = status.priority.get();
}

/// The same moment by both clocks.
struct Moment {
    boot: Nanos,
    day: SystemTime,
}

impl Moment {
    fn now() -> Self {
        Self {
            boot: clock::now(),
            day: SystemTime::now(),
        }
    }

    fn of(&self, at: Nanos) -> SystemTime {
        if at == Nanos::NEVER {
            return SystemTime::UNIX_EPOCH;
        }
        self.day + at.saturating_since(self.boot) - self.boot.saturating_since(at)
    }
}

/// keepalived's counters. Of bad adverts the data path knows how many there were, and this process
/// what kind of password those had that it read.
fn total(report: &RouterReport) -> Counters {
    let refused = |reason| {
        let mut refused = report.refused.iter();
        let counted = refused.find(|(counted, _)| *counted == reason);
        counted.map_or(0, |(_, count)| *count)
    };
    let statistics = &report.status.statistics;
    let details = &report.details;
    let strangers = details.unknown_authentication + details.other_authentication;
    Counters {
        advert_rcvd: report.adverts,
        advert_sent: statistics.adverts_sent,
        become_master: statistics.became_active,
        release_master: statistics.released_active,
        packet_len_err: refused(Reason::AdvertLength),
        advert_interval_err: refused(Reason::AdvertInterval),
        ip_ttl_err: refused(Reason::AdvertTtl),
        invalid_type_rcvd: refused(Reason::AdvertType),
        addr_list_err: details.address_lists,
        invalid_authtype: details.unknown_authentication,
        authtype_mismatch: details.other_authentication,
        auth_failure: refused(Reason::AdvertAuth).saturating_sub(strangers),
        pri_zero_rcvd: statistics.priority_zero_received,
        pri_zero_sent: statistics.priority_zero_sent,
    }
}
