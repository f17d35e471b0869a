//! The election: RFC 9568 for IPv4, versions 2 and 3, without any input or output.
//!
//! [`Engine`] holds every Virtual Router of this host. It is told what happened and what time it
//! is, and answers with [`Action`]s for the shell to carry out in order. It never sees a socket, a
//! map, a file or a clock; what it must know of the data path's records it reads through [`View`].

#![forbid(unsafe_code)]

mod action;
mod alarms;
mod announcer;
mod cadence;
mod dual;
mod engine;
mod event;
mod groups;
mod others;
mod parameters;
mod patience;
mod phase;
mod router;
mod slots;
mod state;
mod status;
#[cfg(test)]
mod tests;
mod timing;
mod view;

pub use action::{Action, Reason as TransitionReason};
pub use engine::Engine;
pub use event::{Advert, Event, Inheritance, Standing};
pub use parameters::{
    Announcements, FastHandover, Manners, Parameters, Provoked, Version, effective_priority,
};
pub use slots::Slots;
pub use state::State;
pub use status::{Statistics, Status};
pub use view::{Record, View};

/// Names a Virtual Router: its slot in the data path's records, stable across reloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouterId(pub u32);
