//! The only access to the octets of a packet; all of it is checked against the packet's end.
#![expect(
    unsafe_code,
    reason = "the packet's bounds are raw addresses in the context; this file turns them into arrays"
)]

use aya_ebpf::helpers::{bpf_xdp_get_buff_len, bpf_xdp_load_bytes};
use aya_ebpf::programs::XdpContext;

/// The packet in work. Offsets count from its first octet.
pub(crate) struct Packet {
    context: XdpContext,
}

impl Packet {
    #[inline(always)]
    pub(crate) const fn new(context: XdpContext) -> Self {
        Self { context }
    }

    /// What the log macros want.
    #[inline(always)]
    pub(crate) const fn context(&self) -> &XdpContext {
        &self.context
    }

    /// Interface that the packet came in by.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the context holds 32 bits")]
    pub(crate) fn ifindex(&self) -> u32 {
        self.context.ingress_ifindex() as u32
    }

    /// Octets of the packet, those behind its linear part included.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        // SAFETY: the helper reads the context, which lives as long as the program runs.
        let len = unsafe { bpf_xdp_get_buff_len(self.context.ctx) };
        len as usize
    }

    /// `N` octets in place; `None` where they are not in the linear part.
    #[inline(always)]
    pub(crate) fn array<const N: usize>(&self, at: usize) -> Option<&[u8; N]> {
        // SAFETY: `start` says that `N` octets of the packet begin there. Arrays of octets have
        // no alignment, and `&self` keeps `array_mut` away.
        self.start::<N>(at).map(|start| unsafe { &*start })
    }

    /// `N` octets in place, to be rewritten.
    #[inline(always)]
    pub(crate) fn array_mut<const N: usize>(&mut self, at: usize) -> Option<&mut [u8; N]> {
        // SAFETY: as in `array`; `&mut self` makes the reference the only one.
        self.start::<N>(at).map(|start| unsafe { &mut *start })
    }

    /// A copy of `N` octets, wherever they are.
    #[inline(always)]
    pub(crate) fn copy<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        if let Some(octets) = self.array(at) {
            return Some(*octets);
        }
        let mut octets = [0; N];
        let offset = u32::try_from(at).ok()?;
        // SAFETY: the helper writes at most `N` octets to the array, or nothing and fails.
        let error = unsafe {
            bpf_xdp_load_bytes(
                self.context.ctx,
                offset,
                octets.as_mut_ptr().cast(),
                N as u32,
            )
        };
        (error == 0).then_some(octets)
    }

    #[inline(always)]
    fn start<const N: usize>(&self, at: usize) -> Option<*mut [u8; N]> {
        let start = self.context.data() + at;
        (start + N <= self.context.data_end()).then_some(start as *mut [u8; N])
    }
}
