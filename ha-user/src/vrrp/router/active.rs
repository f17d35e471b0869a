//! Active: owning the addresses, and losing them (RFC 9568 section 6.4.3).

use std::time::Duration;

use ha_common::{Nanos, Priority};

use super::super::action::Reason;
use super::super::announcer::Announcer;
use super::super::cadence::Cadence;
use super::super::phase::{ActiveDownTimer, Ownership, Phase};
use super::super::{Action, Advert, Event, Inheritance, Parameters, Provoked, Record, Standing};
use super::{Context, Input, Router};

/// How an ownership begins and ends.
impl Router {
    /// Starts a new ownership; nothing else does.
    pub(super) fn take_over(&mut self, reason: Reason, cx: &mut Context<'_>) {
        let (router, now) = (self.id, cx.now);
        let cadence = Cadence::new(&self.parameters);
        let silenced = self.active.or(self.dual.silenced());
        self.dual
            .take_over(silenced.filter(|_| reason == Reason::Silence));
        self.learnt = None;
        self.active = None;
        self.statistics.became_active += 1;
        cx.actions.push(Action::BeginOwnership {
            router,
            since: now,
            until: now + cadence.first_lease(),
        });
        let owned = self.advertise(Ownership::new(now, cadence, &self.parameters), cx);
        self.announce(self.parameters.announcements.repeat, cx);
        cx.actions.push(Action::AddAddresses { router });
        self.transition(Phase::Active(owned), reason, cx);
    }

    /// Carries on with the ownership of a previous process, which others have not seen end.
    pub(super) fn resume(&mut self, inheritance: Inheritance, since: Nanos, cx: &mut Context<'_>) {
        self.fresh = false;
        let cadence = Cadence::spoken(inheritance.interval, &self.parameters);
        let mut owned = Ownership::new(cx.now, cadence, &self.parameters);
        owned.announcer = Announcer::resumed(since, cx.now, &self.parameters.announcements);
        if self.standing.faulted {
            self.phase = Phase::Active(owned);
            self.leave(Phase::Faulted, Reason::Faulted, cx);
            self.set_election(cx);
            return;
        }
        let owned = self.speak_anew(owned, inheritance.priority, cx);
        if cx.now.saturating_since(since) < inheritance.interval {
            // The process before may have died before it told the neighbours.
            self.announce(self.parameters.announcements.repeat, cx);
        }
        let router = self.id;
        cx.actions.push(Action::AddAddresses { router });
        self.transition(Phase::Active(owned), Reason::Adopted, cx);
        self.since = since;
    }

    /// Ends an ownership that the data path no longer sees. It is never renewed: only a takeover
    /// starts another.
    pub(super) fn check_ownership(&mut self, input: &Input, cx: &mut Context<'_>) {
        let record = self.record(cx);
        if !matches!(self.phase, Phase::Active(_)) || record.owned(cx.now) {
            return;
        }
        let reason = self.why_lost(&record, input);
        self.statistics.leases_lost += u64::from(reason == Reason::LeaseLost);
        if reason != Reason::LeaseLost {
            self.statistics.fenced += 1;
            self.dual.yielded();
        }
        let successor_spoke = record.last_advert > record.owned_since;
        let heard = if successor_spoke {
            record.last_advert
        } else {
            cx.now
        };
        let timer = ActiveDownTimer::new(heard, self.active_down_interval());
        self.end_ownership(cx);
        self.transition(Phase::Backup(timer), reason, cx);
    }

    /// Whichever came first, the fence or the end of the lease.
    fn why_lost(&self, record: &Record, input: &Input) -> Reason {
        let fenced = (record.owned_since..record.owned_until).contains(&record.fenced_at);
        match input {
            Input::Told(Event::AdvertReceived(advert)) if fenced && self.outranked_by(advert) => {
                yielded(advert)
            }
            _ if fenced => Reason::Fenced,
            _ => Reason::LeaseLost,
        }
    }

    /// Its last word, where it has one, prolongs nothing: the lease ends when it would have.
    fn yield_to(&mut self, advert: &Advert, cx: &mut Context<'_>) {
        if self.parameters.manners.has_last_word {
            let lease = self.record(cx).owned_until;
            self.send(self.priority(), Some(lease), cx);
        }
        self.dual.yielded();
        let timer = self.follow(advert, cx);
        self.end_ownership(cx);
        self.transition(Phase::Backup(timer), yielded(advert), cx);
    }
}

const fn yielded(advert: &Advert) -> Reason {
    Reason::Yielded {
        to: advert.source,
        priority: advert.priority,
    }
}

/// What an Active router does.
impl Router {
    pub(super) fn active_hears(&mut self, owned: Ownership, advert: Advert, cx: &mut Context<'_>) {
        if self.is_own(&advert) {
            return;
        }
        self.count(&advert);
        if advert.priority == Priority::LEAVING {
            self.phase = Phase::Active(self.insist(owned, cx));
        } else if self.outranked_by(&advert) {
            self.yield_to(&advert, cx);
        } else {
            self.suspect(&owned, &advert, cx);
            let owned = self.report_lower(owned, &advert, cx);
            self.answer_lower(owned, cx);
        }
    }

