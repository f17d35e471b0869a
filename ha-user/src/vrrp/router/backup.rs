//! Backup: watching the Active router, and taking over from it (RFC 9568 section 6.4.2).

use std::time::Duration;

use ha_common::{Nanos, Priority};

use super::super::action::Reason;
use super::super::patience::Patience;
use super::super::phase::{ActiveDownTimer, Phase};
use super::super::timing::learnable;
use super::super::{Advert, Parameters, Standing, View};
use super::{Context, Router};

impl Router {
    pub(super) fn backup_hears(
        &mut self,
        timer: ActiveDownTimer,
        advert: Advert,
        cx: &mut Context<'_>,
    ) {
        if self.is_own(&advert) {
            return;
        }
        self.count(&advert);
        let timer = if advert.priority == Priority::LEAVING {
            self.bid_farewell(timer, &advert, cx)
        } else if advert.priority >= self.accept_min_priority() {
            self.follow(&advert, cx)
        } else {
            self.lower = Some((advert.source, cx.now));
            self.outgrow(timer, &advert, cx)
        };
        self.phase = Phase::Backup(timer);
    }

    /// Waits only Skew_Time for a router that leaves (RFC 9568 section 6.4.2), or less, unless
    /// another one is known to be Active: a process that stood still may say farewell long after it
    /// was replaced.
    fn bid_farewell(
        &self,
        timer: ActiveDownTimer,
        advert: &Advert,
        cx: &Context<'_>,
    ) -> ActiveDownTimer {
        let is_last_word = self.record(cx).is_resigned();
        let wait = match self.active {
            Some(active) if active == advert.source && is_last_word => self.handover_time(),
            _ if self.has_replaced(advert, &timer, cx) => self.handover_time(),
            None if is_last_word => None,
            _ => return timer,
        };
        let wait = wait.unwrap_or_else(|| self.skew_time(self.priority()));
        let timer = self.renew(timer, cx.view).hasten(cx.now, wait);
        timer.bid_farewell()
    }

    /// Whether the sender of `advert`, below us, seems to have been Active in the place of the
    /// router that we follow, which has missed its turn.
    fn has_replaced(&self, advert: &Advert, timer: &ActiveDownTimer, cx: &Context<'_>) -> bool {
        let heard = timer.heard.max(self.record(cx).last_advert);
        let turn = self.active_adver_interval() * 3 / 2;
        let missed = self.active.is_none() || cx.now.saturating_since(heard) > turn;
        let spoke = |(source, at)| source == advert.source && at > heard;
        missed && self.lower.is_some_and(spoke)
    }

    /// Does not wait for the rest of a silence where the router that we have followed falls below
    /// us, unless it has risen again: it goes on speaking only until we do.
    fn outgrow(
        &self,
        timer: ActiveDownTimer,
        advert: &Advert,
        cx: &Context<'_>,
    ) -> ActiveDownTimer {
        let is_last_word = self.record(cx).is_resigned();
        match self.handover_time() {
            Some(wait) if self.active == Some(advert.source) && is_last_word => {
                self.renew(timer, cx.view).hasten(cx.now, wait)
            }
            _ => timer,
        }
    }

    /// Takes the sender of `advert` for the Active router.
    pub(super) fn follow(&mut self, advert: &Advert, cx: &mut Context<'_>) -> ActiveDownTimer {
        if self.dual.is_shown_by(advert, cx.now) {
            self.report_dual_active(advert, cx);
        }
        self.fresh = false;
        self.bear(advert, cx);
        self.active = Some(advert.source);
        self.learnt = Some(learnable(advert.interval));
        ActiveDownTimer::new(cx.now, self.active_down_interval())
    }

    /// Lets a lower router be for the time of our patience, and a better one for good.
    fn bear(&mut self, advert: &Advert, cx: &mut Context<'_>) {
        if advert.priority >= self.priority() {
            self.be_patient(cx);
        } else if self.parameters.preempt_mode {
            let delay = self.parameters.preempt_delay;
            self.patience = self.patience.try_at(cx.now, delay);
        }
    }

    /// Begins to preempt once our patience is over. What the lower router has said until now still
    /// counts.
    fn lose_patience(&mut self, cx: &mut Context<'_>) {
        if self.patience.deadline().is_some_and(|end| cx.now >= end) {
            self.patience = Patience::Over;
            self.set_election(cx);
        }
    }

    /// Whether `advert` is what we know of the Active router already.
    pub(in super::super) fn is_familiar(&self, advert: &Advert) -> bool {
        matches!(self.phase, Phase::Backup(_))
            && advert.priority != Priority::LEAVING
            && advert.priority >= self.accept_min_priority()
            && self.active == Some(advert.source)
            && self.learnt == Some(learnable(advert.interval))
            && !self.dual.waits_for(advert.source)
    }

