//! Which of many a probe is for.

use super::ProbeId;

/// Places in a list, by the probes that those there have. Made once and asked often, of tens of thousands.
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<(ProbeId, usize)>);

impl Places {
    /// The places at which `probe` is, in their order.
    pub fn of(&self, probe: ProbeId) -> impl Iterator<Item = usize> + '_ {
        let first = self.0.partition_point(|(other, _)| *other < probe);
        let rest = self.0.iter().skip(first);
        rest.take_while(move |(other, _)| *other == probe)
            .map(|(_, place)| *place)
    }
}

/// Of each place, its probes.
impl<Probes: IntoIterator<Item = ProbeId>> FromIterator<Probes> for Places {
    fn from_iter<All: IntoIterator<Item = Probes>>(all: All) -> Self {
        let pairs = all.into_iter().enumerate();
        let pairs = pairs.flat_map(|(place, probes)| probes.into_iter().map(move |id| (id, place)));
        let mut pairs: Vec<_> = pairs.collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs.shrink_to_fit();
        Self(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_is_found_wherever_it_is() {
        let [a, b, c] = [ProbeId(1), ProbeId(2), ProbeId(3)];
        let places: Places = [vec![b, a, b], vec![], vec![b]].into_iter().collect();
        let of = |probe| places.of(probe).collect::<Vec<_>>();
        assert_eq!((of(a), of(b), of(c)), (vec![0], vec![0, 2], vec![]));
    }
}
