//! What a Virtual Router depends on: scripts today.

pub mod rise_fall;
pub mod script;
pub mod standing;
