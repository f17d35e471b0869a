//! A host's place on one LAN: one router, its cable, its part of the data path.

use std::net::IpAddr;
use std::ops::{Index, IndexMut};

use ha_common::Nanos;
use ha_common::abi::LeasePolicy;

use super::data_path::DataPath;
use crate::vrrp::{Advert, Event, Parameters, Record, RouterId, Standing, View};

/// The router of a port on `lan`.
pub(super) fn router(lan: usize) -> RouterId {
    RouterId(u32::try_from(lan).unwrap())
}

/// One router on a simulated LAN.
#[derive(Debug)]
pub(in super::super) struct Port {
    pub(in super::super) address: IpAddr,
    pub(in super::super) parameters: Parameters,
    pub(in super::super) standing: Standing,
    pub(in super::super) data_path: DataPath,
    pub(in super::super) installed: bool,
    /// Nothing gets through the cable, though carrier is up.
    pub(in super::super) cut: bool,
    /// What the network card holds while the machine stands still.
    pub(in super::super) card: Vec<Advert>,
    /// When that has been read, after the machine goes on.
    pub(in super::super) card_read_at: Nanos,
    pub(in super::super) adverts_sent: u64,
    pub(in super::super) announcements: u64,
    pub(in super::super) transitions: u64,
}

impl Port {
    pub(in super::super) fn new(address: IpAddr, parameters: Parameters) -> Self {
        Self {
            address,
            parameters,
            standing: Standing::default(),
            data_path: DataPath::default(),
            installed: false,
            cut: false,
            card: Vec::new(),
            card_read_at: Nanos::NEVER,
            adverts_sent: 0,
            announcements: 0,
            transitions: 0,
        }
    }

    /// Empties the record.
    pub(super) fn reset(&mut self, lease: LeasePolicy) {
        self.data_path = DataPath::default();
        self.data_path.record.lease = lease;
    }

    /// A new process describes its router.
    pub(super) fn describe(&mut self) {
        self.data_path.address = Some(self.address);
        self.data_path.familiar = None;
        self.data_path.interval = self.parameters.advertisement_interval;
    }

    /// Something happens on the host, whether its process lives or not.
    pub(in super::super) fn heed(&mut self, event: &Event) {
        match event {
            Event::StandingChanged(standing) => self.standing = *standing,
            Event::Reconfigured(parameters) => self.parameters = (**parameters).clone(),
            _ => {}
        }
    }

    /// The process is about to handle `event`. Without a data path it stamps what it reads.
    pub(super) fn note(&mut self, now: Nanos, event: &Event, bare: bool) {
        match event {
            Event::Reconfigured(parameters) => {
                self.data_path.interval = parameters.advertisement_interval;
            }
            Event::AdvertReceived(advert) if bare => self.data_path.stamp(now, advert),
            _ => {}
        }
    }
}

/// All ports of a host, and the record of a router that is on no simulated LAN.
#[derive(Debug)]
pub(in super::super) struct Ports {
    ports: Vec<Port>,
    pub(super) companion: Record,
}

impl Ports {
    pub(super) fn new(ports: Vec<Port>) -> Self {
        Self {
            ports,
            companion: Record::default(),
        }
    }

    pub(in super::super) const fn len(&self) -> usize {
        self.ports.len()
    }

    pub(in super::super) fn iter(&self) -> impl Iterator<Item = &Port> {
        self.ports.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Port> {
        self.ports.iter_mut()
    }

    fn of(&self, router: RouterId) -> Option<&Port> {
        self.ports.get(usize::try_from(router.0).unwrap())
    }
}

impl Index<usize> for Ports {
    type Output = Port;

    fn index(&self, lan: usize) -> &Port {
        &self.ports[lan]
    }
}

impl IndexMut<usize> for Ports {
    fn index_mut(&mut self, lan: usize) -> &mut Port {
        &mut self.ports[lan]
    }
}

impl View for Ports {
    fn record(&self, router: RouterId) -> Record {
        let port = self.of(router);
        port.map_or(self.companion, |port| port.data_path.record)
    }
}
