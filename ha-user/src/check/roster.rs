//! Who asks for which probes: one probe for all that ask for the same.

use std::cmp::Reverse;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use smallvec::{SmallVec, smallvec};

use super::ProbeId;
use super::layers;
use crate::config::model::check::Check;

/// A probe, and what it stands on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// What is done.
    pub check: Arc<Check>,
    /// What must be good for it to be asked at all.
    pub beneath: Option<ProbeId>,
}

/// Every probe that somebody asks for: tens of thousands, each looked up at every reload.
#[derive(Debug, Default)]
pub struct Roster {
    probes: FxHashMap<Entry, ProbeId>,
    last: u32,
}

/// Probes of those that one asks for, by place; most ask for a few.
type Found = SmallVec<[Option<ProbeId>; 4]>;

/// What a new configuration changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// For each that asks, its probes in the order in which it asks for them.
    pub members: Vec<Vec<ProbeId>>,
    /// Probes that nobody asks for any more, those on top first.
    pub gone: Vec<ProbeId>,
    /// New ones, those at the bottom first.
    pub new: Vec<(ProbeId, Entry)>,
}

impl Roster {
    /// Takes in what is asked for now, a list from each that asks. What was asked for before keeps its
    /// name.
    pub fn follow<'a>(&mut self, wanted: impl IntoIterator<Item = &'a [Arc<Check>]>) -> Changes {
        let mut changes = Changes::default();
        for checks in wanted {
            let members = self.enlist(checks, &mut changes);
            changes.members.push(members);
        }
        let mut used = FxHashSet::with_capacity_and_hasher(self.probes.len(), FxBuildHasher);
        used.extend(changes.members.iter().flatten().copied());
        let gone = self.probes.extract_if(|_, id| !used.contains(id));
        changes.gone = gone.map(|(_, id)| id).collect();
        // What stands on something is younger than that.
        changes.gone.sort_by_key(|id| Reverse(*id));
        changes
    }

    fn enlist(&mut self, checks: &[Arc<Check>], changes: &mut Changes) -> Vec<ProbeId> {
        let beneath = layers::beneath(checks);
        let mut ids = smallvec![None; checks.len()];
        for index in 0..checks.len() {
            self.enlist_one(index, checks, &beneath, &mut ids, changes);
        }
        ids.into_iter().flatten().collect()
    }

    /// The probe for `checks[index]`, after that for what it stands on.
    fn enlist_one(
        &mut self,
        index: usize,
        checks: &[Arc<Check>],
        beneath: &[Option<usize>],
        ids: &mut Found,
        changes: &mut Changes,
    ) -> ProbeId {
        if let Some(id) = ids[index] {
            return id;
        }
        let lower =
            beneath[index].map(|lower| self.enlist_one(lower, checks, beneath, ids, changes));
        let entry = Entry {
            check: Arc::clone(&checks[index]),
            beneath: lower,
        };
        let id = self.find_or_add(entry, changes);
        ids[index] = Some(id);
        id
    }

    fn find_or_add(&mut self, entry: Entry, changes: &mut Changes) -> ProbeId {
        if let Some(id) = self.probes.get(&entry) {
            return *id;
        }
        // 4 billion reloads of one probe each last.
        self.last = self.last.wrapping_add(1);
        let id = ProbeId(self.last);
        self.probes.insert(entry.clone(), id);
        changes.new.push((id, entry));
        id
    }
}
