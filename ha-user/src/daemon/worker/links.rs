//! What a worker makes of changes of interfaces.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};

use super::Worker;
use crate::daemon::order::Order;
use crate::net::link::Monitor;

impl Worker<'_> {
    pub(super) fn restore_addresses(&mut self) {
        for router in self.presence.look(&self.routers, self.monitor.links()) {
            self.adverts.orders.send(Order::AddressVanished(router));
        }
    }

    pub(super) async fn watch_links_again(&mut self, error: &std::io::Error) -> Result<()> {
        log::warn!("lost sight of the interfaces ({error}); looking again");
        let monitor = Monitor::open()
            .await
            .context("cannot watch the interfaces")?;
        self.monitor.look_through(monitor);
        self.settle();
        Ok(())
    }

    /// Says once which interfaces are missed.
    pub(super) fn say_missing_interfaces(&mut self) {
        let links = self.monitor.links();
        let interfaces = self
            .config
            .instances
            .iter()
            .map(|instance| &instance.interface);
        let missing: BTreeSet<String> = interfaces
            .filter(|name| links.named(name).is_none())
            .cloned()
            .collect();
        for name in missing.difference(&self.missing) {
            log::warn!("interface {name} does not exist; its instances wait for it");
        }
        self.missing = missing;
    }
}
