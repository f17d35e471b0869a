//! What a dead worker owned: answered for by the data path until its leases end, or until the next
//! worker carries on, or until nobody does and others are told.

use std::time::Duration;

use ha_common::Nanos;
use ha_common::abi::{CAST_MULTICAST, CAST_UNICAST, RouterKey};

use super::testament::Farewell;
use crate::datapath::{Datapath, RecordTable};
use crate::net::address::{AddressChange, AddressWorker, Operation};
use crate::net::clock;
use crate::net::socket::{AdvertSocket, Path};
use crate::vrrp::RouterId;

/// Longest wait for the next worker's first advert. Meanwhile the data path answers: waiting costs
/// nobody anything but the time that is left of the lease.
const PATIENCE: Duration = Duration::from_millis(100);

/// The records of a dead worker's routers, and how to say farewell for each.
pub(super) struct Estate {
    records: RecordTable,
    routers: Vec<(RouterId, Farewell)>,
    died_at: Nanos,
}

impl Estate {
    /// Looks for what the worker that died at `died_at` owned; `None` if that is nothing, or there is
    /// no data path that knows.
    #[must_use]
    pub(super) fn open(farewells: Vec<Farewell>, died_at: Nanos) -> Option<Self> {
        let mut interfaces: Vec<u32> = farewells
            .iter()
            .flat_map(|one| {
                one.addresses
                    .iter()
                    .map(|(ifindex, ..)| *ifindex)
                    .chain([one.ifindex])
            })
            .collect();
        interfaces.sort_unstable();
        interfaces.dedup();
        let datapath = match Datapath::inherit(interfaces) {
            Ok(datapath) => datapath?,
            Err(error) => {
                log::warn!("cannot see what the VRRP process has left: {error}");
                return None;
            }
        };
        let known = datapath.routers().ok()?;
        let slot = |farewell: &Farewell| {
            let key = key(farewell);
            known
                .iter()
                .find(|(other, _)| *other == key)
                .map(|(_, slot)| *slot)
        };
        let routers = farewells
            .into_iter()
            .filter_map(|farewell| Some((slot(&farewell)?, farewell)));
        let estate = Self {
            records: datapath.records(),
            routers: routers.collect(),
            died_at,
        };
        let is_empty = estate.owned().next().is_none();
        (!is_empty).then_some(estate)
    }

    /// How long the next worker may take to its first advert.
    #[must_use]
    pub(super) fn patience(&self) -> Duration {
        let intervals = self
            .owned()
            .map(|(router, _)| self.records.record(router).interval());
        let shortest = intervals.min().map(Duration::from_nanos);
        shortest.unwrap_or(PATIENCE).min(PATIENCE)
    }

    /// Whether there is something that nobody has carried on with.
    #[must_use]
    pub(super) fn is_unclaimed(&self) -> bool {
        let spoke = |router: RouterId| self.records.record(router).last_sent() > self.died_at;
        self.owned().next().is_some() && !self.routers.iter().any(|(router, _)| spoke(*router))
    }

    /// Ends every ownership that still holds, then tells the others, then takes the addresses off.
    /// No worker may live: it could be about to speak.
    pub(super) fn hand_over(self) {
        let owned: Vec<_> = self.owned().collect();
        for (router, _) in &owned {
            self.records.record(*router).set_owned_until(Nanos::NEVER);
        }
        let farewells = owned.iter().map(|(_, farewell)| *farewell);
        match AdvertSocket::open() {
            Ok(socket) => farewells
                .clone()
                .for_each(|farewell| say(&socket, farewell)),
            Err(error) => log::error!("cannot say farewell: {error}"),
        }
        let removals = farewells.flat_map(|farewell| &farewell.addresses).map(
            |(ifindex, address, prefix_len)| {
                AddressChange::plain(Operation::Remove, *ifindex, *address, *prefix_len)
            },
        );
        match AddressWorker::spawn(Duration::ZERO) {
            Ok(addresses) => addresses.submit(removals.collect(), |_| ()),
            Err(error) => log::error!("cannot take addresses off: {error}"),
        }
    }

    fn owned(&self) -> impl Iterator<Item = (RouterId, &Farewell)> {
        let now = clock::now();
        let routers = self
            .routers
            .iter()
            .map(|(router, farewell)| (*router, farewell));
        routers.filter(move |(router, _)| self.records.owns(*router, now))
    }
}

fn key(farewell: &Farewell) -> RouterKey {
    let cast = if farewell.multicast {
        CAST_MULTICAST
    } else {
        CAST_UNICAST
    };
    RouterKey::new(
        farewell.source.into(),
        farewell.ifindex,
        farewell.vrid,
        cast,
    )
}

fn say(socket: &AdvertSocket, farewell: &Farewell) {
    let path = Path {
        ifindex: farewell.ifindex,
        source: farewell.source,
        multicast: farewell.multicast,
    };
    let packets: Vec<_> = farewell
        .packets
        .iter()
        .map(|(to, packet)| (*to, &packet[..]))
        .collect();
    let outcomes = socket.send_all(path, &packets);
    log::warn!("({}) handing over: nobody carries on here", farewell.name);
    for error in outcomes.into_iter().filter_map(Result::err) {
        log::error!("({}) cannot say farewell: {error}", farewell.name);
    }
}
