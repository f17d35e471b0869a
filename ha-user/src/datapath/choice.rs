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

/// The driver of both ends of a virtual Ethernet cable.
pub(super) const VETH: &str = "veth";

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

/// What the other end of a veth does with frames that XDP sends to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OtherEnd {
    /// It runs an XDP program in native mode, without which veth loses them.
    RunsXdp,
    /// It runs none.
    RunsNone,
    /// It cannot be looked at; why.
    Unknown(String),
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

/// Chooses for an interface with `driver`; `other_end` of a veth.
pub(super) fn choose(driver: Option<&str>, other_end: &OtherEnd) -> Choice {
    let (mode, why) = match driver {
        Some(VETH) => return choose_for_veth(other_end),
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

fn choose_for_veth(other_end: &OtherEnd) -> Choice {
    let (mode, why) = match other_end {
        OtherEnd::RunsXdp => (
            Mode::Native,
            "the other end of this veth runs XDP, so replies arrive there".to_owned(),
        ),
        OtherEnd::RunsNone => (
            Mode::Tc,
            "the other end of this veth runs no XDP and would lose native replies; attach one \
             there that passes everything, then restart, for native mode"
                .to_owned(),
        ),
        OtherEnd::Unknown(why) => (
            Mode::Tc,
            format!("whether the other end of this veth runs XDP cannot be seen: {why}"),
        ),
    };
    Choice::new(mode, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(driver: Option<&str>, other_end: &OtherEnd) -> Mode {
        choose(driver, other_end).mode
    }

    #[test]
    fn known_drivers_run_natively_and_others_do_not() {
        assert_eq!(mode(Some("ice"), &OtherEnd::RunsNone), Mode::Native);
        assert_eq!(mode(Some("e1000"), &OtherEnd::RunsNone), Mode::Tc);
        assert_eq!(mode(None, &OtherEnd::RunsNone), Mode::Tc);
    }

    #[test]
    fn a_veth_depends_on_its_other_end() {
        let unknown = OtherEnd::Unknown("no right".into());
        assert_eq!(mode(Some(VETH), &OtherEnd::RunsXdp), Mode::Native);
        assert_eq!(mode(Some(VETH), &OtherEnd::RunsNone), Mode::Tc);
        assert_eq!(mode(Some(VETH), &unknown), Mode::Tc);
        assert!(choose(Some(VETH), &unknown).why.contains("no right"));
    }
}
