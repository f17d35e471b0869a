//! All Virtual Routers of this host.

use ha_common::Nanos;

use super::alarms::Alarms;
use super::groups::{Course, Groups, Part};
use super::router::{Context, Input, Router};
use super::timing::TICK;
use super::{Action, Advert, Event, Parameters, RouterId, Slots, Status, View};

/// Every Virtual Router of this host; the object that the advert thread owns.
#[derive(Debug, Default)]
pub struct Engine {
    routers: Slots<Router>,
    alarms: Alarms,
    groups: Groups,
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
        self.handle_all(now, [(router, event)], view, actions);
    }

    /// Tells several routers what happened to them at the same time: the members of a group look at each
    /// other only afterwards.
    pub fn handle_all(
        &mut self,
        now: Nanos,
        events: impl IntoIterator<Item = (RouterId, Event)>,
        view: &dyn View,
        actions: &mut Vec<Action>,
    ) {
        let mut cx = Context { now, view, actions };
        let inputs = events
            .into_iter()
            .map(|(id, event)| (id, Input::Told(event)));
        self.tell_all(inputs, &mut cx);
    }

    /// Lets time pass up to `now`. Late or extra calls are harmless.
    pub fn handle_timeout(&mut self, now: Nanos, view: &dyn View, actions: &mut Vec<Action>) {
        let due = self.due(now);
        let listens = |id: &RouterId| self.routers.get(*id).is_some_and(Router::listens);
        let heeds_stamps = due.iter().any(listens);
        let mut cx = Context { now, view, actions };
        self.tell_all(due.into_iter().map(|id| (id, Input::Timeout)), &mut cx);
        if heeds_stamps {
            self.put_off(view);
        }
    }

    /// Has the routers of each group be Active together or not at all, from `now` on.
    pub fn group(
        &mut self,
        now: Nanos,
        groups: Vec<Vec<RouterId>>,
        view: &dyn View,
        actions: &mut Vec<Action>,
    ) {
        let mut cx = Context { now, view, actions };
        self.groups = Groups::new(groups);
        let routers: Vec<RouterId> = self.routers.iter().map(|(id, _)| id).collect();
        for id in &routers {
            let grouped = !self.groups.of(*id).is_empty();
            self.with(*id, |router| router.join(grouped, &mut cx));
        }
        self.settle(&routers, &mut cx);
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

    fn tell_all(&mut self, inputs: impl Iterator<Item = (RouterId, Input)>, cx: &mut Context<'_>) {
        let mut changed = Vec::new();
        for (id, input) in inputs {
            if self.tell(id, input, cx) {
                changed.push(id);
            }
        }
        self.settle(&changed, cx);
    }

    /// Returns whether the router does something else about its addresses now.
    fn tell(&mut self, id: RouterId, input: Input, cx: &mut Context<'_>) -> bool {
        let Some(router) = self.routers.get_mut(id) else {
            return false;
        };
        let before = router.part();
        router.handle(input, cx);
        self.alarms.set(id, router.deadline());
        router.part() != before
    }

    /// Brings the groups of `routers` in line.
    fn settle(&mut self, routers: &[RouterId], cx: &mut Context<'_>) {
        let mut groups: Vec<_> = routers.iter().map(|id| self.members(*id)).collect();
        groups.sort_unstable();
        groups.dedup();
        for members in &groups {
            for id in members {
                self.with(*id, |router| router.review(cx));
            }
            while self.advance(members, cx) {}
        }
    }

    /// Has the members of a group do what it does. Returns whether that changed anything.
    ///
    /// It comes to an end: on one course nobody goes back to a part that it had before, and while one
    /// is out, the course is to leave.
    fn advance(&mut self, members: &[RouterId], cx: &mut Context<'_>) -> bool {
        let part = |id: &RouterId| self.routers.get(*id).map_or(Part::Fresh, Router::part);
        let parts: Vec<Part> = members.iter().map(part).collect();
        let course = Course::of(&parts);
        let mut changed = false;
        for (place, id) in members.iter().enumerate() {
            let take = |router: &mut Router| changed |= router.take(course, place == 0, cx);
            self.with(*id, take);
        }
        changed
    }

    /// The members of the group of `router`, in an order that is the same on all hosts.
    fn members(&self, router: RouterId) -> Vec<RouterId> {
        let mut members = self.groups.of(router).to_vec();
        members.sort_by_key(|id| self.routers.get(*id).map(Router::rank));
        members
    }

    fn with(&mut self, id: RouterId, change: impl FnOnce(&mut Router)) {
        if let Some(router) = self.routers.get_mut(id) {
            change(router);
            self.alarms.set(id, router.deadline());
        }
    }
}
