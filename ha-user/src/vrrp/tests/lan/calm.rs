//! After the storm: exactly one answers, and stays, and what then happens to it is over in time.

mod handover;
mod silence;

use std::time::Duration;

use super::super::super::{Event, State};
use super::draw::Draw;
use super::host::Port;
use super::scenario::Seed;
use super::world::Fault;

impl Seed {
    /// Everything that is promised once the storm has gone.
    pub(super) fn check(&mut self) -> Result<(), String> {
        self.check_calm()?;
        self.check_adoption()?;
        self.check_farewell()?;
        self.check_decline()?;
        if self.is_grouped() {
            self.check_cut_of_one()?;
        }
        self.check_silence()
    }

    /// After the storm there is one Active host, the right one, and it stays.
    fn check_calm(&mut self) -> Result<(), String> {
        self.world
            .run_until(self.world.now + self.longest_silence() * 4 + self.patience());
        let before: Vec<Counts> = self.world.lans().map(|lan| self.counts(lan)).collect();
        self.world.run_until(self.world.now + self.longest() * 5);
        self.verdict()?;
        let owner = self.check_one()?;
        if self.all_preempt() && self.is_surpassed(owner, None) {
            return Err(format!("{owner} is Active, but not the best"));
        }
        for (lan, before) in before.into_iter().enumerate() {
            self.check_quiet(lan, owner, before)?;
        }
        Ok(())
    }

    fn check_quiet(&self, lan: usize, owner: usize, before: Counts) -> Result<(), String> {
        let after = self.counts(lan);
        if after.transitions != before.transitions {
            return Err("a transition in the calm".to_owned());
        }
        let adverts = after.adverts - before.adverts;
        let spacing = self.interval(lan, owner);
        let expected = (self.longest() * 5).as_micros() / spacing.as_micros();
        if u128::from(adverts) > 2 * expected + 3 {
            return Err(format!("{adverts} adverts where {expected} suffice"));
        }
        // The repetition after the takeover, and one that is owed from before. What is provoked is
        // said once more, which is less often only where that takes longer than the next round.
        let rounds = after.announcements - before.announcements;
        let apart = spacing.max(Duration::from_secs(1));
        let provoked = (self.longest() * 5).as_micros() / apart.as_micros();
        let times = if self.draw().mannered { 2 } else { 1 };
        if u128::from(rounds) > times * provoked + 3 {
            return Err(format!("{rounds} rounds of announcements"));
        }
        Ok(())
    }

    fn counts(&self, lan: usize) -> Counts {
        let hosts = self.world.hosts.iter();
        hosts.fold(Counts::default(), |sum, host| sum.with(&host.ports[lan]))
    }

    fn transitions(&self) -> Vec<u64> {
        let lans = self.world.lans();
        lans.map(|lan| self.counts(lan).transitions).collect()
    }

    /// The Active host's process is replaced, and nobody notices.
    fn check_adoption(&mut self) -> Result<(), String> {
        let owner = self.check_one()?;
        if self.draw().bare {
            return Ok(());
        }
        let before = self.transitions();
        let fault = self.restart_in_time(owner);
        self.expect_steady(Some(owner));
        self.world.strike_at(self.world.now, owner, fault);
        self.settle()?;
        self.expect_steady(None);
        let adopted: Vec<u64> = before.iter().map(|count| count + 1).collect();
        if self.check_one()? != owner || self.transitions() != adopted {
            return Err(format!("{owner} was not adopted"));
        }
        Ok(())
    }

    /// A restart within the lease, and before a lower router's advert would fence.
    fn restart_in_time(&mut self, at: usize) -> Fault {
        let lans = self.world.lans();
        let interval = lans.map(|lan| self.interval(lan, at)).min();
        let interval = interval.unwrap_or_default();
        let longest = if self.draw().flood {
            interval / 4
        } else {
            interval * 3 / 2
        };
        let draw = *self.draw();
        let rng = &mut self.world.rng;
        let length = rng.between(Duration::ZERO, longest);
        draw.restart(length, rng)
    }

    fn expect_steady(&mut self, owner: Option<usize>) {
        for watch in &mut self.world.watches {
            watch.steady = owner;
        }
    }

    fn tell(&mut self, host: usize, event: &Event) {
        let lans = self.world.hosts[host].lans();
        self.strike(host, Fault::tell_all(&lans, event));
    }

