//! After the storm: exactly one answers, and stays, and what then happens to it is over in time.

use std::time::Duration;

use ha_common::Priority;

use super::super::super::{Event, FastHandover, Standing, State};
use super::host::Host;
use super::scenario::Seed;
use super::world::Fault;

impl Seed {
    /// Everything that is promised once the storm has gone.
    pub(super) fn check(&mut self) -> Result<(), String> {
        self.check_calm()?;
        self.check_adoption()?;
        self.check_farewell()?;
        self.check_decline()?;
        self.check_silence()
    }

    /// After the storm there is one Active router, the right one, and it stays.
    fn check_calm(&mut self) -> Result<(), String> {
        let settle = self.draw.longest_silence() * 4;
        self.world.run_until(self.world.now + settle);
        let counts = self.counts();
        let announced = self.announcements();
        self.world.run_until(self.world.now + self.draw.longest * 5);
        self.verdict()?;
        let owner = self.check_one()?;
        let best = self.world.hosts.iter().map(Host::priority).max();
        if self.draw.all_preempt && best != Some(self.world.hosts[owner].priority()) {
            return Err(format!("{owner} is Active, but not the best"));
        }
        if self.counts().0 != counts.0 {
            return Err("a transition in the calm".to_owned());
        }
        let adverts = self.counts().1 - counts.1;
        let spacing = self.world.hosts[owner].parameters.advertisement_interval;
        let expected = (self.draw.longest * 5).as_micros() / spacing.as_micros();
        if u128::from(adverts) > 2 * expected + 3 {
            return Err(format!("{adverts} adverts where {expected} suffice"));
        }
        // The repetition after the takeover, and one that is owed from before.
        let rounds = self.announcements() - announced;
        let apart = spacing.max(Duration::from_secs(1));
        let provoked = (self.draw.longest * 5).as_micros() / apart.as_micros();
        if u128::from(rounds) > provoked + 3 {
            return Err(format!("{rounds} rounds of announcements"));
        }
        Ok(())
    }

    fn announcements(&self) -> u64 {
        self.world.hosts.iter().map(|host| host.announcements).sum()
    }

    fn counts(&self) -> (u64, u64) {
        self.world.hosts.iter().fold((0, 0), |sum, host| {
            (sum.0 + host.transitions, sum.1 + host.adverts_sent)
        })
    }

    /// The Active router's process is replaced, and nobody notices.
    fn check_adoption(&mut self) -> Result<(), String> {
        let owner = self.check_one()?;
        if self.draw.bare {
            return Ok(());
        }
        let before = self.counts().0;
        let fault = self.restart_in_time(owner);
        self.world.watch.steady = Some(owner);
        self.world.strike_at(self.world.now, owner, fault);
        self.settle()?;
        self.world.watch.steady = None;
        if self.check_one()? != owner || self.counts().0 != before + 1 {
            return Err(format!("{owner} was not adopted"));
        }
        Ok(())
    }

    /// A restart within the lease, and before a lower router's advert would fence.
    fn restart_in_time(&mut self, at: usize) -> Fault {
        let interval = self.world.hosts[at].parameters.advertisement_interval;
        let longest = if self.draw.flood {
            interval / 4
        } else {
            interval * 3 / 2
        };
        let rng = &mut self.world.rng;
        let length = rng.between(Duration::ZERO, longest);
        self.draw.restart(length, rng)
    }

    /// The Active router is stopped; another one answers in time, and it may come back.
    fn check_farewell(&mut self) -> Result<(), String> {
        let owner = self.check_one()?;
        let wait = self.shortest(owner, |seed, host| {
            let skew = seed.skew(host, owner);
            Some(seed.prompt(host, owner).unwrap_or(skew))
        });
        self.tell(owner, Event::Shutdown);
        self.expect_successor(owner, wait)?;
        match self.others_answering(owner)[..] {
            [one] if !self.draw.all_preempt || self.is_best_but(owner, one) => {}
            ref others => return Err(format!("{others:?} answer after {owner} left")),
        }
        self.world.watch.tally.farewells += 1;
        self.tell(owner, Event::Startup);
        self.settle()
    }

