//! What instances follow by its name: scripts, checks and processes.

use super::super::diagnostic::{Location, Report, Severity};
use super::super::model::Weight;

/// Something that instances can follow.
pub(super) trait Tracked {
    /// What it is called in messages, and after `track_`.
    const KIND: &'static str;
    /// Whether a member of a group without weights may have one nevertheless.
    const WEIGHS_IN_ANY_GROUP: bool = false;

    fn name(&self) -> &str;

    fn weight(&self) -> Weight;
}

/// All of one kind, and which of them are used.
pub(super) struct Pool<T> {
    entries: Vec<Entry<T>>,
}

/// One of them.
pub(super) struct Entry<T> {
    pub item: T,
    pub at: Location,
    /// If not, it has been reported why.
    pub usable: bool,
    used: bool,
}

impl<T> Entry<T> {
    pub(super) const fn new(item: T, at: Location, usable: bool) -> Self {
        Self {
            item,
            at,
            usable,
            used: false,
        }
    }
}

/// What is known of a name.
pub(super) enum Found {
    /// Its index in the model, and its weight.
    Usable(usize, Weight),
    /// It has been reported why it cannot be used.
    Disabled,
    /// There is nothing of this name.
    Unknown,
}

impl<T: Tracked> Pool<T> {
    pub(super) fn new(entries: impl IntoIterator<Item = Entry<T>>) -> Self {
        let entries = entries.into_iter().collect();
        Self { entries }
    }

    /// Looks up what an instance follows.
    pub(super) fn track(&mut self, name: &str) -> Found {
        let usable = self.entries.iter().filter(|entry| entry.usable);
        let index = usable.take_while(|entry| entry.item.name() != name).count();
        let named = |entry: &&mut Entry<T>| entry.item.name() == name;
        match self.entries.iter_mut().find(named) {
            None => Found::Unknown,
            Some(entry) if !entry.usable => Found::Disabled,
            Some(entry) => {
                entry.used = true;
                Found::Usable(index, entry.item.weight())
            }
        }
    }

    /// Those that the model has.
    pub(super) fn finish(self, report: &mut Report) -> Vec<T> {
        let usable = self.entries.into_iter().filter(|entry| entry.usable);
        let said = |entry: Entry<T>| {
            if !entry.used {
                let (kind, name) = (T::KIND, entry.item.name());
                let message = format!("Warning - {kind} {name} is not used");
                let help = format!("`track_{kind} {{ {name} }}` in a vrrp_instance uses it");
                report.add_with_help(Severity::Notice, &entry.at, message, help);
            }
            entry.item
        };
        usable.map(said).collect()
    }
}
