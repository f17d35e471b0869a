//! A packet at the XDP hook.

use aya_ebpf::helpers::{
    bpf_xdp_adjust_head, bpf_xdp_adjust_tail, bpf_xdp_get_buff_len, bpf_xdp_load_bytes,
};
use aya_ebpf::programs::XdpContext;

use super::{Packet, length_within, start};

pub(crate) struct XdpPacket {
    context: XdpContext,
}

impl XdpPacket {
    #[inline(always)]
    pub(crate) const fn new(context: XdpContext) -> Self {
        Self { context }
    }
}

impl Packet for XdpPacket {
    type Context = XdpContext;

    #[inline(always)]
    fn context(&self) -> &XdpContext {
        &self.context
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the context holds 32 bits")]
    fn ifindex(&self) -> u32 {
        self.context.ingress_ifindex() as u32
    }

    #[inline(always)]
    fn len(&self) -> usize {
        // SAFETY: the helper reads the context, which lives as long as the program runs.
        let len = unsafe { bpf_xdp_get_buff_len(self.context.ctx) };
        len as usize
    }

    /// XDP is not told of a tag that the network card has taken off.
    #[inline(always)]
    fn lost_tag(&self) -> Option<u16> {
        None
    }

    #[inline(always)]
    fn linear_part(&self) -> (usize, usize) {
        (self.context.data(), self.context.data_end())
    }

    #[inline(always)]
    fn load<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
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
    fn copy_out<const N: usize>(&self, room: &mut [u8; N], length: usize) -> bool {
        let Some(length) = length_within::<N>(length) else {
            return false;
        };
        let to = room.as_mut_ptr().cast();
        // SAFETY: the helper writes `length` octets to the array, or fails.
        let error = unsafe { bpf_xdp_load_bytes(self.context.ctx, 0, to, length) };
        error == 0
    }

    #[inline(always)]
    fn rewrite<const N: usize>(
        &mut self,
        at: usize,
        write: impl FnOnce(&mut [u8; N]),
    ) -> Option<()> {
        let start = start::<N>(self.linear_part(), at)?;
        // SAFETY: as in `Packet::array`; `&mut self` makes the reference the only one.
        write(unsafe { &mut *start });
        Some(())
    }

    #[inline(always)]
    fn cut(&mut self, len: usize) -> Option<()> {
        let change = len as i32 - self.len() as i32;
        // SAFETY: the helper moves the packet's end. What was read of the packet before is not
        // used after: `&mut self`.
        let error = unsafe { bpf_xdp_adjust_tail(self.context.ctx, change) };
        (error == 0).then_some(())
    }

    #[inline(always)]
    fn grow_front<const N: usize>(&mut self) -> Option<()> {
        // SAFETY: as in `cut`, of its start.
        let error = unsafe { bpf_xdp_adjust_head(self.context.ctx, -(N as i32)) };
        (error == 0).then_some(())
    }

    /// What native XDP sends has left all checksums behind, and generic XDP does not tell.
    #[inline(always)]
    fn leave_open(&mut self, _: usize, _: u16) -> Option<()> {
        Some(())
    }
}
