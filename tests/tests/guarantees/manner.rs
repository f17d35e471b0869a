//! Ways to configure directors that change nothing about who may answer.

use std::fmt;

use ha_tests::watched::{INTERFACE, Pair, Setup, VRID};

/// What a configuration has besides the [`Setup`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Nothing.
    Plain,
    /// Adverts to each peer's own address.
    Unicast,
    /// A password, which version 2 only has.
    Password,
    /// Other virtual routers on the same interface, some of them the other director's.
    Crowd,
}

/// Other virtual routers of [`Manner::Crowd`].
const OTHERS: u8 = 4;

impl Manner {
    /// Configuration of director `index`.
    pub(crate) fn config<const N: usize>(self, setup: &Setup<N>, index: usize) -> String {
        match self {
            Self::Plain => setup.config(index),
            Self::Unicast => setup.config_with(index, &unicast::<N>(index)),
            Self::Password => setup.config_with(index, PASSWORD),
            Self::Crowd => {
                let others = (1..=OTHERS).map(|number| other(setup, index, number));
                setup.config(index) + &others.collect::<String>()
            }
        }
    }
}

impl fmt::Display for Manner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "multicast",
            Self::Unicast => "unicast peers",
            Self::Password => "a password",
            Self::Crowd => "five routers on the interface",
        })
    }
}

const PASSWORD: &str =
    "    authentication {\n        auth_type PASS\n        auth_pass promised\n    }\n";

fn unicast<const N: usize>(index: usize) -> String {
    let own = Pair::<N>::address(index);
    let peers = (0..N).filter(|peer| *peer != index).map(Pair::<N>::address);
    let peers: String = peers.map(|peer| format!("        {peer}\n")).collect();
    format!("    unicast_src_ip {own}\n    unicast_peer {{\n{peers}    }}\n")
}

/// Another virtual router, of which every second one has its best director last.
fn other<const N: usize>(setup: &Setup<N>, index: usize, number: u8) -> String {
    let best_last = number % 2 == 1;
    let rank = if best_last { N - 1 - index } else { index };
    format!(
        "vrrp_instance VI_{} {{\n    state BACKUP\n    interface {INTERFACE}\n    \
             version {}\n    virtual_router_id {}\n    priority {}\n    advert_int {}\n    \
             virtual_ipaddress {{\n        192.0.2.{}/24\n    }}\n}}\n",
        number + 1,
        setup.version,
        VRID + number,
        setup.priorities[rank],
        setup.interval().as_secs_f64(),
        100 + number,
    )
}
