//! Which attach mode lets replies that XDP sends really arrive.

use std::fmt;

use super::xdp::Layer;

/// Drivers whose native mode is known to send XDP's replies (XDP_TX), as `ethtool -i` names them.
const KNOWN_TO_TRANSMIT: &[&str] = &[
    "bnxt_en",
    "ena",
    "gve",
    "i40e",
    "ice",
    "igb",
    "igc",
    "ixgbe",
    "ixgbevf",
    "mana",
    "mlx4_en",
    "mlx5_core",
    "mvneta",
    "mvpp2",
    "nfp",
    "qede",
    "sfc",
    "virtio_net",
    "vmxnet3",
];

/// The driver of both ends of a virtual Ethernet cable. In native mode it makes segments of its own
/// MTU again of what it would have handed on in one piece, and loses replies unless its other end
/// runs XDP, too.
const VETH: &str = "veth";

/// Where in the kernel the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In the driver, before the packet becomes a socket buffer.
    Native,
    /// In the kernel's generic hook, behind the driver: on every interface, at a higher cost.
    Generic,
    /// At the tc hook, where the packet is a socket buffer: on every interface, for less than
    /// generic costs the traffic of others.
    Tc,
}

impl Mode {
    /// Name in the configuration and in `vipctl status`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Generic => "generic",
            Self::Tc => "tc",
        }
    }

    /// Where at the XDP hook; `None` at the tc hook.
    pub(super) const fn layer(self) -> Option<Layer> {
        match self {
            Self::Native => Some(Layer::Driver),
            Self::Generic => Some(Layer::Generic),
            Self::Tc => None,
        }
    }

    /// How logs and people call it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Native => "native XDP",
            Self::Generic => "generic XDP",
            Self::Tc => "tc",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// A mode, and why it is that one, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) mode: Mode,
    pub(super) why: String,
}

impl Choice {
    pub(super) const fn new(mode: Mode, why: String) -> Self {
        Self { mode, why }
    }
}

/// Chooses for an interface with `driver`, which may hide from XDP for which VLAN a packet is.
pub(super) fn choose(driver: Option<&str>, hides_vlans: bool) -> Choice {
    let (mode, why) = match driver {
        Some(VETH) => (
            Mode::Tc,
            "native XDP would cost the other traffic of a veth most of its speed".to_owned(),
        ),
        Some(driver) if KNOWN_TO_TRANSMIT.contains(&driver) && hides_vlans => (
            Mode::Tc,
            "VLANs lie on the interface, and its card takes their tags off before native XDP sees \
             them; `ethtool -K DEV rxvlan off` leaves them on"
                .to_owned(),
        ),
        Some(driver) if KNOWN_TO_TRANSMIT.contains(&driver) => (
            Mode::Native,
            format!("driver {driver} is known to send XDP's replies"),
        ),
        Some(driver) => (
            Mode::Tc,
            format!(
                "driver {driver} is not known to send XDP's replies; `mode native` in xdp {{ }} \
                 insists"
            ),
        ),
        None => (
            Mode::Tc,
            "the interface has no driver that could run XDP".to_owned(),
        ),
    };
    Choice::new(mode, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_drivers_that_are_known_good_run_natively() {
        let mode = |driver| choose(driver, false).mode;
        assert_eq!(mode(Some("ice")), Mode::Native);
        assert_eq!(mode(Some("e1000")), Mode::Tc);
        assert_eq!(mode(Some(VETH)), Mode::Tc);
        assert_eq!(mode(None), Mode::Tc);
    }

    #[test]
    fn nothing_runs_natively_where_it_would_not_see_for_which_vlan_a_packet_is() {
        let choice = choose(Some("ice"), true);
        assert_eq!(choice.mode, Mode::Tc);
        assert!(choice.why.contains("rxvlan off"), "{}", choice.why);
    }
}
