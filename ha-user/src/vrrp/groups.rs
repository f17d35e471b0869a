//! Routers that are Active together or not at all (keepalived's sync groups).
//!
//! Each router keeps to its own rules for when it may claim and when it must yield; a group only has it
//! claim later, and leave earlier. So what holds of one router alone holds in a group (`docs/engine.md`).

use super::{RouterId, Slots};

/// What a router does about its addresses, as the other members of its group see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// It has started, and does not know yet whether anybody is Active in its place: no reason for
    /// others to leave, for it may have come by a reload.
    Fresh,
    /// It cannot be Active: in fault, or somebody else is Active, or it has been and is no more.
    Out,
    /// It would claim, if all others would.
    Willing,
    /// As that, but somebody else may go first.
    Hesitant,
    /// It has claimed, and others have the time to object.
    Claiming,
    /// It has claimed, and nobody objects.
    Ready,
    /// It is Active.
    Active,
}

/// What the members of a group have to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// One is out: whoever has claimed takes that back, whoever is Active leaves.
    Leave,
    /// One is fresh: whoever has claimed takes that back, whoever is Active stays.
    Stay,
    /// The first one claims: of two hosts that would be Active, that decides between them.
    Lead,
    /// The first one may be Active: the others claim.
    Follow,
    /// Some have claimed, and wait.
    Wait,
    /// All may be Active, and are from now on.
    TakeOver,
}

impl Course {
    /// The course of a group whose members do these parts, the first one first.
    pub(super) fn of(parts: &[Part]) -> Self {
        let does = |part| parts.contains(&part);
        if does(Part::Out) {
            return Self::Leave;
        }
        if does(Part::Fresh) {
            return Self::Stay;
        }
        match parts.first() {
            Some(Part::Willing) => Self::Lead,
            Some(Part::Claiming | Part::Hesitant) => Self::Wait,
            _ if does(Part::Willing) => Self::Follow,
            _ if does(Part::Claiming) => Self::Wait,
            _ => Self::TakeOver,
        }
    }
}

/// Who belongs together.
#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: Vec<Vec<RouterId>>,
    /// Into `groups`.
    places: Slots<usize>,
}

impl Groups {
    /// A router that is in several of them belongs to the last one.
    pub(super) fn new(groups: Vec<Vec<RouterId>>) -> Self {
        let mut places = Slots::default();
        for (place, group) in groups.iter().enumerate() {
            for router in group {
                places.insert(*router, place);
            }
        }
        Self { groups, places }
    }

    /// The members of the group of `router`, itself among them; none if it is in no group.
    pub(super) fn of(&self, router: RouterId) -> &[RouterId] {
        let place = self.places.get(router);
        let group = place.and_then(|place| self.groups.get(*place));
        group.map_or(&[], Vec::as_slice)
    }
}
