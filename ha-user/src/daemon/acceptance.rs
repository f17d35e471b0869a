//! Where `no_accept` cannot be kept: only the data path drops packets.

use std::collections::BTreeSet;

use super::plan::RouterPlan;
use crate::net::link::Links;

/// What was said of it.
#[derive(Debug, Default)]
pub(super) struct Acceptance {
    said: BTreeSet<String>,
}

impl Acceptance {
    /// Warns of `plans` that do not accept, and whose packets nobody drops, where that is news.
    /// `guarded` are the interfaces that have a data path.
    pub(super) fn look(&mut self, plans: &[RouterPlan], guarded: &BTreeSet<u32>, links: &Links) {
        let unkept = plans.iter().filter(|plan| !plan.accepts);
        let unkept: BTreeSet<_> = unkept
            .flat_map(|plan| complaints(plan, guarded, links))
            .collect();
        for complaint in unkept.difference(&self.said) {
            log::warn!("{complaint}");
        }
        self.said = unkept;
    }
}

fn complaints(plan: &RouterPlan, guarded: &BTreeSet<u32>, links: &Links) -> Vec<String> {
    let name = &plan.name;
    let carriers = plan.addresses.iter().map(|carried| carried.ifindex);
    let interfaces: BTreeSet<u32> = carriers.chain([plan.ifindex]).collect();
    let open = interfaces.difference(guarded);
    open.filter_map(|ifindex| links.get(*ifindex))
        .map(|link| {
            let interface = &link.name;
            format!("({name}) no_accept has no effect on {interface}: no data path there")
        })
        .collect()
}
