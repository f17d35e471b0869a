//! Services on virtual addresses, and what becomes of their packets while no server is healthy.

use super::word::Word;
use crate::wire::{ipv4, sctp, tcp, udp};

/// A protocol that services are told apart by: its header begins with two ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Transport {
    /// RFC 9293.
    Tcp = ipv4::PROTOCOL_TCP,
    /// RFC 768.
    Udp = ipv4::PROTOCOL_UDP,
    /// RFC 9260.
    Sctp = ipv4::PROTOCOL_SCTP,
}

impl Transport {
    /// The one with this protocol number of IPv4.
    #[must_use]
    #[inline(always)]
    pub const fn from_protocol(number: u8) -> Option<Self> {
        match number {
            ipv4::PROTOCOL_TCP => Some(Self::Tcp),
            ipv4::PROTOCOL_UDP => Some(Self::Udp),
            ipv4::PROTOCOL_SCTP => Some(Self::Sctp),
            _ => None,
        }
    }

    /// Octets of the shortest header.
    #[must_use]
    #[inline(always)]
    pub const fn header_len(self) -> usize {
        match self {
            Self::Tcp => tcp::HEADER_LEN,
            Self::Udp => udp::HEADER_LEN,
            Self::Sctp => sctp::HEADER_LEN,
        }
    }
}

/// Key of [`super::map::SERVICES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C)]
pub struct ServiceKey {
    address: [u8; 4],
    port: [u8; 2],
    protocol: u8,
    _pad: u8,
}

const _: () = assert!(size_of::<ServiceKey>() == 8);

impl ServiceKey {
    /// The service behind `port` of `address`.
    #[must_use]
    #[inline(always)]
    pub const fn new(address: [u8; 4], port: u16, transport: Transport) -> Self {
        Self {
            address,
            port: port.to_be_bytes(),
            protocol: transport as u8,
            _pad: 0,
        }
    }

    /// The virtual address.
    #[must_use]
    pub const fn address(&self) -> [u8; 4] {
        self.address
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        u16::from_be_bytes(self.port)
    }

    /// The protocol; `None` in a key of another ABI.
    #[must_use]
    pub const fn transport(&self) -> Option<Transport> {
        Transport::from_protocol(self.protocol)
    }
}

/// What becomes of packets for a service without a healthy server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServicePolicy {
    /// Dropped without a word.
    #[default]
    Drop,
    /// Dropped, and the sender is told: by a reset (TCP), or "port unreachable" (UDP). SCTP is
    /// dropped.
    Reject,
    /// Passed.
    Pass,
}

/// How a service stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServiceState {
    /// Healthy servers; 0 closes the service, also where there are some, but below quorum.
    pub healthy: u32,
    /// What becomes of packets while it is closed.
    pub policy: ServicePolicy,
}

impl ServiceState {
    const fn pack(self) -> u64 {
        let policy = match self.policy {
            ServicePolicy::Drop => 0,
            ServicePolicy::Reject => 1,
            ServicePolicy::Pass => 2,
        };
        policy << 32 | self.healthy as u64
    }

    /// Numbers of another ABI mean the default.
    #[expect(clippy::cast_possible_truncation, reason = "parts of a word")]
    #[inline(always)]
    const fn unpack(word: u64) -> Self {
        Self {
            healthy: word as u32,
            policy: match word >> 32 {
                1 => ServicePolicy::Reject,
                2 => ServicePolicy::Pass,
                _ => ServicePolicy::Drop,
            },
        }
    }
}

/// Value of [`super::map::SERVICE_STATES`], mapped into the daemon, which alone writes it: a verdict
/// is one store.
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct ServiceRecord(Word);

const _: () = assert!(size_of::<ServiceRecord>() == 8);

impl ServiceRecord {
    /// How the service stands.
    #[inline(always)]
    pub fn state(&self) -> ServiceState {
        ServiceState::unpack(self.0.get())
    }

    /// Sets how the service stands.
    pub fn set(&self, state: ServiceState) {
        self.0.set(state.pack());
    }

    /// What becomes of packets now; `None` while the service is open.
    #[inline(always)]
    pub fn closed(&self) -> Option<ServicePolicy> {
        let state = self.state();
        (state.healthy == 0).then_some(state.policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_survives_its_word() {
        for policy in [
            ServicePolicy::Drop,
            ServicePolicy::Reject,
            ServicePolicy::Pass,
        ] {
            for healthy in [0, 1, u32::MAX] {
                let state = ServiceState { healthy, policy };
                let record = ServiceRecord::default();
                record.set(state);
                assert_eq!(record.state(), state);
                assert_eq!(record.closed(), (healthy == 0).then_some(policy));
            }
        }
        assert_eq!(ServiceState::unpack(7 << 32), ServiceState::default());
    }

    #[test]
    fn a_key_has_the_port_as_on_the_wire() {
        let key = ServiceKey::new([192, 0, 2, 100], 8080, Transport::Udp);
        assert_eq!(key.port, [0x1f, 0x90]);
        assert_eq!((key.port(), key.transport()), (8080, Some(Transport::Udp)));
    }
}
