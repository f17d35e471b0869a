//! vipd's programs in the kernel. What they do not own or cannot parse passes untouched; every
//! packet moves exactly one counter, that of the [`Reason`] for its verdict.
//!
//! `ha-user/build.rs` compiles them for the BPF target. The modules compile for the host as well,
//! so that `cargo clippy --package ha-ebpf` sees them; `cargo xtask ci` lints both.

#![cfg_attr(target_arch = "bpf", no_std, no_main)]
#![deny(unsafe_code)]

mod absorb;
mod arp;
mod capture;
mod carrier;
mod egress;
mod ethernet;
mod hear;
mod ingress;
mod ipv4;
mod ipv6;
mod maps;
mod neighbour;
mod packet;
mod refusal;
mod reset;
mod service;
mod standing;
mod unreachable;
mod verdict;
mod vrrp;

use aya_ebpf::macros::{classifier, socket_filter, xdp};
use aya_ebpf::programs::{SkBuffContext, TcContext, XdpContext};
use ha_common::Reason;

use crate::packet::{TcPacket, XdpPacket};

/// What comes in, at the XDP hook. The programs have the names in `abi::program`, without which
/// the daemon does not find them.
#[xdp(frags)]
fn vipd_xdp_v4(context: XdpContext) -> u32 {
    let mut packet = XdpPacket::new(context);
    verdict::xdp(counted(ingress::judge(&mut packet)))
}

/// What comes in, at the tc hook.
#[classifier]
fn vipd_in_v4(context: TcContext) -> i32 {
    let mut packet = TcPacket::new(context);
    let reason = counted(ingress::judge(&mut packet));
    verdict::tc(&packet, reason)
}

/// What goes out.
#[classifier]
fn vipd_out_v4(context: TcContext) -> i32 {
    let packet = TcPacket::new(context);
    let reason = counted(egress::judge(&packet));
    verdict::tc(&packet, reason)
}

/// What has come to the daemon's socket.
#[socket_filter]
fn vipd_hear_v4(context: SkBuffContext) -> i64 {
    hear::judge(&context)
}

#[inline(always)]
fn counted(reason: Reason) -> Reason {
    maps::count(reason);
    reason
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
