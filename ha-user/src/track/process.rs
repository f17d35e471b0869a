//! How many processes of a program there are: counted in `/proc` once, and then as the kernel tells who
//! comes and goes.

mod census;
mod events;
mod pattern;
mod procfs;
mod quorum;

pub use census::{Census, Scope, Verdict, Wanted};
pub use events::{Event, Events, is_loss};
pub use procfs::{Seen, everybody, look};
