//! A classic BPF filter for the advert socket: adverts of other people's VRIDs never wake us.

use ha_common::Vrid;
use socket2::SockFilter;

/// Octets of a packet to keep: all of it.
const WHOLE: u32 = u32::MAX;

/// Offset of the VRID behind the IP header.
const VRID: u32 = 1;

/// Builds the filter that accepts adverts of `vrids` only, as a raw IPv4 socket sees them.
///
/// The set is a bitmap of 32-bit words, so the program's length is bounded by the eight words and
/// not by the number of routers:
///
/// ```text
/// X = header length; A = vrid
/// M[0] = A & 31; A = A >> 5
/// for every word that is not empty: if A == word { A = bits; goto test }
/// reject
/// test: A = (A >> M[0]) & 1; if A accept else reject
/// ```
#[must_use]
pub fn accept_only(vrids: impl IntoIterator<Item = Vrid>) -> Vec<SockFilter> {
    let words = bitmap(vrids);
    let used: Vec<_> = (0u32..).zip(words).filter(|(_, bits)| *bits != 0).collect();
    let mut program = load_vrid();
    for (position, (word, bits)) in used.iter().enumerate() {
        // Behind this block of three: the blocks that are left, and the `reject` before `test`.
        let to_test = 3 * (used.len() - 1 - position) + 1;
        program.extend([
            jump_if_equal(*word, 0, 2),
            op(libc::BPF_LD | libc::BPF_IMM, *bits),
            op(libc::BPF_JMP | libc::BPF_JA, to_test as u32),
        ]);
    }
    program.push(op(libc::BPF_RET | libc::BPF_K, 0));
    program.extend(test_bit());
    program
}

fn bitmap(vrids: impl IntoIterator<Item = Vrid>) -> [u32; 8] {
    let mut words = [0; 8];
    for vrid in vrids {
        words[usize::from(vrid.get() >> 5)] |= 1 << (vrid.get() & 31);
    }
    words
}

/// Leaves the bit's number in M\[0\] and the word's in A.
fn load_vrid() -> Vec<SockFilter> {
    vec![
        op(libc::BPF_LDX | libc::BPF_B | libc::BPF_MSH, 0),
        op(libc::BPF_LD | libc::BPF_B | libc::BPF_IND, VRID),
        op(libc::BPF_MISC | libc::BPF_TAX, 0),
        op(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, 31),
        op(libc::BPF_ST, 0),
        op(libc::BPF_MISC | libc::BPF_TXA, 0),
        op(libc::BPF_ALU | libc::BPF_RSH | libc::BPF_K, 5),
    ]
}

/// Accepts if bit M\[0\] of A is set.
fn test_bit() -> [SockFilter; 6] {
    [
        op(libc::BPF_LDX | libc::BPF_MEM, 0),
        op(libc::BPF_ALU | libc::BPF_RSH | libc::BPF_X, 0),
        op(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, 1),
        jump_if_equal(0, 1, 0),
        op(libc::BPF_RET | libc::BPF_K, WHOLE),
        op(libc::BPF_RET | libc::BPF_K, 0),
    ]
}

fn op(code: u32, operand: u32) -> SockFilter {
    SockFilter::new(code as u16, 0, 0, operand)
}

fn jump_if_equal(operand: u32, then: u8, otherwise: u8) -> SockFilter {
    let code = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    SockFilter::new(code as u16, then, otherwise, operand)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::os::unix::net::UnixDatagram;

    use socket2::SockRef;

    use super::*;

    /// Sends the header of an advert of each VRID through the kernel's filter machine.
    fn accepted(filter: &[SockFilter]) -> Vec<u8> {
        let (near, far) = UnixDatagram::pair().expect("socketpair");
        SockRef::from(&far).attach_filter(filter).expect("filter");
        far.set_nonblocking(true).expect("nonblocking");
        let mut heard = Vec::new();
        for vrid in 0..=255 {
            let mut packet = [0; 32];
            (packet[0], packet[24], packet[25]) = (0x46, 0x21, vrid);
            // A unix socket tells the sender of a packet that the filter takes away.
            let _ = near.send(&packet);
            match far.recv(&mut packet) {
                Ok(_) => heard.push(vrid),
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        }
        heard
    }

    fn vrids(ids: impl IntoIterator<Item = u8>) -> Vec<Vrid> {
        ids.into_iter().filter_map(Vrid::new).collect()
    }

    #[test]
    fn accepts_exactly_its_set() {
        for ids in [vec![], vec![51], vec![1, 31, 32, 33, 64, 200, 255]] {
            assert_eq!(accepted(&accept_only(vrids(ids.clone()))), ids);
        }
        let all: Vec<u8> = (1..=255).collect();
        assert_eq!(accepted(&accept_only(vrids(all.clone()))), all);
    }
}
