//! `vipctl` and the socket that it asks.

mod capture;
pub mod client;
mod detach;
pub mod protocol;
mod reload;
pub mod render;
mod restart;
pub mod server;
