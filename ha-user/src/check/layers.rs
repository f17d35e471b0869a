//! Which probe of one server stands on which: the address is beneath the port, and the port beneath
//! the application.

use std::net::SocketAddr;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::config::model::check::{Check, Endpoint, Method};

/// For each of `checks`, which of them must be good for it to be asked at all: the one next beneath
/// that goes to the same place.
#[must_use]
pub(super) fn beneath(checks: &[Arc<Check>]) -> SmallVec<[Option<usize>; 4]> {
    let places: SmallVec<[_; 4]> = checks
        .iter()
        .map(|check| Place::of(&check.method))
        .collect();
    places
        .iter()
        .map(|upper| {
            let lower = |index: &usize| upper.stands_on(&places[*index]);
            let all = (0..places.len()).filter(lower);
            // Of several in the same place, on the first.
            all.rev().max_by_key(|index| places[*index].layer)
        })
        .collect()
}

/// From the bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    Host,
    Port,
    Application,
}

/// Where a probe goes, and how far up.
#[derive(Clone, Copy, Debug)]
struct Place {
    layer: Layer,
    /// `None` for a command, which goes nobody knows where, and a file.
    address: Option<SocketAddr>,
    by_tcp: bool,
}

impl Place {
    const fn of(method: &Method) -> Self {
        let (layer, endpoint, by_tcp) = match method {
            Method::Ping(endpoint) => (Layer::Host, Some(endpoint), false),
            Method::Tcp(endpoint) => (Layer::Port, Some(endpoint), true),
            Method::Http(endpoint, _)
            | Method::Https(endpoint, _, _)
            | Method::Smtp(endpoint, _) => (Layer::Application, Some(endpoint), true),
            Method::Udp(endpoint, _) | Method::Dns(endpoint, _) => {
                (Layer::Application, Some(endpoint), false)
            }
            Method::Misc { .. } | Method::File(_) => (Layer::Application, None, true),
        };
        let address = match endpoint {
            Some(Endpoint { address, .. }) => Some(*address),
            None => None,
        };
        Self {
            layer,
            address,
            by_tcp,
        }
    }

    fn stands_on(&self, lower: &Self) -> bool {
        lower.layer < self.layer
            && match (lower.layer, self.address, lower.address) {
                // A command, or a file, is for what the server's other probes are for.
                (_, None, _) => true,
                (Layer::Host, Some(upper), Some(lower)) => upper.ip() == lower.ip(),
                (_, upper, lower) => self.by_tcp && upper == lower,
            }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::model::Command;
    use crate::config::model::check::{CheckRhythm, Lookup};

    fn check(method: Method) -> Arc<Check> {
        Arc::new(Check {
            method,
            rhythm: CheckRhythm {
                interval: Duration::from_secs(1),
                timeout: Duration::from_secs(1),
                warmup: Duration::ZERO,
                retry: None,
                rise: 1,
                fall: 1,
                assumed: None,
                logs_all_failures: false,
            },
        })
    }

    fn at(address: &str) -> Endpoint {
        Endpoint {
            address: address.parse().expect("an address"),
            source: None,
            interface: None,
            mark: None,
        }
    }

    fn stack(methods: impl IntoIterator<Item = Method>) -> Vec<Option<usize>> {
        beneath(&methods.into_iter().map(check).collect::<Vec<_>>()).into_vec()
    }

    #[test]
    fn each_layer_stands_on_the_next_of_the_same_place() {
        let smtp = |address| Method::Smtp(at(address), "vipd".to_owned());
        let dns = |address| {
            let (kind, name) = ("SOA".to_owned(), ".".to_owned());
            Method::Dns(at(address), Lookup { kind, name })
        };
        let layers = stack([
            smtp("192.0.2.1:25"),
            Method::Tcp(at("192.0.2.1:25")),
            Method::Ping(at("192.0.2.1:0")),
            smtp("192.0.2.1:26"),
            smtp("192.0.2.2:25"),
            dns("192.0.2.1:25"),
        ]);
        assert_eq!(
            layers,
            [Some(1), Some(2), None, Some(2), None, Some(2)],
            "port 26 has no probe of its port, and DNS comes by UDP"
        );
    }

    #[test]
    fn a_command_stands_on_all_there_is() {
        let command = || Method::Misc {
            command: Command {
                words: vec!["/bin/true".to_owned()],
                user: None,
            },
            is_dynamic: false,
        };
        let layers = stack([
            Method::Ping(at("192.0.2.1:0")),
            command(),
            Method::Tcp(at("192.0.2.1:25")),
            Method::Tcp(at("192.0.2.1:26")),
        ]);
        assert_eq!(layers, [None, Some(2), Some(0), Some(0)]);
        assert_eq!(stack([command(), command()]), [None, None]);
    }
}
