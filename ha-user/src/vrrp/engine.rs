//! All Virtual Routers of this host.

use ha_common::Nanos;

use super::alarms::Alarms;
use super::router::{Context, Input, Router};
use super::timing::TICK;
use super::{Action, Advert, Event, Parameters, RouterId, Slots, Status, View};

/// Every Virtual Router of this host; the object that the advert thread owns.
#[derive(Debug, Default)]
pub struct Engine {
    routers: Slots<Router>,
    alarms: Alarms,
}

impl Engine {
    /// Adds a router in Initialize. It does nothing before [`Event::Startup`].
    pub fn insert(&mut self, router: RouterId, parameters: Parameters) {
        self.remove(router);
        self.routers.insert(router, Router::new(router, parameters));
    }

    /// Forgets a router that was shut down.
    pub fn remove(&mut self, router: RouterId) {
        self.routers.remove(router);
        self.alarms.set(router, None);
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
        let due = self.due(now);
        let listens = |id: &RouterId| self.routers.get(*id).is_some_and(Router::listens);
        let heeds_stamps = due.iter().any(listens);
        for router in due {
            let actions = &mut *actions;
            self.tell(router, Input::Timeout, Context { now, view, actions });
        }
        if heeds_stamps {
            self.put_off(view);
        }
    }

    /// Who has something to do at `now`. Adverts that are nearly due go along with any that is, so
    /// that all leave at once, now and an interval later.
    fn due(&self, now: Nanos) -> Vec<RouterId> {
        if self.next_deadline().is_none_or(|at| at > now) {
            return Vec::new();
        }
        let goes_along = |id: RouterId| {
            let router = self.routers.get(id);
            router.is_some_and(|router| router.goes_along(now))
        };
        let near = self.alarms.until(now + TICK).into_iter();
        let due = near.filter(|(at, id)| *at <= now || goes_along(*id));
        due.map(|(_, id)| id).collect()
    }

    /// Reads the stamps of all Backup routers, so that none is woken only to find that a sign of life
    /// was stamped meanwhile. Their timers stay as they are until they are.
    fn put_off(&mut self, view: &dyn View) {
        for (id, router) in self.routers.iter() {
            if let Some(at) = router.sleeps_until(view) {
                self.alarms.set(id, Some(at));
            }
        }
    }

    /// When [`Self::handle_timeout`] is next worth calling.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Nanos> {
        self.alarms.next()
    }

    /// What `router` is doing, for people.
    #[must_use]
    pub fn status(&self, router: RouterId) -> Option<Status> {
        self.routers.get(router).map(Router::status)
    }

    /// Whether `advert`, which `router` has heard, could come again without telling it anything but
    /// that its sender lives: the stamp of the data path is enough then. Any action for the router
    /// ends that, and so does any other advert, except those of too low a priority from other
    /// senders.
    #[must_use]
    pub fn is_familiar(&self, router: RouterId, advert: &Advert) -> bool {
        let router = self.routers.get(router);
        router.is_some_and(|router| router.is_familiar(advert))
    }

    fn tell(&mut self, id: RouterId, input: Input, mut cx: Context<'_>) {
        let Some(router) = self.routers.get_mut(id) else {
            return;
        };
        router.handle(input, &mut cx);
        self.alarms.set(id, router.deadline());
    }
}