    pub(super) fn backup_stands(
        &mut self,
        timer: ActiveDownTimer,
        standing: Standing,
        cx: &mut Context<'_>,
    ) {
        let before = (self.active_down_interval(), self.accept_min_priority());
        let opens = self.standing.waits && !standing.waits;
        self.stand(standing, cx);
        if standing.faulted {
            self.leave(Phase::Faulted, Reason::Faulted, cx);
            return;
        }
        let timer = self.adjust(timer, before, cx);
        self.phase = Phase::Backup(timer);
        if opens {
            self.open(timer, cx);
        }
    }

    pub(super) fn backup_changes(
        &mut self,
        timer: ActiveDownTimer,
        parameters: Parameters,
        cx: &mut Context<'_>,
    ) {
        let before = (self.active_down_interval(), self.accept_min_priority());
        self.reconfigure(parameters, cx);
        self.phase = Phase::Backup(self.adjust(timer, before, cx));
    }

    /// The timer after a change of what was good for a silence and a lowest priority of `before`.
    ///
    /// Where the lowest priority falls, whoever was below it may be one to obey, and their silence
    /// begins with their last advert; also with one from before the data path learns of it.
    pub(super) fn adjust(
        &self,
        timer: ActiveDownTimer,
        before: (Duration, Priority),
        cx: &Context<'_>,
    ) -> ActiveDownTimer {
        let silence = self.active_down_interval();
        let lower = self.last_lower(cx);
        if self.accept_min_priority() >= before.1 {
            timer.shift(before.0, silence)
        } else if lower >= timer.heard {
            ActiveDownTimer::new(lower, silence).obey_lower()
        } else {
            timer.shift(before.0, silence).obey_lower()
        }
    }

    /// Active_Down_Timer has fired, or the shell woke up for something else.
    pub(super) fn watch_silence(&mut self, timer: ActiveDownTimer, cx: &mut Context<'_>) {
        self.lose_patience(cx);
        if cx.now < timer.deadline {
            return;
        }
        let timer = self.renew(timer, cx.view);
        let doubted = timer.doubt(cx.now, self.skew_time(self.priority()));
        let timer = doubted.unwrap_or(timer);
        self.phase = Phase::Backup(timer);
        if cx.now >= timer.deadline {
            self.believe_silence(timer, cx);
        }
    }

    /// When a Backup router is to be woken, by what is stamped so far: at its own deadline it would
    /// only find the stamp that we see now. `None` where a stamp counts once, so that it matters
    /// when it is looked for.
    pub(in super::super) fn sleeps_until(&self, view: &dyn View) -> Option<Nanos> {
        match self.phase {
            Phase::Backup(timer) if !timer.obeys_lower => {
                let renewed = self.renew(timer, view);
                let silence = timer.deadline.max(renewed.deadline);
                let patience = self.patience.deadline();
                Some(patience.map_or(silence, |end| end.min(silence)))
            }
            _ => None,
        }
    }

    /// Takes over, and says so first: a living Active router must yield, and another Backup router
    /// may have found the same silence in this very moment.
    fn believe_silence(&mut self, timer: ActiveDownTimer, cx: &mut Context<'_>) {
        if self.standing.waits {
            let later = cx.now + self.active_down_interval();
            self.phase = Phase::Backup(timer.prolong(later));
            return;
        }
        let preempts = self.lower_lives(cx);
        let reason = match (preempts, timer.left) {
            (true, _) => Reason::Preempted,
            (false, true) => Reason::PeerLeft,
            (false, false) => Reason::Silence,
        };
        self.come_forward(timer.heard, reason, cx);
    }

    /// The timer after the last sign of life that the data path has seen. It may not have reached us
    /// yet, and never does where it said nothing new.
    fn renew(&self, timer: ActiveDownTimer, view: &dyn View) -> ActiveDownTimer {
        let record = view.record(self.id);
        let stamp = if timer.obeys_lower {
            record.last_advert.max(record.last_lower)
        } else {
            record.last_advert
        };
        if stamp > timer.heard {
            ActiveDownTimer::new(stamp, self.active_down_interval())
        } else {
            timer
        }
    }

    /// Whether a router of lower priority is Active, as far as we can tell.
    fn lower_lives(&self, cx: &Context<'_>) -> bool {
        let heard = self.last_lower(cx);
        heard != Nanos::NEVER && cx.now.saturating_since(heard) < self.active_down_interval()
    }

    pub(super) fn last_lower(&self, cx: &Context<'_>) -> Nanos {
        let read = self.lower.map_or(Nanos::NEVER, |(_, at)| at);
        read.max(self.record(cx).last_lower)
    }
}