    /// The Active router's priority falls; whoever is better now answers in time.
    fn check_decline(&mut self) -> Result<(), String> {
        let owner = self.check_one()?;
        let rest = self.best_but(owner).get();
        let base = self.world.hosts[owner].parameters.priority;
        if !self.draw.all_preempt || rest < 3 || base == Priority::OWNER {
            return Ok(());
        }
        // Priority 1 is the stranger's.
        let low = self.world.rng.number(2..=u64::from(rest) - 1);
        let wait = self.shortest(owner, |seed, host| {
            let priority = seed.world.hosts[host].priority();
            let silence = seed.draw.silence(priority, seed.interval(owner));
            let better = u64::from(priority.get()) > low;
            better.then(|| seed.prompt(host, owner).unwrap_or(silence))
        });
        let weight = i32::try_from(low).unwrap_or(0) - i32::from(base.get());
        let standing = Standing {
            weight,
            ..Standing::default()
        };
        self.tell(owner, Event::StandingChanged(standing));
        self.expect_successor(owner, wait)?;
        self.world.watch.tally.declines += 1;
        let one = self.check_one()?;
        if !self.is_best_but(owner, one) {
            return Err(format!("{one} has replaced {owner}, but is not the best"));
        }
        Ok(())
    }

    fn tell(&mut self, host: usize, event: Event) {
        let now = self.world.now;
        self.world.strike_at(now, host, Fault::Tell(event));
    }

    /// Within `wait`, and what late wake-ups add to it, someone else answers than `owner`; then
    /// everything settles.
    fn expect_successor(&mut self, owner: usize, wait: Duration) -> Result<(), String> {
        let weather = self.draw.calm();
        let tick = Duration::from_millis(1);
        let slack = weather.flight.1 * 2 + weather.hiccup.max(tick) * 6 + tick * 2;
        self.world.watch.awaits = Some(owner);
        self.world.run_until(self.world.now + wait + slack);
        self.verdict()?;
        if self.world.watch.awaits.is_some() {
            return Err(format!("nobody replaced {owner} within {wait:?}"));
        }
        self.settle()
    }

    fn settle(&mut self) -> Result<(), String> {
        let settle = self.draw.longest_silence() * 2;
        self.world.run_until(self.world.now + settle);
        self.verdict()
    }

    /// The shortest of `time` of all hosts but `owner`.
    fn shortest(&self, owner: usize, time: impl Fn(&Self, usize) -> Option<Duration>) -> Duration {
        let others = (0..self.world.hosts.len()).filter(|host| *host != owner);
        others
            .filter_map(|host| time(self, host))
            .min()
            .unwrap_or_default()
    }

    /// How long `host` waits for `owner` to go, if it hands over fast.
    fn prompt(&self, host: usize, owner: usize) -> Option<Duration> {
        let two = self.world.hosts.len() == 2 && !self.draw.flood;
        let fast = match self.world.hosts[host].parameters.fast_handover {
            FastHandover::Never => false,
            FastHandover::BetweenTwo => two,
            FastHandover::Always => true,
        };
        let steps = 256 - u32::from(self.world.hosts[host].priority().get());
        let time = Duration::from_micros(100) * steps;
        fast.then(|| time.min(self.skew(host, owner)))
    }

    fn skew(&self, host: usize, owner: usize) -> Duration {
        let priority = self.world.hosts[host].priority();
        self.draw.skew(priority, self.interval(owner))
    }

    fn interval(&self, owner: usize) -> Duration {
        self.world.hosts[owner].parameters.advertisement_interval
    }

    fn best_but(&self, owner: usize) -> Priority {
        let hosts = self.world.hosts.iter().enumerate();
        let others = hosts.filter(|(at, _)| *at != owner);
        let best = others.map(|(_, host)| host.priority()).max();
        best.unwrap_or(Priority::LEAVING)
    }

