//! `vipctl` and the socket that it asks.

mod capture;
pub mod client;
mod detach;
pub mod protocol;
pub mod render;
mod restart;
pub mod server;
