//! All Virtual Routers of this host.

use ha_common::Nanos;

use super::{Action, Event, Parameters, RouterId, Status, View};

/// Every Virtual Router of this host; the object that the advert thread owns.
#[derive(Debug, Default)]
pub struct Engine {}

impl Engine {
    /// Adds a router in Initialize. It does nothing before [`Event::Startup`].
    pub fn insert(&mut self, router: RouterId, parameters: Parameters) {
        let _ = (router, parameters);
        todo!()
    }

    /// Forgets a router that was shut down.
    pub fn remove(&mut self, router: RouterId) {
        let _ = router;
        todo!()
    }

    /// Tells `router` what happened at `now`; appends what is to be done to `actions`.
    pub fn handle(
        &mut self,
        now: Nanos,
        router: RouterId,
        event: Event,
        view: &dyn View,
        actions: &mut Vec<Action>,
    ) {
        let _ = (now, router, event, view, actions);
        todo!()
    }

    /// Lets time pass up to `now`. Late or extra calls are harmless.
    pub fn handle_timeout(&mut self, now: Nanos, view: &dyn View, actions: &mut Vec<Action>) {
        let _ = (now, view, actions);
        todo!()
    }

    /// When [`Self::handle_timeout`] is next worth calling.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Nanos> {
        todo!()
    }

    /// What `router` is doing, for people.
    #[must_use]
    pub fn status(&self, router: RouterId) -> Option<Status> {
        let _ = router;
        todo!()
    }
}
