//! Where the addresses are of virtual servers that are probed only while one of theirs is here
//! (`ha_suspend`).
//!
//! An address of a router of ours is here while that is Active: ownership is what the data path answers
//! by, and the kernel may have the address a moment earlier or later, or on a Backup whose address nobody
//! took off. Any other address is here while an interface has it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::plan::RouterPlan;
use super::routers::Routers;
use crate::config::model::Config;
use crate::config::model::service::VirtualServer;
use crate::net::link::{Link, Links};
use crate::vrrp::RouterId;

/// Where they are, as far as is known.
#[derive(Debug, Default)]
pub(super) struct Whereabouts {
    active: BTreeSet<RouterId>,
    /// By the names of their virtual servers.
    watched: BTreeMap<String, Watched>,
}

/// The addresses of a virtual server.
#[derive(Debug, Default)]
struct Watched {
    /// Routers that have one of them.
    routers: BTreeSet<RouterId>,
    /// One that no router of ours has is on an interface.
    on_interface: bool,
    /// One of them is here.
    here: bool,
}

/// A virtual server, and whether it is suspended from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) service: String,
    pub(super) suspended: bool,
}

impl Whereabouts {
    /// Looks again at everything. Returns what has changed.
    pub(super) fn look(
        &mut self,
        config: &Config,
        routers: &Routers,
        links: &Links,
    ) -> Vec<Change> {
        let services = config.services.iter().filter(|one| one.ha_suspend);
        let services: Vec<_> = services.collect();
        if services.is_empty() {
            self.watched.clear();
            return Vec::new();
        }
        let view = View::new(config, routers, links);
        let before = std::mem::take(&mut self.watched);
        self.watched = services
            .into_iter()
            .map(|service| (service.name.clone(), view.watch(service)))
            .collect();
        let mut changes = Vec::new();
        for (name, watched) in &mut self.watched {
            watched.here = before.get(name).is_some_and(|before| before.here);
            changes.extend(watched.judge(name, &self.active));
        }
        changes
    }

    /// A router is Active, or not, from now on. Returns what changes by that.
    pub(super) fn note(&mut self, router: RouterId, is_active: bool) -> Vec<Change> {
        let is_news = match is_active {
            true => self.active.insert(router),
            false => self.active.remove(&router),
        };
        let watched = self.watched.iter_mut().filter(|_| is_news);
        let affected = watched.filter(|(_, watched)| watched.routers.contains(&router));
        affected
            .filter_map(|(name, watched)| watched.judge(name, &self.active))
            .collect()
    }

    /// Whether a virtual server is suspended.
    pub(super) fn suspends(&self, service: &str) -> bool {
        let watched = self.watched.get(service);
        watched.is_some_and(|watched| !watched.here)
    }
}

impl Watched {
    /// Looks whether one of the addresses is here, and says if that is new.
    fn judge(&mut self, name: &str, active: &BTreeSet<RouterId>) -> Option<Change> {
        let here = self.on_interface || !self.routers.is_disjoint(active);
        let is_news = here != self.here;
        self.here = here;
        is_news.then(|| Change {
            service: name.to_owned(),
            suspended: !here,
        })
    }
}

/// Where every address is.
struct View {
    /// Of running routers.
    carriers: BTreeMap<IpAddr, Vec<RouterId>>,
    /// On interfaces, and of no router in the configuration.
    on_interfaces: BTreeSet<IpAddr>,
}

impl View {
    fn new(config: &Config, routers: &Routers, links: &Links) -> Self {
        let mut carriers: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (router, known) in routers.iter() {
            for address in carried(&known.plan) {
                carriers.entry(address).or_default().push(router);
            }
        }
        let instances = config.instances.iter();
        let ours = instances.flat_map(|one| one.addresses.iter().chain(&one.excluded_addresses));
        let ours: BTreeSet<_> = ours.map(|one| one.address).collect();
        let on_interfaces = links.iter().flat_map(assigned);
        Self {
            carriers,
            on_interfaces: on_interfaces
                .filter(|address| !ours.contains(address))
                .collect(),
        }
    }

    fn watch(&self, service: &VirtualServer) -> Watched {
        let addresses = || service.addresses.iter().map(|address| address.ip());
        let carriers = addresses().filter_map(|address| self.carriers.get(&address));
        Watched {
            routers: carriers.flatten().copied().collect(),
            on_interface: addresses().any(|address| self.on_interfaces.contains(&address)),
            here: false,
        }
    }
}

fn carried(plan: &RouterPlan) -> impl Iterator<Item = IpAddr> {
    let addresses = plan.addresses.iter();
    addresses.map(|carried| carried.address.address)
}

fn assigned(link: &Link) -> impl Iterator<Item = IpAddr> {
    link.every_address().map(|(address, _)| address)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: RouterId = RouterId(1);
    const OTHER: RouterId = RouterId(2);

    fn watching(routers: &[RouterId], on_interface: bool) -> Whereabouts {
        let watched = Watched {
            routers: routers.iter().copied().collect(),
            on_interface,
            here: on_interface,
        };
        Whereabouts {
            active: BTreeSet::new(),
            watched: [("web".to_owned(), watched)].into(),
        }
    }

    /// Whether it is suspended after that, if that is new.
    fn note(whereabouts: &mut Whereabouts, router: RouterId, is_active: bool) -> Option<bool> {
        let changes = whereabouts.note(router, is_active);
        assert!(changes.len() <= 1);
        changes.first().map(|change| change.suspended)
    }

    #[test]
    fn one_active_router_of_several_is_enough() {
        let mut whereabouts = watching(&[ONE, OTHER], false);
        assert!(whereabouts.suspends("web"));
        assert_eq!(note(&mut whereabouts, ONE, true), Some(false));
        assert!(!whereabouts.suspends("web"));
        for (router, is_active) in [(OTHER, true), (ONE, false), (ONE, false)] {
            assert_eq!(note(&mut whereabouts, router, is_active), None);
        }
        assert_eq!(note(&mut whereabouts, OTHER, false), Some(true));
        assert_eq!(note(&mut whereabouts, RouterId(3), true), None);
        assert!(whereabouts.suspends("web"));
    }

    #[test]
    fn an_address_elsewhere_is_enough() {
        let mut whereabouts = watching(&[ONE], true);
        for is_active in [true, false] {
            assert_eq!(note(&mut whereabouts, ONE, is_active), None);
        }
        assert!(!whereabouts.suspends("web"));
        assert!(!whereabouts.suspends("mail"), "nobody asked for that");
    }
}
