//! What dumps tell of a worker.

use ha_common::Priority;
use tokio::sync::oneshot;

use super::Worker;
use crate::config::model::{Config, Instance};
use crate::daemon::dumps::{Sketch, idle};
use crate::daemon::order::Order;
use crate::daemon::plan;
use crate::dump::{Group, Picture, Router};
use crate::vrrp::{RouterId, State};

impl Worker<'_> {
    /// Begins with the dumps that were asked for, unless others are being written.
    pub(super) fn dump(&mut self) {
        if !self.dumps.is_due() {
            return;
        }
        let (reply, answer) = oneshot::channel();
        self.adverts.orders.send(Order::Inquire(reply));
        let sketch = self.sketch();
        self.dumps.begin(sketch, answer);
    }

    fn sketch(&self) -> Sketch {
        let instances = self.config.instances.iter().map(|instance| {
            let slot = self.routers.find(&plan::identity(instance));
            (slot, self.router(instance, slot))
        });
        let (slots, routers) = instances.unzip();
        let Config {
            global,
            dumps,
            defaults,
            opening,
            scripts,
            sync_groups,
            ..
        } = &self.config;
        let groups = sync_groups.iter().map(|group| Group {
            state: self.groups.state(&group.name).unwrap_or(State::Backup),
            group: group.clone(),
        });
        Sketch {
            picture: Picture {
                global: global.clone(),
                dumps: dumps.clone(),
                defaults: *defaults,
                opening: *opening,
                routers,
                groups: groups.collect(),
                scripts: scripts.clone(),
                runs: self.trackers.script_runs(),
                links: self.monitor.links().clone(),
            },
            slots,
        }
    }

    fn router(&self, instance: &Instance, slot: Option<RouterId>) -> Router {
        let idle = idle(instance);
        let Some(known) = slot.and_then(|slot| self.routers.get(slot)) else {
            return idle;
        };
        let links = self.monitor.links();
        let standing = self.trackers.stand(&self.config, links, &known.plan);
        let weight = match Priority::new(instance.priority) {
            Priority::OWNER => 0,
            _ => standing.weight,
        };
        let tracked = || self.trackers.tracked_by(&self.config, links, instance);
        let faults = tracked().filter(|one| one.fault().is_some()).count();
        let pending = tracked().filter(|one| one.weight.value == 0 && one.up.is_none());
        Router {
            source: known.plan.parameters.primary_ip,
            total_priority: idle.total_priority + weight,
            faults: faults + usize::from(known.plan.fault.is_some()),
            pending: pending.count(),
            ..idle
        }
    }
}
