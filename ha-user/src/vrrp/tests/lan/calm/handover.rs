//! The Active host leaves, or its priority falls; another one answers in time.

use std::time::Duration;

use ha_common::Priority;

use super::super::super::super::{Event, FastHandover, Standing};
use super::super::scenario::Seed;
use super::super::world::Fault;

impl Seed {
    /// The Active host is stopped; another one answers in time, and it may come back.
    pub(super) fn check_farewell(&mut self) -> Result<(), String> {
        let owner = self.check_one()?;
        let wait = self.shortest(owner, |seed, lan, host| {
            let skew = seed.skew(lan, host, owner);
            Some(seed.prompt(lan, host, owner).unwrap_or(skew))
        });
        self.tell(owner, &Event::Shutdown);
        self.expect_successor(owner, wait)?;
        match self.one_other(owner) {
            Some(one) if !self.all_preempt() || !self.is_surpassed(one, Some(owner)) => {}
            _ => {
                let others = self.others_answering(owner);
                return Err(format!("{others:?} answer after {owner} left"));
            }
        }
        self.world.watches[0].tally.farewells += 1;
        self.tell(owner, &Event::Startup);
        self.settle()
    }

    /// The Active host's priority falls on all LANs; whoever is better now answers in time.
    pub(super) fn check_decline(&mut self) -> Result<(), String> {
        let owner = self.check_one()?;
        let Some(lows) = self.draw_lows(owner) else {
            return Ok(());
        };
        let wait = self.shortest(owner, |seed, lan, host| {
            let priority = seed.world.hosts[host].priority(lan);
            let silence = seed.draws[lan].silence(priority, seed.interval(lan, owner));
            let better = u64::from(priority.get()) > lows[lan];
            let prompt = seed.prompt(lan, host, owner).unwrap_or(silence);
            better.then(|| seed.patience() + prompt)
        });
        let ports = self.world.hosts[owner].ports.iter();
        let weighted = ports.zip(&lows).map(|(port, low)| Standing {
            weight: i32::try_from(*low).unwrap_or(0) - i32::from(port.parameters.priority.get()),
            ..Standing::default()
        });
        let weighted: Vec<Standing> = weighted.collect();
        self.strike(owner, Fault::stand(&weighted));
        self.expect_successor(owner, wait)?;
        self.world.watches[0].tally.declines += 1;
        let one = self.check_one()?;
        if one == owner || self.is_surpassed(one, Some(owner)) {
            return Err(format!("{one} has replaced {owner}, but is not the best"));
        }
        Ok(())
    }

    /// A priority for each LAN that is below those of the one that is to replace `owner`, if there
    /// can be one.
    fn draw_lows(&mut self, owner: usize) -> Option<Vec<u64>> {
        let mut others = self.others_than(owner);
        let better = |one, other| {
            let priority = |host: usize| self.world.hosts[host].priority(0);
            if priority(other) > priority(one) {
                other
            } else {
                one
            }
        };
        let first = others.next()?;
        let heir = &self.world.hosts[others.fold(first, better)];
        let rests: Vec<u8> = self
            .world
            .lans()
            .map(|lan| heir.priority(lan).get())
            .collect();
        let bases = self.world.hosts[owner].ports.iter();
        let owns = bases.map(|port| port.parameters.priority == Priority::OWNER);
        if !self.all_preempt()
            || rests.iter().any(|rest| *rest < 3)
            || owns.into_iter().any(|it| it)
        {
            return None;
        }
        // Priority 1 is the stranger's.
        let rng = &mut self.world.rng;
        let low = |rest: u8| rng.number(2..=u64::from(rest) - 1);
        Some(rests.into_iter().map(low).collect())
    }

    /// Within `wait`, and what late wake-ups add to it, someone else answers than `owner`; then
    /// everything settles.
    fn expect_successor(&mut self, owner: usize, wait: Duration) -> Result<(), String> {
        let tick = Duration::from_millis(1);
        let flight = self.draw().calm().flight.1;
        let slack = flight * 2 + self.calm_hiccup() * 6 + tick * 2 + self.lengthiness();
        for watch in &mut self.world.watches {
            watch.awaits = Some(owner);
        }
        self.world.run_until(self.world.now + wait + slack);
        self.verdict()?;
        if self
            .world
            .watches
            .iter()
            .any(|watch| watch.awaits.is_some())
        {
            return Err(format!("nobody replaced {owner} within {wait:?}"));
        }
        self.settle()
    }

    /// The shortest `time` of all hosts but `owner`, each of which takes the longest of all its LANs.
    fn shortest(
        &self,
        owner: usize,
        time: impl Fn(&Self, usize, usize) -> Option<Duration>,
    ) -> Duration {
        let of = |host| {
            let times: Option<Vec<Duration>> =
                self.world.lans().map(|lan| time(self, lan, host)).collect();
            times?.into_iter().max()
        };
        let others = self.others_than(owner);
        others.filter_map(of).min().unwrap_or_default()
    }

    /// How long `host` waits for `owner` to go, if it hands over fast.
    fn prompt(&self, lan: usize, host: usize, owner: usize) -> Option<Duration> {
        let two = self.world.hosts.len() == 2 && !self.draw().flood;
        let fast = match self.world.hosts[host].ports[lan].parameters.fast_handover {
            FastHandover::Never => false,
            FastHandover::BetweenTwo => two,
            FastHandover::Always => true,
        };
        let steps = 256 - u32::from(self.world.hosts[host].priority(lan).get());
        let time = Duration::from_micros(100) * steps;
        fast.then(|| time.min(self.skew(lan, host, owner)))
    }

    fn skew(&self, lan: usize, host: usize, owner: usize) -> Duration {
        let priority = self.world.hosts[host].priority(lan);
        self.draws[lan].skew(priority, self.interval(lan, owner))
    }
}
