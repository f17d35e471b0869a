//! What a Virtual Router depends on: scripts, and numbers in files.

pub mod file;
pub mod rise_fall;
pub mod script;
pub mod standing;
