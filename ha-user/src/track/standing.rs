//! Sums up what tracked objects say of a router.

use super::file;
use crate::config::model::Weight;
use crate::config::model::file::TrackFile;
use crate::vrrp::Standing;

/// One tracked object, as one router sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tracked<'a> {
    /// What sort of object it is.
    pub kind: Kind<'a>,
    /// Its name in the configuration.
    pub name: &'a str,
    /// What its failure costs, or its success earns; zero is a fault.
    pub weight: Weight,
    /// Whether it is good; `None` before the first result.
    pub up: Option<bool>,
}

/// Sorts of tracked objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// `track_script`.
    Script,
    /// `track_check`.
    Check,
    /// `track_interface`.
    Interface,
    /// `track_file`.
    File {
        /// The file, with its weight.
        file: &'a TrackFile,
        /// What stands in it.
        number: i32,
    },
    /// `track_process`.
    Process,
}

impl Tracked<'_> {
    /// Whether it is as the router needs it.
    fn good(&self) -> Option<bool> {
        self.up.map(|up| up != self.weight.reverse)
    }

    /// Why the router is in fault, if this object is the reason.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let is_fault = self.weight.value == 0 && self.good() == Some(false);
        is_fault.then(|| {
            let Self { kind, name, .. } = self;
            match (kind, self.up) {
                (Kind::Script, Some(true)) => format!("script {name} succeeds"),
                (Kind::Script, _) => format!("script {name} fails"),
                (Kind::Check, Some(true)) => format!("check {name} succeeds"),
                (Kind::Check, _) => format!("check {name} fails"),
                (Kind::Interface, Some(true)) => format!("interface {name} is up"),
                (Kind::Interface, _) => format!("interface {name} is down, or does not exist"),
                (Kind::File { file, number }, _) => file::describe(file, *number),
                (Kind::Process, Some(true)) => format!("process {name} has its quorum"),
                (Kind::Process, _) => format!("process {name} has no quorum"),
            }
        })
    }
}

/// Sums up. keepalived's rules: a positive weight is added while the object is good, a negative
/// one while it is bad; without a weight a bad object is a fault, and one without a result keeps
/// the router waiting. With a weight, one without a result counts as neither.
#[must_use]
pub fn sum<'a>(link_faulted: bool, tracked: impl IntoIterator<Item = Tracked<'a>>) -> Standing {
    let start = Standing {
        faulted: link_faulted,
        ..Standing::default()
    };
    tracked.into_iter().fold(start, |mut standing, tracked| {
        match (tracked.weight.value, tracked.good()) {
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

    fn tracked(value: i16, reverse: bool, up: Option<bool>) -> Tracked<'static> {
        Tracked {
            kind: Kind::Interface,
            name: "eth1",
            weight: Weight { value, reverse },
            up,
        }
    }

    fn one(value: i16, reverse: bool, up: Option<bool>) -> Standing {
        sum(false, [tracked(value, reverse, up)])
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

    #[test]
    fn the_reason_of_a_fault_is_named() {
        let fault = |value, reverse, up| tracked(value, reverse, up).fault();
        assert_eq!(
            fault(0, false, Some(false)).as_deref(),
            Some("interface eth1 is down, or does not exist")
        );
        assert_eq!(
            fault(0, true, Some(true)).as_deref(),
            Some("interface eth1 is up")
        );
        assert_eq!(fault(0, false, Some(true)), None);
        assert_eq!(fault(0, false, None), None);
        assert_eq!(fault(-20, false, Some(false)), None);
    }
}
