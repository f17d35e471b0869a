//! From a reason to what the kernel does.

use aya_ebpf::bindings::xdp_action;
use ha_common::Reason;
use ha_common::reason::Verdict;

/// The XDP action that `reason` stands for.
#[inline(always)]
pub(crate) const fn action(reason: Reason) -> u32 {
    match reason.verdict() {
        Verdict::Pass => xdp_action::XDP_PASS,
        Verdict::Drop => xdp_action::XDP_DROP,
        Verdict::Transmit => xdp_action::XDP_TX,
    }
}
