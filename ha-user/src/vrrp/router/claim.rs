//! On the way to Active: willing, for the members of a group, and claiming.

use std::time::Duration;

use ha_common::abi::Speaker;
use ha_common::{Nanos, Priority};

use super::super::action::Reason;
use super::super::groups::{Course, Part};
use super::super::phase::{ActiveDownTimer, Claim, Hesitation, Phase, Will};
use super::super::timing::CLAIMS_OF_GROUP;
use super::super::{Advert, Parameters, Standing, State};
use super::{Context, Input, Router};

/// The moment before a takeover.
impl Router {
    /// Claims, or waits until all members of our group would. What the data path has absorbed so far
    /// is news to one that waits: an action ends that.
    pub(super) fn come_forward(&mut self, heard: Nanos, reason: Reason, cx: &mut Context<'_>) {
        self.fresh = false;
        let from = self.phase.state();
        let will = Will::new(heard, from, reason);
        if self.grouped {
            self.phase = Phase::Willing(will);
            self.set_election(cx);
        } else {
            self.claim(will, cx);
        }
    }

    /// Tells others to yield, be they Active or about to be. Their data path acts in that very
    /// packet; we answer only after it has had the time.
    fn claim(&mut self, will: Will, cx: &mut Context<'_>) {
        let will = Will::new(will.heard, will.from, will.reason);
        self.phase = Phase::Claiming(Claim {
            since: cx.now,
            spoken: cx.now,
            stands: false,
            will,
        });
        self.send(self.priority(), None, cx);
    }

    /// If we have spoken, the rules of Active decide between us and other routers. If the claim has
    /// not left, because the process stood still and someone else spoke meanwhile, those of Backup.
    pub(super) fn claim_hears(&mut self, claim: Claim, advert: Advert, cx: &mut Context<'_>) {
        if self.is_own(&advert) {
            return;
        }
        self.count(&advert);
        if advert.priority == Priority::LEAVING {
            return;
        }
        let counts = advert.priority >= self.accept_min_priority();
        let has_spoken = self.record(cx).last_sent >= claim.since;
        if self.outranked_by(&advert) || counts && !has_spoken {
            let timer = self.follow(&advert, cx);
            self.retreat(timer, cx);
        } else if counts {
            self.phase = Phase::Claiming(self.disregard(claim, &advert, cx));
        }
    }

    /// The sender of `advert` is an equal router below us, which the data path has stamped all the
    /// same. A stamp of anyone else may be of a router that we have not heard yet.
    fn disregard(&self, claim: Claim, advert: &Advert, cx: &Context<'_>) -> Claim {
        let record = self.record(cx);
        let heard = if record.last_speaker == Speaker::tag(advert.source) {
            claim.will.heard.max(record.last_advert)
        } else {
            claim.will.heard
        };
        let will = Will {
            heard,
            ..claim.will
        };
        Claim { will, ..claim }
    }

    pub(super) fn claim_stands(&mut self, standing: Standing, cx: &mut Context<'_>) {
        let before = (self.active_down_interval(), self.accept_min_priority());
        self.stand(standing, cx);
        if standing.faulted {
            self.leave(Phase::Faulted, Reason::Faulted, cx);
        } else {
            self.reconsider(before, cx);
        }
    }

    pub(super) fn claim_changes(&mut self, parameters: Parameters, cx: &mut Context<'_>) {
        let before = (self.active_down_interval(), self.accept_min_priority());
        self.reconfigure(parameters, cx);
        self.reconsider(before, cx);
    }

    /// Takes over, unless someone spoke whom we have not heard, or the claim has grown old. A member
    /// of a group does so with all others.
    pub(super) fn watch_claim(&mut self, claim: Claim, cx: &mut Context<'_>) {
        let record = self.record(cx);
        let spoken = claim.spoken.max(record.last_sent);
        let claim = Claim { spoken, ..claim };
        self.phase = Phase::Claiming(claim);
        if cx.now < claim.deadline() {
            return;
        }
        let stamp = record.last_advert;
        if stamp > claim.will.heard {
            self.retreat(ActiveDownTimer::new(stamp, self.active_down_interval()), cx);
        } else if cx.now.saturating_since(claim.since) > self.parameters.advertisement_interval {
            self.claim(claim.will, cx);
        } else if self.grouped {
            let stands = true;
            self.phase = Phase::Claiming(Claim { stands, ..claim });
        } else {
            self.take_over(claim.will.reason, cx);
        }
    }

    /// Gives a claim up, and listens.
    fn retreat(&mut self, timer: ActiveDownTimer, cx: &mut Context<'_>) {
        if self.phase.state() == State::Backup {
            self.phase = Phase::Backup(timer);
        } else {
            self.transition(Phase::Backup(timer), Reason::Startup, cx);
        }
    }
}

/// A member of a group.
impl Router {
    /// Has it claim only with others, or by itself, from now on.
    pub(in super::super) fn join(&mut self, grouped: bool, cx: &mut Context<'_>) {
        self.grouped = grouped;
        if !grouped {
            self.review(cx);
            match self.phase {
                Phase::Willing(will) => self.claim(will, cx),
                Phase::Claiming(claim) => self.watch_claim(claim, cx),
                _ => {}
            }
        }
    }

