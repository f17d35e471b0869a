//! Health of what this host fronts, without any input or output.
//!
//! [`Engine`] holds every probe. It is told what a run of a probe has found and what time it is, and
//! answers with [`Action`]s: what to run now, and whose verdict has changed. Probes of one target form
//! layers: what has failed beneath is never blamed on what stands on it.

#![forbid(unsafe_code)]

mod agenda;
pub mod dialogue;
mod engine;
mod layers;
mod places;
mod probe;
pub mod prober;
mod recipe;
mod rhythm;
mod roster;
mod server;
mod service;
#[cfg(test)]
mod tests;

pub use engine::Engine;
pub use places::Places;
pub use probe::{Failure, Outcome, Report, Stage};
pub use recipe::Recipe;
pub use rhythm::Rhythm;
pub use roster::{Changes, Entry, Roster};
pub use server::{Server, ServerId};
pub use service::{Change, Demands, Service};

use rustc_hash::FxHashMap;

/// Names a probe: one for each distinct target, kind and set of parameters, however many ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProbeId(pub u32);

/// Something of each probe: of tens of thousands, looked up whenever one begins, is answered, or ends.
pub type ByProbe<T> = FxHashMap<ProbeId, T>;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Run the probe once, and tell [`Engine::finish`] what it has found.
    Run(ProbeId),
    /// Its verdict has changed: it is good, or bad for this reason.
    Judged(ProbeId, Outcome),
}
