//! What a Virtual Router depends on: scripts, interfaces, numbers in files, and processes.

pub mod debounce;
pub mod file;
pub mod interface;
pub mod process;
pub mod rise_fall;
pub mod script;
pub mod standing;
pub mod watch;
pub mod watched;
