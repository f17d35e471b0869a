//! Adverts that no director has sent.

use std::net::Ipv4Addr;

use anyhow::Result;
use ha_common::wire::vrrp::{Authentication, Version};

use crate::lab::Mac;
use crate::watched::{Pair, VIP, VRID};
use crate::xdp::frame::Advert;

/// Last octet of the VRRP header's checksum, in a frame.
const CHECKSUM: usize = 14 + 20 + 7;
/// Source MAC in a frame.
const SOURCE_MAC: std::ops::Range<usize> = 6..12;
/// Above every director.
const HIGHEST_BUT_ONE: u8 = 254;
/// Below every director.
const LOWEST: u8 = 1;

/// What is wrong with a forged advert; everything else is as the Backup director expects it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Forgery {
    /// For a router that nobody has
    WrongVrid,
    /// Checksum that does not fit
    BadChecksum,
    /// TTL 64
    Ttl,
    /// Nothing but its priority, which is the lowest
    LowPriority,
    /// The other version of VRRP
    WrongVersion,
    /// A password where none is configured; version 2 only
    WrongAuth,
    /// Priority 254 from a stranger, and a checksum that does not fit
    BadHighPriority,
    /// Source address of the Backup director
    OwnSource,
    /// Fewer addresses than it counts
    WrongLength,
    /// What the Active director has sent before
    Replayed,
}

impl Forgery {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::WrongVrid,
        Self::BadChecksum,
        Self::Ttl,
        Self::LowPriority,
        Self::WrongVersion,
        Self::WrongAuth,
        Self::BadHighPriority,
        Self::OwnSource,
        Self::WrongLength,
        Self::Replayed,
    ];

    /// For people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongVrid => "wrong VRID",
            Self::BadChecksum => "bad checksum",
            Self::Ttl => "TTL 64",
            Self::LowPriority => "low priority",
            Self::WrongVersion => "wrong version",
            Self::WrongAuth => "wrong auth",
            Self::BadHighPriority => "bad, priority 254",
            Self::OwnSource => "own source",
            Self::WrongLength => "wrong length",
            Self::Replayed => "replayed",
        }
    }

    /// Whether `version` of VRRP can be forged like that.
    #[must_use]
    pub fn is_of(self, version: u8) -> bool {
        self != Self::WrongAuth || version == 2
    }

    /// The frame, as the stranger of `pair` sends it.
    ///
    /// # Errors
    /// Without a stranger.
    pub fn frame<const N: usize>(self, pair: &Pair<N>) -> Result<Vec<u8>> {
        let advert = stranger(pair)?;
        let frame = match self {
            Self::LowPriority => advert.frame(),
            Self::WrongVrid => of_another_router(advert).frame(),
            Self::BadChecksum => with_bad_checksum(advert.frame()),
            Self::Ttl => Advert { ttl: 64, ..advert }.frame(),
            Self::WrongVersion => of_another_version(advert).frame(),
            Self::WrongAuth => with_password(advert).frame(),
            Self::BadHighPriority => {
                with_bad_checksum(with_priority(advert, HIGHEST_BUT_ONE).frame())
            }
            Self::OwnSource => from(advert, Pair::<N>::address(N - 1)).frame(),
            Self::WrongLength => advert.frame_with(3, 2),
            Self::Replayed => {
                let active = with_priority(advert, pair.setup().priorities[0]);
                from(active, Pair::<N>::address(0)).frame()
            }
        };
        sent_by_stranger(pair, frame)
    }
}

/// A valid advert of `pair`'s stranger: as a director would send it, of the lowest priority.
///
/// # Errors
/// Without a stranger.
pub fn stranger<const N: usize>(pair: &Pair<N>) -> Result<Advert> {
    let setup = pair.setup();
    let (source, _) = pair.stranger()?;
    let version = match setup.version {
        2 => Version::V2(Authentication::NONE),
        _ => Version::V3,
    };
    Ok(Advert {
        pseudo_header: setup.version != 2,
        version,
        vrid: VRID,
        priority: LOWEST,
        interval: setup.interval(),
        source: source.octets(),
        addresses: vec![VIP.octets()],
        ..Advert::default()
    })
}

/// `frame` with the MAC of `pair`'s stranger as its source, so that the bridge is not misled.
///
/// # Errors
/// Without a stranger.
pub fn sent_by_stranger<const N: usize>(pair: &Pair<N>, mut frame: Vec<u8>) -> Result<Vec<u8>> {
    let (_, Mac(mac)) = pair.stranger()?;
    frame[SOURCE_MAC].copy_from_slice(&mac);
    Ok(frame)
}

fn of_another_router(advert: Advert) -> Advert {
    Advert {
        vrid: VRID + 1,
        priority: HIGHEST_BUT_ONE,
        ..advert
    }
}

fn of_another_version(advert: Advert) -> Advert {
    let (version, pseudo_header) = match advert.version {
        Version::V2(_) => (Version::V3, true),
        Version::V3 => (Version::V2(Authentication::NONE), false),
    };
    Advert {
        version,
        pseudo_header,
        priority: HIGHEST_BUT_ONE,
        ..advert
    }
}

fn with_password(advert: Advert) -> Advert {
    Advert {
        version: Version::V2(Authentication::plain_text(*b"stranger")),
        priority: HIGHEST_BUT_ONE,
        ..advert
    }
}

fn with_priority(advert: Advert, priority: u8) -> Advert {
    Advert { priority, ..advert }
}

fn from(advert: Advert, source: Ipv4Addr) -> Advert {
    Advert {
        source: source.octets(),
        ..advert
    }
}

fn with_bad_checksum(mut frame: Vec<u8>) -> Vec<u8> {
    frame[CHECKSUM] ^= 0x55;
    frame
}
