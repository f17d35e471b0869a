//! What a Virtual Router depends on: scripts, interfaces, and numbers in files.

pub mod file;
pub mod interface;
pub mod rise_fall;
pub mod script;
pub mod standing;
pub mod watch;
