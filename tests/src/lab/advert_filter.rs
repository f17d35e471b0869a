//! Filters in the kernel that leave nothing but adverts, untagged and in IPv4: whoever listens
//! for them is not overrun by what else there is.

use ha_common::wire::{ethernet, ipv4};
use socket2::SockFilter;

const LOAD: u16 = (libc::BPF_LD | libc::BPF_ABS) as u16;
const JUMP: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

/// Adverts.
#[must_use]
pub fn adverts() -> [SockFilter; 6] {
    [
        SockFilter::new(LOAD | libc::BPF_H as u16, 0, 0, 12),
        SockFilter::new(JUMP, 0, 3, ethernet::TYPE_IPV4.into()),
        SockFilter::new(LOAD | libc::BPF_B as u16, 0, 0, 23),
        SockFilter::new(JUMP, 0, 1, ipv4::PROTOCOL_VRRP.into()),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
        SockFilter::new(RETURN, 0, 0, 0),
    ]
}

/// Adverts, but not from a MAC that ends in `stranger`.
#[must_use]
pub fn adverts_but_from(stranger: u32) -> [SockFilter; 8] {
    [
        SockFilter::new(LOAD | libc::BPF_H as u16, 0, 0, 12),
        SockFilter::new(JUMP, 0, 5, ethernet::TYPE_IPV4.into()),
        SockFilter::new(LOAD | libc::BPF_B as u16, 0, 0, 23),
        SockFilter::new(JUMP, 0, 3, ipv4::PROTOCOL_VRRP.into()),
        SockFilter::new(LOAD | libc::BPF_W as u16, 0, 0, 8),
        SockFilter::new(JUMP, 1, 0, stranger),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
        SockFilter::new(RETURN, 0, 0, 0),
    ]
}
