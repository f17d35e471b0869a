//! Which router an advert is for, and whether it is one.

use std::collections::BTreeMap;

use ha_common::abi::{Familiar, RouterKey};
use ha_common::{Family, Priority, Reason, Vrid};

use super::plan::RouterPlan;
use crate::net::advert::{Detail, Framing, addressee, familiar};
use crate::net::filter::Rules;
use crate::net::socket::Received;
use crate::vrrp::{Advert, RouterId};

/// Routers whose adverts are heard.
#[derive(Debug, Default)]
pub(super) struct Listeners(BTreeMap<RouterKey, Listener>);

#[derive(Debug)]
struct Listener {
    router: RouterId,
    framing: Framing,
}

/// An advert for one of our routers, and what validation says of it.
pub(super) struct Judged {
    pub(super) router: RouterId,
    pub(super) ifindex: u32,
    pub(super) familiar: Familiar,
    pub(super) verdict: Result<Advert, Reason>,
    pub(super) detail: Option<Detail>,
}

impl Listeners {
    /// Hears adverts of `router`, framed as `plan` says.
    pub(super) fn set(&mut self, router: RouterId, plan: &RouterPlan) {
        let listener = Listener {
            router,
            framing: plan.framing.clone(),
        };
        self.0.insert(plan.framing.key(plan.ifindex), listener);
    }

    /// Hears adverts of `router` no more.
    pub(super) fn remove(&mut self, router: RouterId) {
        self.0.retain(|_, listener| listener.router != router);
    }

    /// Finds the router that a packet is for; `None` if it is not one of ours.
    pub(super) fn judge(&self, received: &Received<'_>) -> Option<Judged> {
        let Received { ifindex, packet } = *received;
        let Listener { router, framing } = self.0.get(&addressee(ifindex, packet)?)?;
        let verdict = framing.validate(packet);
        Some(Judged {
            router: *router,
            ifindex,
            familiar: familiar(packet)?,
            detail: framing.detail(packet, &verdict),
            verdict,
        })
    }

    /// What the socket of `family` must let through: adverts of these VRIDs, and in a flood only those of at
    /// least the priority that `shed_below` names.
    pub(super) fn rules(&self, family: Family, shed_below: impl Fn(RouterId) -> Priority) -> Rules {
        let mut rules = Rules::new();
        for (key, listener) in self.0.iter().filter(|(key, _)| key.family() == family) {
            let Some(vrid) = Vrid::new(key.vrid()) else {
                continue;
            };
            let below = shed_below(listener.router);
            // One VRID on several interfaces: the filter sees no interface.
            let rule = rules.entry(vrid).or_insert(below);
            *rule = below.min(*rule);
        }
        rules
    }
}
