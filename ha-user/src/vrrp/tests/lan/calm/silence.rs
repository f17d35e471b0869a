//! The Active host falls silent, on one LAN or for good.

use std::time::Duration;

use ha_common::Nanos;

use super::super::scenario::Seed;
use super::super::world::Fault;

impl Seed {
    /// One cable of the Active host is cut, which it cannot know: nobody can answer on all LANs, but
    /// somebody who is better on the other one.
    pub(super) fn check_cut_of_one(&mut self) -> Result<(), String> {
        let owner = self.check_one()?;
        let before = self.transitions();
        let length = self.longest_silence() * 2;
        let lan = usize::from(self.world.rng.chance(500));
        self.strike(owner, Fault::Cut { lan, length });
        self.world.run_until(self.world.now + length);
        self.verdict()?;
        self.settle()?;
        let stays = self.check_one()? == owner && self.transitions() == before;
        if !stays && !self.is_surpassed_on(1 - lan, owner) {
            return Err(format!("{owner} did not stay while LAN {lan} was cut"));
        }
        Ok(())
    }

    fn is_surpassed_on(&self, lan: usize, host: usize) -> bool {
        let priority = |host: usize| self.world.hosts[host].priority(lan);
        let mut others = self.others_than(host);
        others.any(|other| priority(other) > priority(host))
    }

    /// The Active host falls silent; another one answers in time.
    pub(super) fn check_silence(&mut self) -> Result<(), String> {
        let owner = self.check_one()?;
        let pause = self.world.rng.between(Duration::ZERO, self.longest());
        self.world.run_until(self.world.now + pause);
        let for_ever = self.longest() * 1000;
        let faults = match self.world.rng.number(0..=3) {
            0 => vec![Fault::Freeze(for_ever)],
            1 => vec![Fault::Halt(for_ever)],
            2 => vec![Fault::Kill(for_ever)],
            _ => self.cut_all(for_ever),
        };
        self.world.watches[0].tally.silenced += 1;
        let (first, all) = self.ends_of_silence(owner);
        for fault in faults {
            self.strike(owner, fault);
        }
        self.restart_a_backup(owner);
        self.world.run_until(first + self.slack());
        self.verdict()?;
        if self.others_answering(owner).iter().any(Vec::is_empty) {
            return Err(format!("nobody took over from {owner} until {first:?}"));
        }
        let settle = self.longest_silence() * 2;
        self.world.run_until(all + settle + self.slack());
        self.verdict()?;
        match self.one_other(owner) {
            Some(_) => Ok(()),
            None => {
                let others = self.others_answering(owner);
                Err(format!("{others:?} answer after {owner} fell silent"))
            }
        }
    }

    fn cut_all(&self, length: Duration) -> Vec<Fault> {
        let lans = self.world.lans();
        lans.map(|lan| Fault::Cut { lan, length }).collect()
    }

    /// Some Backup router's process is replaced while it waits, which must not make it wait longer.
    fn restart_a_backup(&mut self, owner: usize) {
        let hosts = self.world.hosts.len();
        // A new process knows only its own interval.
        let changes = self.draws.iter().any(|draw| draw.longest != draw.interval);
        let (bare, interval) = (self.draw().bare, self.draw().interval);
        let rng = &mut self.world.rng;
        let at = self.world.now + rng.between(Duration::ZERO, interval);
        let length = rng.between(Duration::ZERO, interval / 2);
        let host = (owner + usize::from(rng.chance(500)) + 1) % hosts;
        if !bare && !changes && host != owner && !self.has_waited(host) {
            let results = None;
            let fault = Fault::Restart { length, results };
            self.world.strike_at(at, host, fault);
        }
    }

    /// Whether a host has a silence behind it on one LAN, of which a new process knows nothing.
    fn has_waited(&self, host: usize) -> bool {
        let mut ports = self.world.hosts[host].ports.iter();
        let long_ago = self.world.now - self.longest() * 2;
        self.is_grouped() && ports.any(|port| port.data_path.record.last_advert < long_ago)
    }

    /// When the first and the last of those who listen to `owner` have heard nothing for their
    /// Active_Down_Interval, on all LANs.
    fn ends_of_silence(&self, owner: usize) -> (Nanos, Nanos) {
        let end_on = |lan: usize, host: usize| {
            let last = self.world.hosts[owner].ports[lan]
                .data_path
                .record
                .last_sent;
            let learnt = self.interval(lan, owner);
            let priority = self.world.hosts[host].priority(lan);
            last + self.draws[lan].silence(priority, learnt)
        };
        let end = |host| self.world.lans().map(|lan| end_on(lan, host)).max();
        let ends: Vec<Nanos> = self.others_than(owner).filter_map(end).collect();
        let now = self.world.now;
        let (first, last) = (ends.iter().min(), ends.iter().max());
        (*first.unwrap_or(&now), *last.unwrap_or(&now))
    }

    /// Flight, a late wake-up, the doubt that follows it, a late wake-up again, and a claim.
    fn slack(&self) -> Duration {
        let tick = Duration::from_millis(1);
        self.draw().calm().flight.1 + self.calm_hiccup() * 3 + tick * 2 + self.lengthiness()
    }
}
