//! Keywords that are known and not done yet: their names and what they are for. Doing one is moving
//! its row to the table of its block.

/// Rows of a list of [`Known`](super::Known): name, a line for people, and what stands in its block.
macro_rules! known {
    (@inside) => { &[] };
    (@inside $inside:expr) => { $inside };
    ($($name:literal $doc:literal $(=> $inside:expr)?;)+) => {
        &[$(Known { name: $name, doc: $doc, inside: known!(@inside $($inside)?) },)+]
    };
}

mod blocks;
mod check;
mod global;
mod instance;
mod server;

pub(super) use blocks::ROOT;
pub(super) use check::{CHECKERS, HTTP, URL};
pub(super) use global::GLOBAL;
pub(super) use instance::INSTANCE;
pub(super) use server::{REAL_SERVER, VIRTUAL_SERVER};
