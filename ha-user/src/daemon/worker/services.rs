//! What a worker has probed, and for which virtual servers it does not.

use super::Worker;
use crate::daemon::services;
use crate::daemon::whereabouts::Change;
use crate::datapath::Datapath;
use crate::vrrp::RouterId;

impl Worker<'_> {
    /// Has everything probed that the configuration asks for, as far as is known where addresses are.
    pub(super) fn look_after_probes(&mut self) {
        self.whereabouts
            .look(&self.config, &self.routers, self.monitor.links());
        let mut wanted = services::install(&self.config, self.datapath.as_mut());
        for one in &mut wanted {
            one.suspended = self.whereabouts.suspends(&one.service.name);
        }
        let table = self.datapath.as_ref().map(Datapath::service_table);
        self.trackers.follow(&self.config, wanted, table);
    }

    /// What was asked for is looked after, and nothing else any more.
    pub(super) fn clear_services(&mut self) {
        if let Some(datapath) = &mut self.datapath {
            services::clear(&self.config, datapath);
        }
    }

    /// Addresses may have come, or gone.
    pub(super) fn look_for_addresses(&mut self) {
        let links = self.monitor.links();
        let changes = self.whereabouts.look(&self.config, &self.routers, links);
        self.suspend(changes);
    }

    /// The addresses of a router have come, or gone.
    pub(super) fn note_activity(&mut self, router: RouterId, is_active: bool) {
        let changes = self.whereabouts.note(router, is_active);
        self.suspend(changes);
    }

    fn suspend(&self, changes: Vec<Change>) {
        for Change { service, suspended } in changes {
            self.trackers.checks.suspend(service, suspended);
        }
    }
}
