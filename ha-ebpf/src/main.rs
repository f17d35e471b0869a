//! vipd's XDP program. What it does not own or cannot parse passes untouched; every packet moves
//! exactly one counter, that of the [`Reason`] for its verdict.
//!
//! `ha-user/build.rs` compiles it for the BPF target. The modules compile for the host as well, so
//! that `cargo clippy --package ha-ebpf` sees them; `cargo xtask ci` lints both.

#![cfg_attr(target_arch = "bpf", no_std, no_main)]
#![deny(unsafe_code)]

mod absorb;
mod arp;
mod ethernet;
mod hear;
mod ipv4;
mod maps;
mod packet;
mod standing;
mod verdict;
mod vrrp;

use aya_ebpf::macros::{socket_filter, xdp};
use aya_ebpf::programs::{SkBuffContext, XdpContext};
use ha_common::Reason;
use ha_common::wire::ethernet::{TYPE_ARP, TYPE_IPV4};

use crate::packet::Packet;

/// The entry. Its name is `abi::program::XDP`, which a test of the loaded program keeps.
#[xdp(frags)]
fn vipd_xdp_v2(context: XdpContext) -> u32 {
    let mut packet = Packet::new(context);
    let reason = judge(&mut packet);
    maps::count(reason);
    verdict::action(reason)
}

/// The entry on the daemon's socket, `abi::program::SOCKET`.
#[socket_filter]
fn vipd_hear_v2(context: SkBuffContext) -> i64 {
    hear::judge(&context)
}

#[inline(always)]
fn judge(packet: &mut Packet) -> Reason {
    let Some(gate) = maps::gate() else {
        return Reason::Idle;
    };
    let Some(payload) = ethernet::payload(packet) else {
        return Reason::Unparsable;
    };
    match payload.ethertype {
        TYPE_IPV4 => ipv4::judge(packet, payload, gate),
        TYPE_ARP => arp::judge(packet, payload, gate),
        _ => Reason::Foreign,
    }
}

/// A panic would be an endless loop, which the verifier refuses: what loads cannot panic.
#[cfg(target_arch = "bpf")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[cfg(target_arch = "bpf")]
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
#[expect(unsafe_code, reason = "the kernel reads the licence from its section")]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";

#[cfg(not(target_arch = "bpf"))]
fn main() {}