    fn report_lower(
        &mut self,
        owned: Ownership,
        advert: &Advert,
        cx: &mut Context<'_>,
    ) -> Ownership {
        if owned.is_soon_after(owned.heard_lower, cx.now) {
            return owned;
        }
        cx.actions.push(Action::HeardLower {
            router: self.id,
            other: advert.source,
            priority: advert.priority,
        });
        let heard_lower = cx.now;
        Ownership {
            heard_lower,
            ..owned
        }
    }

    fn answer_lower(&mut self, owned: Ownership, cx: &mut Context<'_>) {
        let owned = match self.parameters.manners.ignores_lower {
            true => owned,
            false => self.insist(owned, cx),
        };
        self.tell_neighbours(owned, self.parameters.announcements.provoked, cx);
    }

    pub(super) fn active_stands(
        &mut self,
        owned: Ownership,
        standing: Standing,
        cx: &mut Context<'_>,
    ) {
        let before = self.priority();
        self.take_standing(standing);
        if standing.faulted {
            self.leave(Phase::Faulted, Reason::Faulted, cx);
            self.set_election(cx);
        } else if self.priority() != before {
            self.phase = Phase::Active(self.speak_anew(owned, before, cx));
        }
    }

    /// A new configuration is told at once, and costs neither the ownership nor an advert.
    pub(super) fn active_changes(
        &mut self,
        owned: Ownership,
        parameters: Parameters,
        cx: &mut Context<'_>,
    ) {
        let before = self.priority();
        let readdressed = parameters.addresses != self.parameters.addresses;
        self.parameters = parameters;
        let cadence = owned.cadence.change(&self.parameters);
        let mut owned = self.speak_anew(Ownership { cadence, ..owned }, before, cx);
        if readdressed {
            owned.announcer = Announcer::new(cx.now, &self.parameters.announcements);
            self.announce(self.parameters.announcements.repeat, cx);
        }
        cx.actions.push(Action::AddAddresses { router: self.id });
        self.phase = Phase::Active(owned);
    }

    /// Advertises who we are now. The data path never judges by a priority above the one that
    /// others have heard, or it would not fence us where they expect it to.
    fn speak_anew(
        &mut self,
        owned: Ownership,
        before: Priority,
        cx: &mut Context<'_>,
    ) -> Ownership {
        let raised = self.priority() > before;
        if !raised {
            self.set_election(cx);
        }
        let owned = self.advertise(owned, cx);
        if raised {
            self.set_election(cx);
        }
        owned
    }

    /// Adver_Timer has fired, or others have theirs fired a little earlier, or announcements are due.
    pub(super) fn keep_speaking(&mut self, mut owned: Ownership, cx: &mut Context<'_>) {
        if owned.speaks_at(cx.now) {
            owned = self.advertise(owned, cx);
        }
        let due = owned.announcer.due(cx.now, &self.parameters.announcements);
        self.announce(due.unwrap_or(0), cx);
        self.phase = Phase::Active(owned);
    }

    /// A lower router that speaks is Active, too, unless it has not had the time to hear us yet.
    fn suspect(&mut self, owned: &Ownership, advert: &Advert, cx: &mut Context<'_>) {
        if cx.now.saturating_since(self.since) >= owned.cadence.spacing() {
            self.report_dual_active(advert, cx);
        }
    }

    /// Tells a router that errs who is Active, at most once per interval.
    fn insist(&mut self, owned: Ownership, cx: &mut Context<'_>) -> Ownership {
        if owned.is_soon_after(owned.provoked, cx.now) {
            return owned;
        }
        self.advertise(
            Ownership {
                provoked: cx.now,
                ..owned
            },
            cx,
        )
    }

    /// Tells neighbours that were misled who answers.
    pub(super) fn contest(&mut self, owned: Ownership, cx: &mut Context<'_>) {
        let once = Provoked {
            repeat: self.parameters.announcements.repeat,
            delay: Duration::ZERO,
        };
        self.tell_neighbours(owned, once, cx);
    }

    fn tell_neighbours(&mut self, mut owned: Ownership, answer: Provoked, cx: &mut Context<'_>) {
        let spacing = owned.cadence.spacing();
        let repeat = owned.announcer.provoke(cx.now, spacing, answer);
        self.announce(repeat, cx);
        self.phase = Phase::Active(owned);
    }

    /// Sends an advert and restarts Adver_Timer. The lease counts from before the send.
    fn advertise(&mut self, mut owned: Ownership, cx: &mut Context<'_>) -> Ownership {
        let lease = cx.now + owned.cadence.lease();
        owned.next_advert = cx.now + owned.cadence.spacing();
        owned.cadence.advance();
        self.send(self.priority(), Some(lease), cx);
        owned
    }

    fn announce(&self, repeat: u32, cx: &mut Context<'_>) {
        if repeat > 0 {
            let router = self.id;
            cx.actions.push(Action::Announce { router, repeat });
        }
    }
}
