//! Interfaces that an instance follows besides its own.

use super::standing::{Kind, Tracked};
use crate::config::model::Instance;
use crate::net::link::Links;

/// What `instance` tracks of `links`. An interface that does not exist is down.
pub fn tracked_by<'a>(
    instance: &'a Instance,
    links: &'a Links,
) -> impl Iterator<Item = Tracked<'a>> + 'a {
    instance.track_interfaces.iter().map(|track| Tracked {
        kind: Kind::Interface,
        name: &track.name,
        weight: track.weight,
        up: Some(links.named(&track.name).is_some_and(|link| link.up)),
    })
}
