//! The `virtual_server`s that the data path gates.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use ha_common::abi::{ServiceKey, ServiceState, Transport};

use super::health::{WantedService, policy};
use crate::config::model::Config;
use crate::config::model::service::{Protocol, VirtualServer};
use crate::datapath::Datapath;

/// Tells the data path of the services of `config`. Returns what the health thread is to look after;
/// once it does, [`clear`] takes away what it looked after before.
pub(super) fn install(config: &Config, datapath: Option<&mut Datapath>) -> Vec<WantedService> {
    let services = config.services.iter();
    match datapath {
        Some(datapath) => services
            .map(|service| install_one(service, datapath))
            .collect(),
        None => {
            if !config.services.is_empty() {
                log::warn!("virtual servers are probed and not gated: there is no data path");
            }
            services.map(without_gate).collect()
        }
    }
}

/// Takes services off that `config` does not name.
pub(super) fn clear(config: &Config, datapath: &mut Datapath) {
    let named: BTreeSet<_> = config
        .services
        .iter()
        .flat_map(|service| keys(service))
        .collect();
    let known = datapath.services().map(|(key, _)| key);
    let gone: Vec<_> = known.filter(|key| !named.contains(key)).collect();
    for key in gone {
        if let Err(error) = datapath.remove_service(key) {
            log::error!("the data path does not follow: {error}");
        }
    }
}

fn without_gate(service: &Arc<VirtualServer>) -> WantedService {
    WantedService {
        service: Arc::clone(service),
        gates: Vec::new(),
        was_open: None,
        suspended: false,
    }
}

fn install_one(service: &Arc<VirtualServer>, datapath: &mut Datapath) -> WantedService {
    let mut wanted = without_gate(service);
    let fresh = ServiceState {
        healthy: u32::from(!service.alpha),
        policy: policy(service.without_server),
    };
    for key in keys(service) {
        if let Some(gate) = datapath.service(key) {
            let was_open = datapath.service_table().state(gate).healthy > 0;
            wanted.was_open = Some(wanted.was_open.unwrap_or(true) && was_open);
            wanted.gates.push(gate);
            continue;
        }
        match datapath.add_service(key, fresh) {
            Ok(gate) => wanted.gates.push(gate),
            Err(error) => log::error!("VS {} is not gated: {error}", service.name),
        }
    }
    wanted
}

/// What the data path can gate of a service: IPv4, and one port each.
fn keys(service: &VirtualServer) -> impl Iterator<Item = ServiceKey> + '_ {
    let transport = match service.protocol {
        Protocol::Tcp => Transport::Tcp,
        Protocol::Udp => Transport::Udp,
        Protocol::Sctp => Transport::Sctp,
    };
    service.addresses.iter().filter_map(move |address| {
        let SocketAddr::V4(address) = address else {
            return None;
        };
        let one_port = address.port() != 0;
        one_port.then(|| ServiceKey::new(address.ip().octets(), address.port(), transport))
    })
}
