//! A table by router.

use super::RouterId;

/// What belongs to routers, each in its slot: found without a search, and side by side in memory for
/// who goes through all of them.
///
/// It takes as much room as the highest [`RouterId`] in it asks for.
#[derive(Debug)]
pub struct Slots<T>(Vec<Option<T>>);

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Slots<T> {
    /// What `router` has.
    #[must_use]
    pub fn get(&self, router: RouterId) -> Option<&T> {
        self.0.get(index(router))?.as_ref()
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, router: RouterId) -> Option<&mut T> {
        self.0.get_mut(index(router))?.as_mut()
    }

    /// Gives `router` a value. Returns the one that it had.
    pub fn insert(&mut self, router: RouterId, value: T) -> Option<T> {
        let index = index(router);
        if index >= self.0.len() {
            self.0.resize_with(index + 1, || None);
        }
        self.0[index].replace(value)
    }

    /// Takes its value from `router`.
    pub fn remove(&mut self, router: RouterId) -> Option<T> {
        self.0.get_mut(index(router))?.take()
    }

    /// Routers that have a value, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (RouterId, &T)> {
        let ids = (0..).map(RouterId);
        let all = ids.zip(&self.0);
        all.filter_map(|(router, value)| Some((router, value.as_ref()?)))
    }
}

const fn index(router: RouterId) -> usize {
    router.0 as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_removed_is_gone_and_all_else_is_where_it_was() {
        let mut slots = Slots::default();
        let [one, other] = [RouterId(3), RouterId(1)];
        assert_eq!(slots.insert(one, 'a'), None);
        assert_eq!(slots.insert(other, 'b'), None);
        assert_eq!(slots.insert(one, 'c'), Some('a'));
        assert_eq!(
            slots.iter().collect::<Vec<_>>(),
            [(other, &'b'), (one, &'c')]
        );
        assert_eq!(slots.remove(other), Some('b'));
        assert_eq!(slots.remove(RouterId(9)), None);
        assert_eq!((slots.get(other), slots.get(RouterId(9))), (None, None));
        *slots.get_mut(one).expect("it was inserted") = 'd';
        assert_eq!(slots.iter().collect::<Vec<_>>(), [(one, &'d')]);
    }
}
