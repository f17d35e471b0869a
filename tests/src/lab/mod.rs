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

mod advert_filter;
mod asker;
mod background;
mod bridge_port;
mod capture;
mod chorus;
mod client;
mod cpu;
mod daemon;
mod device;
mod dnsmasq;
mod guestbook;
mod host;
mod lan;
mod log;
mod mac;
mod mounts;
mod netns;
mod nginx;
mod packet_socket;
mod prober;
mod process;
mod question_frame;
mod realtime;
mod requests;
mod responder;
#[cfg(test)]
mod self_test;
mod servant;
mod stalls;
mod talker;
mod tools;
mod transcript;
mod vipctl;
mod wait;
mod witness;
pub(crate) mod xdp_pass;

pub use advert_filter::{adverts, adverts_but_from};
pub use asker::Asker;
pub use capture::{Capture, Frame};
pub use chorus::{Chorus, Count};
pub use client::{Client, Errand};
pub use cpu::{BusyLoops, time_on_processors, time_stolen, wake_ups};
pub use daemon::{CONFIG_PATH, Daemon, Software};
pub use dnsmasq::Dnsmasq;
pub use guestbook::Guestbook;
pub use host::Host;
pub use lan::{Direction, Lan, OneWayCut};
pub use log::{Line, Log};
pub use mac::Mac;
pub use netns::Netns;
pub use nginx::Nginx;
pub use packet_socket::PacketSocket;
pub use prober::Prober;
pub use process::signal_all;
pub use requests::{DIRECTOR_HEADER, Loss, Reply, Request, Requests};
pub use responder::{Responder, stand_in_for_nginx};
pub use rustix::process::Signal;
pub use servant::{Manner, Return, Servant};
pub use stalls::{Gap, Stalls};
pub use talker::{Listener, Talker};
pub use tools::Tools;
pub use transcript::{Question, Subject, Transcript};
pub use vipctl::{status, vipctl};
pub use wait::{interrupt_on_signals, interrupted, pause, until};
pub use witness::{Entry, Witness};
