//! How routers stand by what is found out while they run.

use super::Worker;
use crate::daemon::plan::RouterPlan;
use crate::daemon::standings::Standings;
use crate::daemon::trackers::News;
use crate::daemon::{health, notifier};

impl Worker<'_> {
    /// Takes note of a verdict.
    pub(super) fn take_news(&mut self, news: News) {
        match news {
            News::Script(verdict) => self.trackers.note_script(&verdict),
            News::Observed(news) => self.trackers.note_observed(news),
            News::Health(health::News::Verdict(verdict)) => self.trackers.note_check(&verdict),
            News::Health(health::News::Run(command)) => {
                return notifier::start_command(&self.config, &command);
            }
            News::Health(health::News::Service(change)) => {
                self.note_service(&change);
                return self.testament_changes();
            }
            News::Health(health::News::Following) => return self.clear_services(),
        }
        self.restate();
        self.notify_priorities();
        self.write_testament();
    }

    /// Tells routers how they stand by what is known now.
    fn restate(&mut self) {
        let (config, links) = (&self.config, self.monitor.links());
        let plans = self.routers.iter().map(|(_, known)| &known.plan);
        let standings = Standings::new(config, &self.trackers, links, plans);
        let standings = standings.before(self.opening.waits());
        let standing = |plan: &RouterPlan| standings.of(plan);
        self.routers.restate(standing, &self.adverts.orders);
    }

    /// Nobody waits any longer.
    pub(super) fn open(&mut self) {
        self.opening.end();
        self.restate();
        self.write_testament();
    }
}
