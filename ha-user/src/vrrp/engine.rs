//! All Virtual Routers of this host.

use std::collections::{BTreeMap, BTreeSet};

use ha_common::Nanos;

use super::router::{Context, Input, Router};
use super::timing::TICK;
use super::{Action, Advert, Event, Parameters, RouterId, Status, View};

/// Every Virtual Router of this host; the object that the advert thread owns.
#[derive(Debug, Default)]
pub struct Engine {
    routers: BTreeMap<RouterId, Router>,
    /// The deadline of each router that has one.
    deadlines: BTreeSet<(Nanos, RouterId)>,
}

impl Engine {
    /// Adds a router in Initialize. It does nothing before [`Event::Startup`].
    pub fn insert(&mut self, router: RouterId, parameters: Parameters) {
        self.remove(router);
        self.routers.insert(router, Router::new(router, parameters));
    }

    /// Forgets a router that was shut down.
    pub fn remove(&mut self, router: RouterId) {
        let deadline = self.routers.remove(&router).and_then(|old| old.deadline());
        if let Some(at) = deadline {
            self.deadlines.remove(&(at, router));
        }
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
        self.tell(router, Input::Told(event), Context { now, view, actions });
    }

    /// Lets time pass up to `now`. Late or extra calls are harmless.
    pub fn handle_timeout(&mut self, now: Nanos, view: &dyn View, actions: &mut Vec<Action>) {
        for router in self.due(now) {
            let actions = &mut *actions;
            self.tell(router, Input::Timeout, Context { now, view, actions });
        }
    }

    /// Who has something to do at `now`. Adverts that are nearly due go along with any that is, so
    /// that all leave at once, now and an interval later.
    fn due(&self, now: Nanos) -> Vec<RouterId> {
        if self.next_deadline().is_none_or(|at| at > now) {
            return Vec::new();
        }
        let near = self.deadlines.range(..=(now + TICK, RouterId(u32::MAX)));
        let routers = near.filter_map(|(_, id)| Some((*id, self.routers.get(id)?)));
        let due = routers.filter(|(_, router)| router.is_due(now));
        due.map(|(id, _)| id).collect()
    }

    /// When [`Self::handle_timeout`] is next worth calling.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Nanos> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// What `router` is doing, for people.
    #[must_use]
    pub fn status(&self, router: RouterId) -> Option<Status> {
        self.routers.get(&router).map(Router::status)
    }

    /// Whether `advert`, which `router` has heard, could come again without telling it anything but
    /// that its sender lives: the stamp of the data path is enough then. Any action for the router
    /// ends that, and so does any other advert, except those of too low a priority from other
    /// senders.
    #[must_use]
    pub fn is_familiar(&self, router: RouterId, advert: &Advert) -> bool {
        let router = self.routers.get(&router);
        router.is_some_and(|router| router.is_familiar(advert))
    }

    fn tell(&mut self, id: RouterId, input: Input, mut cx: Context<'_>) {
        let Some(router) = self.routers.get_mut(&id) else {
            return;
        };
        let before = router.deadline();
        router.handle(input, &mut cx);
        let after = router.deadline();
        if before != after {
            self.deadlines.extend(after.map(|at| (at, id)));
            if let Some(at) = before {
                self.deadlines.remove(&(at, id));
            }
        }
    }
}
