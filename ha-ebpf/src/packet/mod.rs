//! The only access to the octets of a packet; all of it is checked against the packet's end. The
//! judge is written once, for any [`Packet`].
#![expect(
    unsafe_code,
    reason = "a packet's bounds are raw addresses in its context; these files turn them into arrays"
)]

mod tc;
mod xdp;

use core::hint::black_box;

use aya_ebpf::EbpfContext;

pub(crate) use tc::TcPacket;
pub(crate) use xdp::XdpPacket;

/// The packet in work, at whichever hook. Offsets count from its first octet.
pub(crate) trait Packet {
    /// What the kernel hands to a program at this hook.
    type Context: EbpfContext;

    /// What the log macros want.
    fn context(&self) -> &Self::Context;

    /// Interface that the packet came in by, or leaves by.
    fn ifindex(&self) -> u32;

    /// Octets of the packet, those behind its linear part included.
    fn len(&self) -> usize;

    /// Control word of the VLAN tag that was taken off the packet before this hook, or is to be put on
    /// behind it; `None` if there is none, as far as the hook is told.
    fn lost_tag(&self) -> Option<u16>;

    /// Addresses of the linear part: its first octet, and one past its last.
    fn linear_part(&self) -> (usize, usize);

    /// Reads octets wherever they are; `None` behind the end.
    fn load<const N: usize>(&self, at: usize) -> Option<[u8; N]>;

    /// Copies the first `length` octets to `room`; `false` if that is none, or more than there are.
    fn copy_out<const N: usize>(&self, room: &mut [u8; N], length: usize) -> bool;

    /// Lets `write` fill `N` octets anew, all of them; `None` where they are not in the packet's
    /// linear part.
    fn rewrite<const N: usize>(
        &mut self,
        at: usize,
        write: impl FnOnce(&mut [u8; N]),
    ) -> Option<()>;

    /// Cuts the packet to its first `len` octets, of which it has at least so many. Whoever does
    /// that, or what follows, must not let the packet go on: it is an answer, or ends.
    fn cut(&mut self, len: usize) -> Option<()>;

    /// Puts `N` octets in front of the packet, of any content.
    fn grow_front<const N: usize>(&mut self) -> Option<()>;

    /// Replaces the checksum at `at` by `open` if the kernel is yet to fill in a checksum of this
    /// packet, which a sender on this machine has left to the network card.
    fn leave_open(&mut self, at: usize, open: u16) -> Option<()>;

    /// `N` octets in place; `None` where they are not in the linear part.
    #[inline(always)]
    fn array<const N: usize>(&self, at: usize) -> Option<&[u8; N]> {
        // SAFETY: `start` says that `N` octets of the packet begin there. Arrays of octets have
        // no alignment, and `&self` keeps `rewrite` away.
        start::<N>(self.linear_part(), at).map(|start| unsafe { &*start })
    }

    /// A copy of `N` octets, wherever they are.
    #[inline(always)]
    fn copy<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        match self.array(at) {
            Some(octets) => Some(*octets),
            None => self.load(at),
        }
    }
}

/// `length` as a helper takes it that fills an array of `N` octets; `None` if that is none, or more.
///
/// The compiler must not see that this is `length` again, or it tests that for 0, from which the
/// verifier learns nothing before Linux 6.8.
#[inline(always)]
fn length_within<const N: usize>(length: usize) -> Option<u32> {
    let last = black_box(length.wrapping_sub(1));
    if last >= N {
        return None;
    }
    u32::try_from(last + 1).ok()
}

#[inline(always)]
fn start<const N: usize>((data, end): (usize, usize), at: usize) -> Option<*mut [u8; N]> {
    let start = data + at;
    (start + N <= end).then_some(start as *mut [u8; N])
}
