//! `vipctl` and the socket that it asks.

pub mod client;
pub mod protocol;
pub mod render;
pub mod server;
