//! Initialize: how a router begins to take part (RFC 9568 section 6.4.1).

use ha_common::{Nanos, Priority};

use super::super::action::Reason;
use super::super::phase::{ActiveDownTimer, Phase};
use super::super::{Action, Inheritance, Standing};
use super::{Context, Router};

impl Router {
    /// Cleans up after a predecessor, then takes part if tracked objects let it.
    pub(super) fn start(&mut self, cx: &mut Context<'_>) {
        let router = self.id;
        self.set_election(cx);
        cx.actions.push(Action::EndOwnership { router });
        cx.actions.push(Action::RemoveAddresses { router });
        self.judge(self.standing, cx);
    }

    /// Carries on where a previous process left off: as Active if its ownership still holds, else
    /// in the middle of its silence.
    pub(super) fn adopt(&mut self, inheritance: Inheritance, cx: &mut Context<'_>) {
        self.inherit(inheritance.priority);
        let record = self.record(cx);
        if record.owned(cx.now) {
            self.resume(inheritance, record.owned_since, cx);
        } else {
            self.resumes = true;
            self.start(cx);
        }
    }

    /// Tracked objects without a result are no reason to lower, or to raise, what others have
    /// heard: until they have one, the previous process's sum counts.
    fn inherit(&mut self, priority: Priority) {
        let weighted = priority != Priority::LEAVING && priority != Priority::OWNER;
        self.inherited = (weighted && !self.standing.is_complete()).then_some(priority);
    }

    /// Decides what `standing` means to a router that does not take part.
    pub(super) fn judge(&mut self, standing: Standing, cx: &mut Context<'_>) {
        self.stand(standing, cx);
        let faulted_before = self.phase == Phase::Faulted;
        match (standing.faulted, standing.pending, faulted_before) {
            (true, _, true) => {}
            (true, _, false) => self.transition(Phase::Faulted, Reason::Faulted, cx),
            (false, true, true) => self.transition(Phase::Pending, Reason::Recovered, cx),
            (false, true, false) => self.phase = Phase::Pending,
            (false, false, true) => self.recover(cx),
            (false, false, false) => self.begin(cx),
        }
    }

    fn begin(&mut self, cx: &mut Context<'_>) {
        if self.priority() == Priority::OWNER && !self.standing.waits {
            // Someone may be Active in our place, so this takeover is a claim too.
            self.come_forward(cx.now, Reason::AddressOwner, cx);
            return;
        }
        let timer = self.first_timer(cx);
        self.transition(Phase::Backup(timer), Reason::Startup, cx);
    }

    fn first_timer(&mut self, cx: &Context<'_>) -> ActiveDownTimer {
        let resumed = self.resumed_timer(cx);
        self.resumes = false;
        match resumed {
            Some(timer) => timer,
            None => self.unheard_timer(cx),
        }
    }

    /// That of who begins to listen.
    fn unheard_timer(&self, cx: &Context<'_>) -> ActiveDownTimer {
        match self.parameters.eager_start {
            true => self.short_timer(cx),
            false => self.full_timer(cx),
        }
    }

    /// It may take over from now on, as if it had just begun to listen, though it has done so all the time.
    pub(super) fn open(&mut self, timer: ActiveDownTimer, cx: &mut Context<'_>) {
        if self.priority() == Priority::OWNER {
            self.come_forward(cx.now, Reason::AddressOwner, cx);
            return;
        }
        let first = self.unheard_timer(cx);
        self.phase = Phase::Backup(timer.prolong(first.deadline));
    }

    /// The timer of the previous process, which went on while nobody looked at it. A silence that
    /// was complete long ago is none: links may have gone and come back meanwhile.
    fn resumed_timer(&self, cx: &Context<'_>) -> Option<ActiveDownTimer> {
        let heard = self.record(cx).last_advert;
        let silence = self.active_down_interval();
        let recent = heard != Nanos::NEVER && cx.now.saturating_since(heard) < 2 * silence;
        (self.resumes && recent).then(|| ActiveDownTimer::new(heard, silence))
    }

    /// A router that comes back listens first, for someone else has been Active meanwhile.
    fn recover(&mut self, cx: &mut Context<'_>) {
        self.resumes = false;
        let timer = if self.priority() == Priority::OWNER {
            self.short_timer(cx)
        } else {
            self.full_timer(cx)
        };
        self.transition(Phase::Backup(timer), Reason::Recovered, cx);
    }

    fn full_timer(&self, cx: &Context<'_>) -> ActiveDownTimer {
        ActiveDownTimer::new(cx.now, self.active_down_interval())
    }

    /// One advert is enough to learn that someone else is Active.
    fn short_timer(&self, cx: &Context<'_>) -> ActiveDownTimer {
        let interval = self.parameters.advertisement_interval;
        ActiveDownTimer::new(
            cx.now,
            interval.saturating_add(self.skew_time(Priority::OWNER)),
        )
    }
}
