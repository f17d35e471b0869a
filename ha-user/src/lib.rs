//! vipd: the virtual-IP daemon. `ARCHITECTURE.md` is the map of this crate.

pub mod config;
pub mod control;
pub mod daemon;
pub mod datapath;
pub mod net;
pub mod notify;
pub mod vrrp;
