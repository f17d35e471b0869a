//! What instances follow by its name: scripts, checks and processes.

use super::super::diagnostic::{Place, Report, Severity};
use super::super::model::Weight;
use std::collections::HashMap;

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
    /// Where the first of a name is, and how many usable ones are before it.
    places: HashMap<String, (usize, usize)>,
}

/// One of them.
pub(super) struct Entry<T> {
    pub item: T,
    pub at: Place,
    /// If not, it has been reported why.
    pub usable: bool,
    used: bool,
}

impl<T> Entry<T> {
    pub(super) const fn new(item: T, at: Place, usable: bool) -> Self {
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
        let entries: Vec<_> = entries.into_iter().collect();
        let mut places = HashMap::new();
        let mut usable = 0;
        for (index, entry) in entries.iter().enumerate() {
            let name = entry.item.name().to_owned();
            places.entry(name).or_insert((index, usable));
            usable += usize::from(entry.usable);
        }
        Self { entries, places }
    }

    /// Looks up what an instance follows.
    pub(super) fn track(&mut self, name: &str) -> Found {
        let place = self.places.get(name).copied();
        let entry = place.and_then(|(index, usable)| Some((self.entries.get_mut(index)?, usable)));
        match entry {
            None => Found::Unknown,
            Some((entry, _)) if !entry.usable => Found::Disabled,
            Some((entry, usable)) => {
                entry.used = true;
                Found::Usable(usable, entry.item.weight())
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
