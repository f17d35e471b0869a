//! Sums up what tracked objects say of a router.

use crate::config::model::Weight;
use crate::vrrp::Standing;

/// One tracked object, as one router sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// What its failure costs, or its success earns; zero is a fault.
    pub weight: Weight,
    /// Whether it is good; `None` before the first result.
    pub up: Option<bool>,
}

/// Sums up. keepalived's rules: a positive weight is added while the object is good, a negative
/// one while it is bad; without a weight a bad object is a fault, and one without a result keeps
/// the router waiting. With a weight, one without a result counts as neither.
#[must_use]
pub fn sum(link_faulted: bool, tracked: impl IntoIterator<Item = Tracked>) -> Standing {
    let start = Standing {
        faulted: link_faulted,
        ..Standing::default()
    };
    tracked
        .into_iter()
        .fold(start, |mut standing, Tracked { weight, up }| {
            let good = up.map(|up| up != weight.reverse);
            match (weight.value, good) {
                (0, Some(false)) => standing.faulted = true,
                (0, None) => standing.pending = true,
                (_, None) => standing.unsettled = true,
                (value, Some(true)) if value > 0 => standing.weight += i32::from(value),
                (value, Some(false)) if value < 0 => standing.weight += i32::from(value),
                _ => {}
            }
            standing
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(value: i16, reverse: bool, up: Option<bool>) -> Standing {
        sum(
            false,
            [Tracked {
                weight: Weight { value, reverse },
                up,
            }],
        )
    }

    #[test]
    fn weights_count_by_their_sign() {
        assert_eq!(one(20, false, Some(true)).weight, 20);
        assert_eq!(one(20, false, Some(false)).weight, 0);
        assert_eq!(one(-20, false, Some(true)).weight, 0);
        assert_eq!(one(-20, false, Some(false)).weight, -20);
        assert_eq!(one(-20, true, Some(true)).weight, -20);
        assert_eq!(one(-20, false, None).weight, 0);
        assert!(one(-20, false, None).unsettled);
    }

    #[test]
    fn without_weight_a_failure_is_a_fault_and_no_result_a_wait() {
        assert!(one(0, false, Some(false)).faulted);
        assert!(one(0, true, Some(true)).faulted);
        assert_eq!(
            one(0, false, None),
            Standing {
                pending: true,
                ..Standing::default()
            }
        );
        assert!(sum(true, []).faulted);
    }
}
