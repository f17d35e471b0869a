//! Carries out what the engine decides: the one place where an [`Action`] becomes an effect.

use std::collections::BTreeMap;
use std::io;

use bytes::BytesMut;
use ha_common::abi::Election;
use ha_common::{Nanos, Priority};
use tokio::sync::mpsc::UnboundedSender;

use super::describe::describe;
use super::order::{Order, Orders, Report};
use super::plan::{CarriedAddress, RouterPlan};
use crate::datapath::RecordTable;
use crate::net::address::{AddressChange, AddressWorker, Operation, Outcome};
use crate::net::advert::Identification;
use crate::net::announce::Announcer;
use crate::net::clock;
use crate::net::netlink::Refusal;
use crate::net::socket::AdvertSocket;
use crate::notify;
use crate::vrrp::{Action, RouterId, State, TransitionReason};

/// Effects of the engine on the world.
#[derive(Debug)]
pub(super) struct Executor {
    /// Adverts leave, and arrive, here.
    pub(super) socket: AdvertSocket,
    /// Records of the data path, or their stand-in.
    pub(super) records: RecordTable,
    routers: BTreeMap<RouterId, Carriage>,
    announcer: Announcer,
    addresses: AddressWorker,
    orders: Orders,
    reports: UnboundedSender<Report>,
    /// A data path keeps questions from being answered while addresses are on their way out.
    guarded: bool,
    identification: Identification,
    packet: BytesMut,
}

/// A router as the executor sees it.
#[derive(Debug)]
struct Carriage {
    plan: RouterPlan,
    /// Counts changes of the addresses; an answer to an older one is stale.
    generation: u64,
    /// Addresses are being taken off.
    leaving: bool,
    /// Farewell that waits for the addresses to be gone.
    farewell: bool,
    /// The last send failed, and was said.
    send_failed: bool,
}

/// Everything that an executor works with.
#[derive(Debug)]
pub(super) struct Means {
    /// Raw socket of the adverts.
    pub(super) socket: AdvertSocket,
    /// Records of the data path, or their stand-in.
    pub(super) records: RecordTable,
    /// Socket of gratuitous ARP.
    pub(super) announcer: Announcer,
    /// Netlink, on a thread of its own.
    pub(super) addresses: AddressWorker,
    /// Back to the advert thread.
    pub(super) orders: Orders,
    /// To the main loop.
    pub(super) reports: UnboundedSender<Report>,
    /// Whether a data path is attached.
    pub(super) guarded: bool,
}

impl Executor {
    /// An executor without routers.
    #[must_use]
    pub(super) fn new(means: Means) -> Self {
        Self {
            socket: means.socket,
            records: means.records,
            routers: BTreeMap::new(),
            announcer: means.announcer,
            addresses: means.addresses,
            orders: means.orders,
            reports: means.reports,
            guarded: means.guarded,
            identification: Identification::default(),
            packet: BytesMut::new(),
        }
    }

    /// Takes a router in.
    pub(super) fn install(&mut self, router: RouterId, plan: RouterPlan) {
        let record = self.records.record(router);
        record.reset();
        describe(record, &plan);
        let carriage = Carriage {
            plan,
            generation: 0,
            leaving: false,
            farewell: false,
            send_failed: false,
        };
        self.routers.insert(router, carriage);
    }

    /// Gives a router a new plan. Addresses that it no longer has are taken off at once; new ones
    /// of an owner are announced, and put on when the engine has taken the plan in.
    pub(super) fn replace(&mut self, router: RouterId, plan: RouterPlan) {
        let Some(carriage) = self.routers.get_mut(&router) else {
            return;
        };
        let record = self.records.record(router);
        describe(record, &plan);
        let before = std::mem::replace(&mut carriage.plan, plan);
        let plan = &carriage.plan;
        if record.installed() {
            let dropped = without(&before.addresses, &plan.addresses);
            let changes = dropped.map(|address| address.change(Operation::Remove));
            self.addresses.submit(changes.collect(), |_| ());
        }
        if self.records.owns(router, clock::now()) {
            let repeat = plan.parameters.announcements.repeat;
            let added = without(&plan.addresses, &before.addresses);
            announce(&self.announcer, &added.collect::<Vec<_>>(), repeat);
        }
    }

