//! From a reason to what the kernel does.

use aya_ebpf::bindings::{TC_ACT_SHOT, TC_ACT_UNSPEC, xdp_action};
use aya_ebpf::helpers::bpf_redirect;
use ha_common::Reason;
use ha_common::reason::Verdict;

use crate::packet::{Packet as _, TcPacket};

/// The XDP action that `reason` stands for.
#[inline(always)]
pub(crate) const fn xdp(reason: Reason) -> u32 {
    match reason.verdict() {
        Verdict::Pass => xdp_action::XDP_PASS,
        Verdict::Drop => xdp_action::XDP_DROP,
        Verdict::Transmit => xdp_action::XDP_TX,
    }
}

/// The tc action that `reason` stands for. What passes goes on to the filters of others.
#[inline(always)]
#[expect(unsafe_code, reason = "helpers are foreign functions")]
pub(crate) fn tc(packet: &TcPacket, reason: Reason) -> i32 {
    match reason.verdict() {
        Verdict::Pass => TC_ACT_UNSPEC,
        Verdict::Drop => TC_ACT_SHOT,
        // SAFETY: the helper takes numbers only; it notes where the packet is to leave.
        Verdict::Transmit => unsafe { bpf_redirect(packet.ifindex(), 0) as i32 },
    }
}
