//! Keywords that are known and not done yet: their names and what they are for. Doing one is moving
//! its row to the table of its block.

/// Rows of a list of [`Known`](super::Known): name, what follows it, and a line for people.
macro_rules! known {
    (@takes) => { Takes::Nothing };
    (@takes $($takes:tt)+) => { $($takes)+ };
    ($($name:literal [$($takes:tt)*] $doc:literal;)+) => {
        &[$(Known { name: $name, takes: known!(@takes $($takes)*), doc: $doc },)+]
    };
}

mod blocks;
mod check;
mod global;
mod instance;
mod server;
mod word;

pub(super) use blocks::{ROOT, SYNC_GROUP};
pub(super) use check::{CHECKERS, HTTP, URL};
pub(super) use global::GLOBAL;
pub(super) use instance::INSTANCE;
pub(super) use server::{REAL_SERVER, VIRTUAL_SERVER};
