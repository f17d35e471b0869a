//! A network of hosts on one bridge, inside this machine.
//!
//! ```text
//!   Host lb1      Host lb2      Host client      (own network, processes and files each)
//!     eth0          eth0          eth0
//!      │             │             │             veth pairs; bridge ends carry XDP_PASS
//!   ═══╧═════════════╧═════════════╧═══          Lan: a bridge in a namespace of its own
//! ```
//!
//! Nothing outlives the process that made it, however that ends: namespaces are held by file
//! descriptors and by one anchor process per host that ends with a pipe of ours, interfaces and
//! BPF links go with the namespaces, and what a host writes goes to a file system of its own.

mod daemon;
mod device;
mod host;
mod lan;
mod log;
mod mac;
mod netns;
mod packet_socket;
mod process;
#[cfg(test)]
mod self_test;
mod tools;
mod wait;
mod xdp_pass;

pub use daemon::{CONFIG_PATH, Daemon, Software};
pub use host::Host;
pub use lan::Lan;
pub use log::{Line, Log};
pub use mac::Mac;
pub use netns::Netns;
pub use packet_socket::PacketSocket;
pub use tools::Tools;
pub use wait::{interrupt_on_signals, interrupted, pause, until};
