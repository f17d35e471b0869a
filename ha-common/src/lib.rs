//! What vipd's daemon and its XDP program have in common: wire formats, identifiers, checksums,
//! the layout of the BPF maps, and the one list of reasons for what happens to a packet.
//!
//! This crate decides nothing and depends on nothing. It is compiled for the host and for
//! `bpfel-unknown-none`.

#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod abi;
pub mod id;
pub mod reason;
pub mod time;
pub mod wire;

pub use id::{Family, Priority, VirtualMac, Vrid, scoped};
pub use reason::Reason;
pub use time::Nanos;
