//! Filters for the advert socket: what is of no consequence never wakes us.
//!
//! Where there is a data path, its program decides (`attach`). This classic one is for a daemon
//! without.
#![expect(
    unsafe_code,
    reason = "one socket option without a safe wrapper among the crates in use"
)]

use std::collections::BTreeMap;

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use ha_common::{Family, Priority, Vrid};
use socket2::SockFilter;

/// Octets of a packet to keep: all of it.
const WHOLE: u32 = u32::MAX;
/// Offsets behind the IP header.
const VRID: u32 = 1;
const PRIORITY: u32 = 2;
/// Of adverts that are shed, one in this many is heard all the same. A power of two.
const SAMPLE: u32 = 64;
/// Where a filter reads a random number.
const RANDOM: u32 = (libc::SKF_AD_OFF + libc::SKF_AD_RANDOM).cast_unsigned();

/// VRIDs to hear, each with the priority below which its adverts are shed.
///
/// Shedding is for a flood: such an advert is no sign of life of an Active router, so that to hear
/// one in 64 is enough. Nothing is below [`Priority::LEAVING`], and an advert with that
/// priority is never shed.
pub type Rules = BTreeMap<Vrid, Priority>;

/// Builds the filter that accepts adverts as `rules` say, as a raw socket of `family` sees them, and
/// nothing else.
#[must_use]
pub(super) fn program(family: Family, rules: &Rules) -> Vec<SockFilter> {
    let mut program = vec![
        // X = length of the IP header, A = VRID.
        match family {
            Family::Ipv4 => op(libc::BPF_LDX | libc::BPF_B | libc::BPF_MSH, 0),
            // The socket sees none.
            Family::Ipv6 => op(libc::BPF_LDX | libc::BPF_IMM, 0),
        },
        op(libc::BPF_LD | libc::BPF_B | libc::BPF_IND, VRID),
    ];
    for (vrid, shed_below) in rules {
        if *shed_below == Priority::LEAVING {
            program.extend(accept(*vrid));
        } else {
            program.extend(shed(*vrid, *shed_below));
        }
    }
    program.push(REJECT);
    program
}

/// Makes `program` the filter of `socket`, in the place of any other.
pub(super) fn attach(socket: impl AsFd, program: BorrowedFd<'_>) -> io::Result<()> {
    let program = program.as_raw_fd();
    // SAFETY: the kernel reads one integer, which lives through the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_BPF,
            (&raw const program).cast(),
            size_of_val(&program) as libc::socklen_t,
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

const ACCEPT: SockFilter = op(libc::BPF_RET | libc::BPF_K, WHOLE);
const REJECT: SockFilter = op(libc::BPF_RET | libc::BPF_K, 0);

fn accept(vrid: Vrid) -> [SockFilter; 2] {
    [jump(libc::BPF_JEQ, vrid.get().into(), 0, 1), ACCEPT]
}

/// Jumps count the instructions that they skip.
fn shed(vrid: Vrid, below: Priority) -> [SockFilter; 8] {
    [
        jump(libc::BPF_JEQ, vrid.get().into(), 0, 7),
        op(libc::BPF_LD | libc::BPF_B | libc::BPF_IND, PRIORITY),
        jump(libc::BPF_JEQ, Priority::LEAVING.get().into(), 3, 0),
        jump(libc::BPF_JGE, below.get().into(), 2, 0),
        op(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, RANDOM),
        jump(libc::BPF_JSET, SAMPLE - 1, 1, 0),
        ACCEPT,
        REJECT,
    ]
}

const fn op(code: u32, operand: u32) -> SockFilter {
    SockFilter::new(code as u16, 0, 0, operand)
}

const fn jump(condition: u32, operand: u32, then: u8, otherwise: u8) -> SockFilter {
    let code = libc::BPF_JMP | condition | libc::BPF_K;
    SockFilter::new(code as u16, then, otherwise, operand)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::os::unix::net::UnixDatagram;

    use socket2::SockRef;

    use super::*;

    /// The kernel's filter machine, fed with headers of adverts.
    struct Machine {
        near: UnixDatagram,
        far: UnixDatagram,
        family: Family,
    }

    impl Machine {
        fn new(family: Family, rules: impl IntoIterator<Item = (u8, u8)>) -> Self {
            let rule = |(id, below)| (vrid(id), Priority::new(below));
            let rules = rules.into_iter().map(rule).collect();
            let (near, far) = UnixDatagram::pair().expect("socketpair");
            SockRef::from(&far)
                .attach_filter(&program(family, &rules))
                .expect("the kernel takes the filter");
            far.set_nonblocking(true).expect("nonblocking");
            Self { near, far, family }
        }

        fn accepts(&self, vrid: u8, priority: u8) -> bool {
            // An IP header with one word of options, then VRRP.
            let mut packet = [0; 32];
            (packet[0], packet[24]) = (0x46, 0x21);
            (packet[25], packet[26]) = (vrid, priority);
            let seen = match self.family {
                Family::Ipv4 => &packet[..],
                Family::Ipv6 => &packet[24..],
            };
            // A unix socket tells the sender of a packet that the filter takes away.
            let _ = self.near.send(seen);
            match self.far.recv(&mut packet) {
                Ok(_) => true,
                Err(error) if error.kind() == ErrorKind::WouldBlock => false,
                Err(error) => panic!("{error}"),
            }
        }
    }

    const FAMILIES: [Family; 2] = [Family::Ipv4, Family::Ipv6];

    fn vrid(id: u8) -> Vrid {
        Vrid::new(id).expect("a VRID")
    }

    #[test]
    fn hears_its_vrids_and_no_others() {
        for ids in [
            vec![],
            vec![51],
            vec![1, 2, 51, 200, 255],
            (1..=255).collect(),
        ] {
            for family in FAMILIES {
                let machine = Machine::new(family, ids.iter().map(|id| (*id, 0)));
                let heard: Vec<u8> = (0..=255).filter(|id| machine.accepts(*id, 1)).collect();
                assert_eq!(heard, ids);
            }
        }
    }

    #[test]
    fn sheds_most_of_what_is_below_a_priority_and_nothing_else() {
        for (family, id) in FAMILIES.into_iter().zip([1, 255]) {
            let machine = Machine::new(family, (1..=255).map(|id| (id, 100)));
            assert!((100..=255).all(|priority| machine.accepts(id, priority)));
            assert!(
                (0..50).all(|_| machine.accepts(id, 0)),
                "farewells are heard"
            );
            let heard = (0..12_800).filter(|_| machine.accepts(id, 99)).count();
            assert!(
                (100..400).contains(&heard),
                "one in 64 of 12800 is 200: {heard}"
            );
        }
    }
}
