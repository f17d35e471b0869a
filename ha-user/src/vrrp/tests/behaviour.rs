//! What takes more than one input to show.

mod adoption;
mod company;
mod engine;
mod groups;
mod handover;
mod manners;
mod opening;
mod ownership;
mod patience;
mod rivals;
mod silence;
mod sleep;
mod takeover;

use std::time::Duration;

use ha_common::{Nanos, Priority};

use super::super::{
    Action, Announcements, Event, Manners, Parameters, Provoked, Standing, State, TransitionReason,
};
use super::bench::{Bench, ROUTER, advert, summary};
use super::parameters;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const TAKEOVER: &str =
    "begin for 500ms, advertise 100 for 2.9375s, announce 5, add, Backup to Active";