    /// Forgets a router.
    pub(super) fn remove(&mut self, router: RouterId) {
        if self.routers.remove(&router).is_some() {
            self.records.record(router).reset();
        }
    }

    /// Plan of a router.
    #[must_use]
    pub(super) fn plan(&self, router: RouterId) -> Option<&RouterPlan> {
        self.routers.get(&router).map(|carriage| &carriage.plan)
    }

    /// Whether addresses or a farewell of `router` are still on their way.
    #[must_use]
    pub(super) fn is_leaving(&self, router: RouterId) -> bool {
        self.routers
            .get(&router)
            .is_some_and(|carriage| carriage.leaving)
    }

    /// Carries out one action.
    pub(super) fn execute(&mut self, action: Action) {
        match action {
            Action::Advertise {
                router,
                priority,
                sent_at,
                lease,
            } => {
                self.advertise(router, priority, sent_at, lease);
            }
            Action::BeginOwnership {
                router,
                since,
                until,
            } => {
                let record = self.records.record(router);
                record.set_last_sent(since);
                record.set_owned_since(since);
                record.set_owned_until(until);
            }
            Action::EndOwnership { router } => {
                self.records.record(router).set_owned_until(Nanos::NEVER);
            }
            Action::SetElection {
                router,
                priority,
                accept_min_priority,
            } => {
                let record = self.records.record(router);
                let election = record.election();
                record.set_election(Election {
                    priority: priority.get(),
                    accept_min_priority: accept_min_priority.get(),
                    ..election
                });
            }
            Action::Announce { router, repeat } => self.announce(router, repeat),
            Action::AddAddresses { router } => self.add_addresses(router),
            Action::RemoveAddresses { router } => self.remove_addresses(router),
            Action::Transition {
                router,
                to,
                priority,
                reason,
                ..
            } => {
                self.log_transition(router, to, reason);
                // What was adopted has not changed for anyone: no script runs.
                if reason != TransitionReason::Adopted {
                    // The main loop outlives this thread, unless both are going down.
                    let _ = self.reports.send(Report::Transition {
                        router,
                        to,
                        priority,
                    });
                }
            }
        }
    }

    /// The kernel has carried out a removal.
    pub(super) fn addresses_gone(&mut self, router: RouterId, generation: u64) {
        let Some(carriage) = self.routers.get_mut(&router) else {
            return;
        };
        if carriage.generation != generation {
            return;
        }
        carriage.leaving = false;
        self.records.record(router).set_installed(false);
        if std::mem::take(&mut carriage.farewell) {
            self.send(router, Priority::LEAVING);
        }
    }

    fn advertise(
        &mut self,
        router: RouterId,
        priority: Priority,
        sent_at: Nanos,
        lease: Option<Nanos>,
    ) {
        if priority == Priority::LEAVING && self.defer_farewell(router) {
            return;
        }
        let Some(until) = lease else {
            self.send(router, priority);
            return;
        };
        // This process may have stood still since the engine looked, or may do so in the send: a
        // lease that has expired meanwhile is neither spoken for nor renewed.
        if self.owns(router) && self.send(router, priority) && self.owns(router) {
            let record = self.records.record(router);
            record.set_last_sent(sent_at);
            record.set_owned_until(until);
        }
    }

    fn owns(&self, router: RouterId) -> bool {
        self.records.owns(router, clock::now())
    }

    /// Without a data path, the peer must not take over while the kernel here still answers.
    fn defer_farewell(&mut self, router: RouterId) -> bool {
        match self.routers.get_mut(&router) {
            Some(carriage) if carriage.leaving && !self.guarded => {
                carriage.farewell = true;
                true
            }
            _ => false,
        }
    }

    /// Hands an advert to the kernel; `false` if it would not take it.
    fn send(&mut self, router: RouterId, priority: Priority) -> bool {
        let Some(carriage) = self.routers.get_mut(&router) else {
            return false;
        };
        let RouterPlan {
            ifindex,
            framing,
            name,
            ..
        } = &carriage.plan;
        let mut sent = Err(io::ErrorKind::NotConnected.into());
        for destination in framing.destinations() {
            self.packet.clear();
            let ident = self.identification.take();
            framing.encode(priority, *destination, ident, &mut self.packet);
            let one = self
                .socket
                .send(*ifindex, framing.source, *destination, &self.packet);
            // One peer out of reach is no reason to keep quiet towards the others.
            sent = sent.or(one);
        }
        let failed = sent.is_err();
        if let Err(error) = sent
            && !carriage.send_failed
        {
            log::warn!("({name}) cannot send adverts: {error}");
        }
        carriage.send_failed = failed;
        !failed
    }