    fn strike(&mut self, host: usize, fault: Fault) {
        self.world.strike_at(self.world.now, host, fault);
    }

    fn settle(&mut self) -> Result<(), String> {
        self.world
            .run_until(self.world.now + self.longest_silence() * 2 + self.patience());
        self.verdict()
    }

    fn interval(&self, lan: usize, host: usize) -> Duration {
        let parameters = &self.world.hosts[host].ports[lan].parameters;
        parameters.advertisement_interval
    }

    /// Everybody on every LAN preempts.
    fn all_preempt(&self) -> bool {
        self.draws.iter().all(|draw| draw.all_preempt)
    }

    /// Whether some host but `gone` has higher priorities than `host`, on every LAN.
    fn is_surpassed(&self, host: usize, gone: Option<usize>) -> bool {
        let mut others = self.others_than(host).filter(|other| Some(*other) != gone);
        others.any(|other| self.surpasses(other, host))
    }

    fn surpasses(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.world.hosts[one], &self.world.hosts[other]);
        let mut lans = self.world.lans();
        lans.all(|lan| one.priority(lan) > other.priority(lan))
    }

    fn others_than(&self, owner: usize) -> impl Iterator<Item = usize> + use<> {
        (0..self.world.hosts.len()).filter(move |host| *host != owner)
    }

    /// Who answers but `owner`, on every LAN.
    fn others_answering(&self, owner: usize) -> Vec<Vec<usize>> {
        let others = |lan| {
            let mut others = self.world.answering(lan);
            others.retain(|host| *host != owner);
            others
        };
        self.world.lans().map(others).collect()
    }

    /// The one host but `owner` that answers, on every LAN.
    fn one_other(&self, owner: usize) -> Option<usize> {
        let others = self.others_answering(owner);
        let [one] = others[0][..] else { return None };
        others
            .iter()
            .all(|others| others[..] == [one])
            .then_some(one)
    }

    /// The one host that answers, on every LAN, and knows it.
    fn check_one(&self) -> Result<usize, String> {
        let mut owners = Vec::new();
        for lan in self.world.lans() {
            owners.push(self.check_one_on(lan)?);
        }
        match owners.iter().all(|owner| *owner == owners[0]) {
            true => Ok(owners[0]),
            false => Err(format!("{owners:?} answer, each on a LAN")),
        }
    }

    fn check_one_on(&self, lan: usize) -> Result<usize, String> {
        let hosts = &self.world.hosts;
        let states: Vec<State> = hosts.iter().map(|host| host.state(lan)).collect();
        let active = states.iter().filter(|state| **state == State::Active);
        let installed = hosts.iter().map(|host| host.ports[lan].installed);
        let agree = states
            .iter()
            .zip(installed)
            .all(|(state, installed)| (*state == State::Active) == installed);
        match self.world.answering(lan)[..] {
            [owner] if active.count() == 1 && states[owner] == State::Active && agree => Ok(owner),
            ref owners => Err(format!(
                "{owners:?} answer on LAN {lan}, states {states:?}, agree {agree}"
            )),
        }
    }

    fn verdict(&self) -> Result<(), String> {
        self.world.violation().cloned().map_or(Ok(()), Err)
    }

    fn calm_hiccup(&self) -> Duration {
        let hiccup = self.least(Draw::calm_hiccup).calm_hiccup();
        hiccup.max(Duration::from_millis(1))
    }

    /// What a group takes longer than one router: all members claim once the first one's claim has
    /// stood, and take over when the last one's has. Another host may have been about to, and who
    /// sees that hesitates; where a stranger floods it cannot see it, and a third one may win what two
    /// have settled between them: all may have to try again.
    fn lengthiness(&self) -> Duration {
        let step = self.draw().calm().flight.1 + Duration::from_millis(1) + self.calm_hiccup();
        let several = self.draw().flood || self.world.hosts.len() > 2;
        match (self.is_grouped(), several) {
            (false, _) => Duration::ZERO,
            (true, false) => step * 4,
            (true, true) => step * 4 + self.longest_silence() * 2,
        }
    }
}

/// What the routers on a LAN have done.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    transitions: u64,
    adverts: u64,
    announcements: u64,
}

impl Counts {
    fn with(self, port: &Port) -> Self {
        Self {
            transitions: self.transitions + port.transitions,
            adverts: self.adverts + port.adverts_sent,
            announcements: self.announcements + port.announcements,
        }
    }
}