    /// Its place in the order of claims. All hosts agree on it.
    pub(in super::super) fn rank(&self) -> impl Ord + use<> {
        let address = self.parameters.addresses.iter().min();
        (self.parameters.vrid.get(), address.copied())
    }

    /// What it does about its addresses.
    pub(in super::super) fn part(&self) -> Part {
        match self.phase {
            Phase::Active(_) => Part::Active,
            Phase::Claiming(claim) if claim.stands => Part::Ready,
            Phase::Claiming(_) => Part::Claiming,
            Phase::Willing(will) if will.hesitates() => Part::Hesitant,
            Phase::Willing(_) => Part::Willing,
            Phase::Faulted => Part::Out,
            Phase::Stopped | Phase::Pending | Phase::Backup(_) if self.fresh => Part::Fresh,
            Phase::Stopped | Phase::Pending | Phase::Backup(_) => Part::Out,
        }
    }

    /// Looks whether its part is still the same, which others are about to count on.
    pub(in super::super) fn review(&mut self, cx: &mut Context<'_>) {
        self.check_ownership(&Input::Timeout, cx);
        match self.phase {
            Phase::Willing(will) => self.listen_again(will, cx),
            Phase::Claiming(claim) if claim.stands => self.watch_claim(claim, cx),
            _ => {}
        }
    }

    /// Somebody may have spoken whom we have not heard, as only the data path knows. If that is so long
    /// ago that the silence since then is complete, too, nothing has changed.
    fn listen_again(&mut self, will: Will, cx: &mut Context<'_>) {
        let stamp = self.record(cx).last_advert;
        let timer = ActiveDownTimer::new(stamp, self.active_down_interval());
        if stamp > will.heard && cx.now < timer.deadline {
            self.retreat(timer, cx);
        } else {
            let heard = will.heard.max(stamp);
            self.phase = Phase::Willing(Will { heard, ..will });
        }
    }

    /// Does what the group does; the one that `leads` claims first. Returns whether that changed its
    /// part.
    pub(in super::super) fn take(
        &mut self,
        course: Course,
        leads: bool,
        cx: &mut Context<'_>,
    ) -> bool {
        let before = self.part();
        match (course, self.phase) {
            (Course::Leave, Phase::Active(_)) => self.leave_with_group(cx),
            // Without a farewell: others may follow us since the claim, and take that for the end of
            // a router that was Active, though another one still is.
            (Course::Leave | Course::Stay, Phase::Claiming(claim)) => {
                self.phase = Phase::Willing(claim.will);
            }
            (Course::Lead, Phase::Willing(will)) if leads => self.lead(will, cx),
            (Course::Follow, Phase::Willing(will)) => self.claim(will, cx),
            (Course::TakeOver, Phase::Claiming(claim)) => self.take_over(claim.will.reason, cx),
            _ => {}
        }
        self.part() != before
    }

    /// Claims first, or sees what becomes of a lower router that seems to have just done so.
    fn lead(&mut self, will: Will, cx: &mut Context<'_>) {
        let lower = self.last_lower(cx);
        let until = lower + CLAIMS_OF_GROUP;
        if will.hesitation == Hesitation::No && lower != Nanos::NEVER && cx.now < until {
            let hesitation = Hesitation::Until(until);
            self.phase = Phase::Willing(Will { hesitation, ..will });
        } else {
            self.claim(will, cx);
        }
    }

    /// Has hesitated for long enough.
    pub(super) fn watch_rival(&mut self, will: Will, cx: &Context<'_>) {
        if matches!(will.hesitation, Hesitation::Until(at) if at <= cx.now) {
            let hesitation = Hesitation::Over;
            self.phase = Phase::Willing(Will { hesitation, ..will });
        }
    }

    /// Leaves for the sake of the others. Nothing keeps it from coming back but them, and whoever
    /// speaks meanwhile.
    fn leave_with_group(&mut self, cx: &mut Context<'_>) {
        let will = Will::new(cx.now, State::Backup, Reason::Silence);
        self.leave(Phase::Willing(will), Reason::GroupLeft, cx);
    }

    /// Listens again where the lowest priority to obey has fallen from that of `before`: a member may
    /// have waited for the others since long ago, and not have claimed what it then was to.
    fn reconsider(&mut self, before: (Duration, Priority), cx: &mut Context<'_>) {
        if !self.grouped || self.accept_min_priority() >= before.1 {
            return;
        }
        let will = match self.phase {
            Phase::Willing(will) => will,
            Phase::Claiming(claim) => claim.will,
            _ => return,
        };
        let timer = ActiveDownTimer::new(will.heard, before.0);
        let timer = self.adjust(timer, before, cx);
        self.retreat(timer, cx);
    }

    /// A router that waits for its group is Backup for everybody else.
    pub(super) fn willing_hears(&mut self, will: Will, advert: Advert, cx: &mut Context<'_>) {
        if self.is_own(&advert) {
            return;
        }
        self.count(&advert);
        if advert.priority == Priority::LEAVING {
            return;
        }
        if advert.priority >= self.accept_min_priority() {
            let timer = self.follow(&advert, cx);
            self.retreat(timer, cx);
        } else {
            self.lower = Some((advert.source, cx.now));
            self.phase = Phase::Willing(will);
        }
    }
}