    fn announce(&self, router: RouterId, repeat: u32) {
        if let Some(plan) = self.plan(router) {
            announce(
                &self.announcer,
                &plan.addresses.iter().collect::<Vec<_>>(),
                repeat,
            );
        }
    }

    fn add_addresses(&mut self, router: RouterId) {
        let Some(carriage) = self.routers.get_mut(&router) else {
            return;
        };
        carriage.generation += 1;
        carriage.leaving = false;
        carriage.farewell = false;
        self.records.record(router).set_installed(true);
        let name = carriage.plan.name.clone();
        let changes = changes(&carriage.plan, Operation::Add);
        self.addresses.submit(changes, move |outcomes| {
            for (address, refusal) in failures(outcomes) {
                log::error!("({name}) cannot add {address}: {refusal}");
            }
        });
    }

    /// Puts back what somebody else has taken off: a router that answers for an address must
    /// also serve it.
    pub(super) fn restore_addresses(&mut self, router: RouterId) {
        let ours = self.records.record(router).installed() && !self.is_leaving(router);
        if let Some(plan) = self.plan(router).filter(|_| ours) {
            log::warn!(
                "({}) somebody has taken an address off: putting it back",
                plan.name
            );
            self.add_addresses(router);
        }
    }

    fn remove_addresses(&mut self, router: RouterId) {
        let Some(carriage) = self.routers.get_mut(&router) else {
            return;
        };
        carriage.generation += 1;
        carriage.leaving = true;
        let generation = carriage.generation;
        let orders = self.orders.clone();
        let name = carriage.plan.name.clone();
        self.addresses.submit(
            changes(&carriage.plan, Operation::Remove),
            move |outcomes| {
                for (address, refusal) in failures(outcomes) {
                    log::error!("({name}) cannot remove {address}: {refusal}");
                }
                orders.send(Order::AddressesGone { router, generation });
            },
        );
    }

    fn log_transition(&self, router: RouterId, to: State, reason: TransitionReason) {
        let Some(plan) = self.plan(router) else {
            return;
        };
        match reason {
            TransitionReason::Adopted => {
                log::info!("({}) {}", plan.name, notify::explain(reason));
                return;
            }
            TransitionReason::LeaseLost | TransitionReason::Fenced => {
                log::warn!("({}) {}", plan.name, notify::explain(reason));
            }
            _ => log::debug!("({}) {}", plan.name, notify::explain(reason)),
        }
        if let Some(word) = notify::state_word(to) {
            log::info!("({}) Entering {word} STATE", plan.name);
        }
    }
}

/// Addresses of `these` that are not among `those`.
fn without<'a>(
    these: &'a [CarriedAddress],
    those: &'a [CarriedAddress],
) -> impl Iterator<Item = &'a CarriedAddress> {
    these.iter().filter(|address| !those.contains(address))
}

/// Tells the neighbours of `addresses`, all of them `repeat` times.
fn announce(announcer: &Announcer, addresses: &[&CarriedAddress], repeat: u32) {
    for carried in addresses.repeat(repeat as usize) {
        let address = carried.address.address;
        let Some(mac) = carried.mac else { continue };
        if let Err(error) = announcer.announce(carried.ifindex, mac, address) {
            log::debug!("cannot announce {address}: {error}");
        }
    }
}

fn changes(plan: &RouterPlan, operation: Operation) -> Vec<AddressChange> {
    plan.addresses
        .iter()
        .map(|address| address.change(operation))
        .collect()
}

fn failures(outcomes: Vec<Outcome>) -> impl Iterator<Item = (String, Refusal)> {
    outcomes
        .into_iter()
        .filter_map(|Outcome { change, result }| {
            let address = format!("{}/{}", change.address, change.prefix_len);
            result.err().map(|refusal| (address, refusal))
        })
}
