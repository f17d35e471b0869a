//! Initialize: how a router begins to take part (RFC 9568 section 6.4.1).

use ha_common::Priority;

use super::super::action::Reason;
use super::super::phase::{ActiveDownTimer, Phase};
use super::super::{Action, Standing};
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
        if self.priority() == Priority::OWNER {
            // Someone may be Active in our place, so this takeover is a claim too.
            self.claim(cx.now, Reason::AddressOwner, cx);
            return;
        }
        let timer = if self.parameters.eager_start {
            self.short_timer(cx)
        } else {
            self.full_timer(cx)
        };
        self.transition(Phase::Backup(timer), Reason::Startup, cx);
    }

    /// A router that comes back listens first, for someone else has been Active meanwhile.
    fn recover(&mut self, cx: &mut Context<'_>) {
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
        ActiveDownTimer::brief(
            cx.now,
            interval.saturating_add(self.skew_time(Priority::OWNER)),
        )
    }
}
