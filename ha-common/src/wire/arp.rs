//! ARP for IPv4 over Ethernet (RFC 826, RFC 5227).

use super::{ParseError, at_least, ethernet, octets, put, word};

/// Octets of a packet.
pub const PACKET_LEN: usize = 28;

mod field {
    pub(super) const HARDWARE: usize = 0;
    pub(super) const OPERATION: usize = 6;
    pub(super) const SENDER_MAC: usize = 8;
    pub(super) const SENDER_IP: usize = 14;
    pub(super) const TARGET_MAC: usize = 18;
    pub(super) const TARGET_IP: usize = 24;

    /// Hardware type Ethernet, protocol type IPv4, and their address lengths.
    pub(super) const ETHERNET_IPV4: [u8; 6] = [0, 1, 8, 0, 6, 4];
}

/// What an ARP packet wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Who has the target address? Also how hosts announce and probe addresses.
    Request,
    /// The sender has the sender address.
    Reply,
}

impl Operation {
    #[inline(always)]
    const fn from_wire(value: u16) -> Option<Self> {
        match value {
            1 => Some(Self::Request),
            2 => Some(Self::Reply),
            _ => None,
        }
    }

    #[inline(always)]
    const fn to_wire(self) -> u16 {
        match self {
            Self::Request => 1,
            Self::Reply => 2,
        }
    }
}

/// View of a packet.
///
/// ```text
/// | hardware type (2) | protocol type (2) | lengths (1 + 1) | operation (2) |
/// | sender MAC (6) | sender IP (4) | target MAC (6) | target IP (4) |
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Packet<T>(T);

impl<T: AsRef<[u8]>> Packet<T> {
    /// # Errors
    /// [`ParseError::Truncated`] below [`PACKET_LEN`].
    #[inline(always)]
    pub fn new_checked(buffer: T) -> Result<Self, ParseError> {
        at_least(buffer, PACKET_LEN).map(Self)
    }

    /// Whether the packet maps IPv4 to Ethernet addresses.
    #[inline(always)]
    pub fn is_ethernet_ipv4(&self) -> bool {
        octets(self.0.as_ref(), field::HARDWARE) == field::ETHERNET_IPV4
    }

    /// What it wants; `None` for operations other than request and reply.
    #[inline(always)]
    pub fn operation(&self) -> Option<Operation> {
        Operation::from_wire(word(self.0.as_ref(), field::OPERATION))
    }

    /// Hardware address of the sender.
    #[inline(always)]
    pub fn sender_mac(&self) -> [u8; ethernet::ADDRESS_LEN] {
        octets(self.0.as_ref(), field::SENDER_MAC)
    }

    /// Address of the sender; 0.0.0.0 in a probe (RFC 5227 section 2.1.1).
    #[inline(always)]
    pub fn sender_ip(&self) -> [u8; 4] {
        octets(self.0.as_ref(), field::SENDER_IP)
    }

    /// Hardware address of the target; without meaning in a request.
    #[inline(always)]
    pub fn target_mac(&self) -> [u8; ethernet::ADDRESS_LEN] {
        octets(self.0.as_ref(), field::TARGET_MAC)
    }

    /// Address asked for.
    #[inline(always)]
    pub fn target_ip(&self) -> [u8; 4] {
        octets(self.0.as_ref(), field::TARGET_IP)
    }
}

/// Meaning of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repr {
    /// What it wants.
    pub operation: Operation,
    /// Hardware address of the sender.
    pub sender_mac: [u8; ethernet::ADDRESS_LEN],
    /// Address of the sender.
    pub sender_ip: [u8; 4],
    /// Hardware address of the target.
    pub target_mac: [u8; ethernet::ADDRESS_LEN],
    /// Address of the target.
    pub target_ip: [u8; 4],
}

impl Repr {
    /// The announcement "`ip` is at `mac`", as keepalived sends it: a broadcast request for the
    /// own address (RFC 5227 section 3).
    #[must_use]
    pub const fn announcement(mac: [u8; ethernet::ADDRESS_LEN], ip: [u8; 4]) -> Self {
        Self {
            operation: Operation::Request,
            sender_mac: mac,
            sender_ip: ip,
            target_mac: ethernet::BROADCAST,
            target_ip: ip,
        }
    }

    /// # Errors
    /// [`ParseError::AddressSpace`] or [`ParseError::Type`].
    #[inline(always)]
    pub fn parse<T: AsRef<[u8]>>(packet: &Packet<T>) -> Result<Self, ParseError> {
        if !packet.is_ethernet_ipv4() {
            return Err(ParseError::AddressSpace);
        }
        Ok(Self {
            operation: packet.operation().ok_or(ParseError::Type)?,
            sender_mac: packet.sender_mac(),
            sender_ip: packet.sender_ip(),
            target_mac: packet.target_mac(),
            target_ip: packet.target_ip(),
        })
    }

    /// Octets that [`Self::emit`] writes.
    #[must_use]
    pub const fn buffer_len(&self) -> usize {
        PACKET_LEN
    }

    /// Writes the packet to the front of `buffer`, which has room for it.
    #[inline(always)]
    pub fn emit(&self, buffer: &mut [u8]) {
        put(buffer, field::HARDWARE, field::ETHERNET_IPV4);
        put(
            buffer,
            field::OPERATION,
            self.operation.to_wire().to_be_bytes(),
        );
        put(buffer, field::SENDER_MAC, self.sender_mac);
        put(buffer, field::SENDER_IP, self.sender_ip);
        put(buffer, field::TARGET_MAC, self.target_mac);
        put(buffer, field::TARGET_IP, self.target_ip);
    }
}
