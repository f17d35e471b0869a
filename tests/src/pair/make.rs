//! Which daemon, and how it is told to work.

use std::fmt;

use anyhow::Result;

use crate::lab::{Software, Tools};

/// What a printed page may have where a blank was typed.
const NO_BREAK_SPACE: char = '\u{a0}';

/// Added after the printed text, which stays as it is.
const WITHOUT_XDP: &str = "\nxdp {\n    mode off\n}\n";

/// A daemon, and for ours how it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    /// Debian's keepalived: what we are compared with.
    Keepalived,
    /// vipd as it comes: `mode auto`.
    Vipd,
    /// vipd with `xdp { mode off }`.
    VipdWithoutXdp,
}

impl Make {
    /// The reference first.
    pub const ALL: [Self; 3] = [Self::Keepalived, Self::Vipd, Self::VipdWithoutXdp];

    /// The program.
    ///
    /// # Errors
    /// When `cargo xtask` did not say where it is.
    pub fn software(self) -> Result<Software> {
        match self {
            Self::Keepalived => Tools::keepalived(),
            Self::Vipd | Self::VipdWithoutXdp => Tools::vipd(),
        }
    }

    /// `printed`, and for [`Self::VipdWithoutXdp`] a block after it. keepalived takes a no-break
    /// space for a part of a word, so it gets blanks.
    #[must_use]
    pub fn configuration(self, printed: &str) -> String {
        match self {
            Self::Keepalived => printed.replace(NO_BREAK_SPACE, " "),
            Self::Vipd => printed.to_owned(),
            Self::VipdWithoutXdp => format!("{printed}{WITHOUT_XDP}"),
        }
    }

    /// Whether its data path decides who is answered.
    #[must_use]
    pub fn has_data_path(self) -> bool {
        self == Self::Vipd
    }
}

impl fmt::Display for Make {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keepalived => "keepalived",
            Self::Vipd => "vipd, mode auto",
            Self::VipdWithoutXdp => "vipd, mode off",
        })
    }
}
