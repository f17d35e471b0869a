//! A packet at the tc hooks, where it is a socket buffer.

use aya_ebpf::helpers::{bpf_skb_change_head, bpf_skb_change_tail, bpf_skb_load_bytes};
use aya_ebpf::programs::TcContext;

use super::{Packet, length_within};
use crate::maps;

/// Longest run of headers that the judge reads in place: Ethernet, two VLAN tags, IPv4 with all
/// options, TCP without.
const HEADERS: u32 = 14 + 2 * 4 + 60 + 20;

pub(crate) struct TcPacket {
    context: TcContext,
}

impl TcPacket {
    /// Has the kernel bring the headers together, should they be in pieces.
    #[inline(always)]
    pub(crate) fn new(context: TcContext) -> Self {
        let linear = (context.data_end() - context.data()) as u32;
        if linear < HEADERS && linear < context.len() {
            // Without memory they stay apart, and the packet is none that we understand.
            let _ = context.pull_data(HEADERS.min(context.len()));
        }
        Self { context }
    }
}

impl Packet for TcPacket {
    type Context = TcContext;

    #[inline(always)]
    fn context(&self) -> &TcContext {
        &self.context
    }

    #[inline(always)]
    fn ifindex(&self) -> u32 {
        // SAFETY: the context lives as long as the program runs.
        unsafe { (*self.context.skb.skb).ifindex }
    }

    #[inline(always)]
    fn len(&self) -> usize {
        self.context.len() as usize
    }

    #[inline(always)]
    fn lost_tag(&self) -> Option<u16> {
        // SAFETY: as in `ifindex`.
        let (present, control) = unsafe {
            let context = self.context.skb.skb;
            ((*context).vlan_present, (*context).vlan_tci)
        };
        (present != 0).then_some(control as u16)
    }

    #[inline(always)]
    fn linear_part(&self) -> (usize, usize) {
        (self.context.data(), self.context.data_end())
    }

    #[inline(always)]
    fn load<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        let mut octets = [0; N];
        let offset = u32::try_from(at).ok()?;
        // SAFETY: the helper writes `N` octets to the array, or fails.
        let error = unsafe {
            bpf_skb_load_bytes(
                self.context.skb.skb.cast(),
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
        // SAFETY: the helper writes `length` octets to the array, or fails.
        let error = unsafe {
            bpf_skb_load_bytes(
                self.context.skb.skb.cast(),
                0,
                room.as_mut_ptr().cast(),
                length,
            )
        };
        error == 0
    }

    /// Through a helper: a program that writes in place would have the kernel copy every packet
    /// that shares its octets, as all of TCP's do.
    #[inline(always)]
    fn rewrite<const N: usize>(
        &mut self,
        at: usize,
        write: impl FnOnce(&mut [u8; N]),
    ) -> Option<()> {
        let octets = maps::scratch()?;
        write(octets);
        self.context.store(at, octets, 0).ok()
    }

    #[inline(always)]
    fn cut(&mut self, len: usize) -> Option<()> {
        let len = u32::try_from(len).ok()?;
        // SAFETY: the helper moves the packet's end. What was read of the packet before is not
        // used after: `&mut self`.
        let error = unsafe { bpf_skb_change_tail(self.context.skb.skb, len, 0) };
        (error == 0).then_some(())
    }

    #[inline(always)]
    fn grow_front<const N: usize>(&mut self) -> Option<()> {
        // SAFETY: as in `cut`, of its start.
        let error = unsafe { bpf_skb_change_head(self.context.skb.skb, N as u32, 0) };
        (error == 0).then_some(())
    }

    /// Only the helper that changes checksums knows: it leaves alone what is yet to be summed. So
    /// it is told the difference to what stands there.
    #[inline(always)]
    fn leave_open(&mut self, at: usize, open: u16) -> Option<()> {
        let closed = u16::from_ne_bytes(self.load(at)?);
        let open = open.to_be();
        self.context.store(at, &open, 0).ok()?;
        let difference = u64::from(!closed) + u64::from(open);
        self.context.l4_csum_replace(at, 0, difference, 0).ok()
    }
}
