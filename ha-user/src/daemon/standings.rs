//! How routers stand: on their links, on what they track, and on the other members of their group.

use std::collections::BTreeSet;

use super::plan::RouterPlan;
use super::trackers::Trackers;
use crate::config::model::sync::SyncGroup;
use crate::config::model::{Config, Instance};
use crate::net::link::Links;
use crate::vrrp::Standing;

/// At one moment.
pub(super) struct Standings<'a> {
    config: &'a Config,
    trackers: &'a Trackers,
    links: &'a Links,
    /// Instances in fault by themselves: what they drag along is not.
    faulted: BTreeSet<String>,
    /// It is too early for a takeover.
    waits: bool,
}

impl<'a> Standings<'a> {
    /// Those of all instances. One without a plan has no interface, which is a fault.
    pub(super) fn new<'p>(
        config: &'a Config,
        trackers: &'a Trackers,
        links: &'a Links,
        plans: impl IntoIterator<Item = &'p RouterPlan>,
    ) -> Self {
        let mut faulted = BTreeSet::new();
        if !config.sync_groups.is_empty() {
            let names = config.instances.iter().map(|one| one.name.clone());
            faulted.extend(names);
            for plan in plans {
                if !trackers.stand(config, links, plan).faulted {
                    faulted.remove(&plan.name);
                }
            }
        }
        Self {
            config,
            trackers,
            links,
            faulted,
            waits: false,
        }
    }

    /// The same, while nobody may take over yet.
    pub(super) fn before(self, waits: bool) -> Self {
        Self { waits, ..self }
    }

    /// How the router of `plan` stands.
    pub(super) fn of(&self, plan: &RouterPlan) -> Standing {
        let alone = self.trackers.stand(self.config, self.links, plan);
        Standing {
            faulted: alone.faulted || self.dragged_by(&plan.name).is_some(),
            waits: self.waits,
            ..alone
        }
    }

    /// Why `instance` is in fault, unless that is its own link.
    pub(super) fn fault(&self, instance: &Instance) -> Option<String> {
        let mut tracked = self.trackers.tracked_by(self.config, self.links, instance);
        tracked.find_map(|tracked| tracked.fault()).or_else(|| {
            let (group, member) = self.dragged_by(&instance.name)?;
            Some(format!("{member} of sync group {} is in fault", group.name))
        })
    }

    /// The other member of its group that drags `instance` along.
    fn dragged_by(&self, instance: &str) -> Option<(&'a SyncGroup, &'a str)> {
        let group = self.config.group_of(instance)?;
        let mut others = group.members.iter().filter(|member| *member != instance);
        let member = others.find(|member| self.faulted.contains(*member))?;
        Some((group, member))
    }
}