    fn is_best_but(&self, owner: usize, host: usize) -> bool {
        self.world.hosts[host].priority() == self.best_but(owner)
    }

    /// The Active router falls silent; another one answers in time.
    fn check_silence(&mut self) -> Result<(), String> {
        let owner = self.check_one()?;
        let pause = self.world.rng.between(Duration::ZERO, self.draw.longest);
        self.world.run_until(self.world.now + pause);
        let for_ever = self.draw.longest * 1000;
        let fault = match self.world.rng.number(0..=3) {
            0 => Fault::Freeze(for_ever),
            1 => Fault::Halt(for_ever),
            2 => Fault::Kill(for_ever),
            _ => Fault::Cut(for_ever),
        };
        self.world.watch.tally.silenced += 1;
        let last = self.world.hosts[owner].data_path.record.last_sent;
        self.world.strike_at(self.world.now, owner, fault);
        self.restart_a_backup(owner);
        let (first, all) = self.silence_of_others(owner);
        self.world.run_until(last + first + self.slack());
        self.verdict()?;
        if self.others_answering(owner).is_empty() {
            return Err(format!("nobody took over from {owner} within {first:?}"));
        }
        let settle = all + self.draw.longest_silence() * 2;
        self.world.run_until(last + settle + self.slack());
        self.verdict()?;
        match self.others_answering(owner)[..] {
            [_] => Ok(()),
            ref others => Err(format!("{others:?} answer after {owner} fell silent")),
        }
    }

    /// Some Backup router's process is replaced while it waits, which must not make it wait longer.
    fn restart_a_backup(&mut self, owner: usize) {
        let hosts = self.world.hosts.len();
        let (rng, interval) = (&mut self.world.rng, self.draw.interval);
        let at = self.world.now + rng.between(Duration::ZERO, interval);
        let length = rng.between(Duration::ZERO, interval / 2);
        let host = (owner + usize::from(rng.chance(500)) + 1) % hosts;
        // A new process knows only its own interval.
        if !self.draw.bare && self.draw.longest == interval && host != owner {
            let results = None;
            let fault = Fault::Restart { length, results };
            self.world.strike_at(at, host, fault);
        }
    }

    /// Shortest and longest Active_Down_Interval of those who listen to `owner`.
    fn silence_of_others(&self, owner: usize) -> (Duration, Duration) {
        let learnt = self.world.hosts[owner].parameters.advertisement_interval;
        let others = (0..self.world.hosts.len()).filter(|host| *host != owner);
        let silences: Vec<Duration> = others
            .map(|host| self.draw.silence(self.world.hosts[host].priority(), learnt))
            .collect();
        let shortest = silences.iter().min().copied().unwrap_or_default();
        (shortest, silences.iter().max().copied().unwrap_or_default())
    }

    /// Flight, a late wake-up, the doubt that follows it, a late wake-up again, and a claim.
    fn slack(&self) -> Duration {
        let weather = self.draw.calm();
        let tick = Duration::from_millis(1);
        weather.flight.1 + weather.hiccup.max(tick) * 3 + tick * 2
    }

    fn others_answering(&self, owner: usize) -> Vec<usize> {
        let mut others = self.world.answering();
        others.retain(|host| *host != owner);
        others
    }

    fn check_one(&self) -> Result<usize, String> {
        let hosts = &self.world.hosts;
        let states: Vec<State> = hosts.iter().map(Host::state).collect();
        let active = states.iter().filter(|state| **state == State::Active);
        let installed = hosts.iter().map(|host| host.installed);
        let agree = states
            .iter()
            .zip(installed)
            .all(|(state, installed)| (*state == State::Active) == installed);
        match self.world.answering()[..] {
            [owner] if active.count() == 1 && states[owner] == State::Active && agree => Ok(owner),
            ref owners => Err(format!(
                "{owners:?} answer, states {states:?}, agree {agree}"
            )),
        }
    }

    fn verdict(&self) -> Result<(), String> {
        self.world.watch.violation.clone().map_or(Ok(()), Err)
    }
}
