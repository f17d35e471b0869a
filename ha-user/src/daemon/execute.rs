//! Carries out what the engine decides: the one place where an [`Action`] becomes an effect.

mod addresses;
mod adverts;

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd;

use ha_common::abi::Election;
use ha_common::{Nanos, Priority};
use tokio::sync::mpsc::UnboundedSender;

use self::adverts::{Says, Voice, Waiting};
use super::describe::describe;
use super::order::{Orders, Report};
use super::plan::RouterPlan;
use crate::datapath::RecordTable;
use crate::net::address::AddressWorker;
use crate::net::advert::Cast;
use crate::net::announce::Announcer;
use crate::net::peers::PeerKeeper;
use crate::net::socket::AdvertSocket;
use crate::notify;
use crate::vrrp::{Action, RouterId, Slots, State, TransitionReason};

/// Effects of the engine on the world.
#[derive(Debug)]
pub(super) struct Executor {
    /// Adverts leave, and arrive, here.
    pub(super) socket: AdvertSocket,
    /// Records of the data path, or their stand-in.
    pub(super) records: RecordTable,
    routers: Slots<Carriage>,
    announcer: Announcer,
    addresses: AddressWorker,
    peers: PeerKeeper,
    orders: Orders,
    reports: UnboundedSender<Report>,
    /// A data path keeps questions from being answered while addresses are on their way out.
    guarded: bool,
    /// Adverts that leave together, when no action asks for another order.
    waiting: Vec<Waiting>,
}

/// A router as the executor sees it.
#[derive(Debug)]
struct Carriage {
    /// Apart, for most turns need nothing of it.
    plan: Box<RouterPlan>,
    /// What it said last, if the plan has not changed since.
    voice: Option<Voice>,
    /// An advert of it waits to leave.
    speaking: bool,
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
    /// Gratuitous ARP, on a thread of its own.
    pub(super) announcer: Announcer,
    /// Netlink, on a thread of its own.
    pub(super) addresses: AddressWorker,
    /// Ways to unicast peers, on a thread of its own.
    pub(super) peers: PeerKeeper,
    /// Back to the advert thread.
    pub(super) orders: Orders,
    /// To the main loop.
    pub(super) reports: UnboundedSender<Report>,
}

impl Executor {
    /// An executor without routers.
    #[must_use]
    pub(super) fn new(means: Means) -> Self {
        Self {
            socket: means.socket,
            records: means.records,
            routers: Slots::default(),
            announcer: means.announcer,
            addresses: means.addresses,
            peers: means.peers,
            orders: means.orders,
            reports: means.reports,
            guarded: false,
            waiting: Vec::new(),
        }
    }

    /// Whether a data path is attached from now on.
    pub(super) fn guard(&mut self, guarded: bool) {
        self.guarded = guarded;
    }

    /// Has `program` tell which adverts are worth reading.
    pub(super) fn filter_by(&mut self, program: impl AsFd) {
        if let Err(error) = self.socket.filter_by(program) {
            log::warn!("every advert will wake vipd: the socket's filter: {error}");
        }
    }

    /// Joins the group that adverts of `plan` are sent to, if they go to one.
    pub(super) fn listen(&mut self, plan: &RouterPlan) -> io::Result<()> {
        match plan.framing.cast {
            Cast::Multicast(group) => self.socket.join(plan.ifindex, group),
            Cast::Unicast(_) => Ok(()),
        }
    }

    /// Takes a router in.
    pub(super) fn install(&mut self, router: RouterId, plan: RouterPlan) {
        describe(self.records.record(router), &plan);
        let carriage = Carriage {
            plan: Box::new(plan),
            voice: None,
            speaking: false,
            generation: 0,
            leaving: false,
            farewell: false,
            send_failed: false,
        };
        self.routers.insert(router, carriage);
    }

    /// Gives a router a new plan. Addresses that it no longer has, and none of `heirs` holds, are
    /// taken off at once; new ones of an owner are announced, and put on when the engine has taken
    /// the plan in.
    pub(super) fn replace(
        &mut self,
        router: RouterId,
        plan: RouterPlan,
        heirs: &BTreeSet<RouterId>,
    ) {
        let Some(carriage) = self.routers.get_mut(router) else {
            return;
        };
        describe(self.records.record(router), &plan);
        let before = std::mem::replace(&mut *carriage.plan, plan);
        carriage.voice = None;
        self.exchange_addresses(router, &before.addresses, heirs);
    }

    /// Forgets a router.
    pub(super) fn remove(&mut self, router: RouterId) {
        if self.routers.remove(router).is_some() {
            self.records.record(router).reset();
        }
    }

    /// Plan of a router.
    #[must_use]
    pub(super) fn plan(&self, router: RouterId) -> Option<&RouterPlan> {
        let carriage = self.routers.get(router)?;
        Some(&carriage.plan)
    }

    /// Whether addresses or a farewell of `router` are still on their way.
    #[must_use]
    pub(super) fn is_leaving(&self, router: RouterId) -> bool {
        self.routers
            .get(router)
            .is_some_and(|carriage| carriage.leaving)
    }

    /// Carries out `actions`, those of each router in their order: adverts of all routers leave
    /// together, and what follows a router's advert waits until it has left. Where the engine acts,
    /// adverts that it knew may be news again.
    pub(super) fn carry_out(&mut self, actions: impl IntoIterator<Item = Action>) {
        let mut afterwards = Vec::new();
        for action in actions {
            let record = self.records.record(action.router());
            record.hearing().set_familiar(None);
            let speaking = self.is_speaking(action.router());
            match action {
                Action::Advertise {
                    router,
                    priority,
                    sent_at,
                    lease,
                } => {
                    if speaking {
                        self.settle(&mut afterwards);
                    }
                    let says = Says::new(priority, sent_at, lease);
                    self.advertise(router, priority, says);
                }
                action if speaking => afterwards.push(action),
                action => self.execute(action),
            }
        }
        self.settle(&mut afterwards);
    }

    /// Sends what waits to be sent, then does what waits for that.
    fn settle(&mut self, afterwards: &mut Vec<Action>) {
        self.send_waiting();
        for action in afterwards.drain(..) {
            self.execute(action);
        }
    }

    /// Carries out one action that is not an advert.
    fn execute(&mut self, action: Action) {
        match action {
            // Adverts leave together.
            Action::Advertise { .. } => {}
            Action::BeginOwnership {
                router,
                since,
                until,
            } => self.begin_ownership(router, since, until),
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
            Action::DualActive {
                router,
                other,
                priority,
            } => self.report_dual_active(router, other, priority),
            Action::HeardLower {
                router,
                other,
                priority,
            } => self.report_lower(router, other, priority),
            Action::Transition {
                router,
                to,
                priority,
                reason,
                ..
            } => {
                self.log_transition(router, to, reason);
                // The main loop outlives this thread, unless both are going down.
                let _ = self.reports.send(Report::Transition {
                    router,
                    to,
                    priority,
                    adopted: reason == TransitionReason::Adopted,
                });
            }
        }
    }

    /// Begins an ownership, unless someone else has spoken since the engine decided that: this
    /// process stood still, and before the ownership there was nothing for that advert to fence.
    fn begin_ownership(&self, router: RouterId, since: Nanos, until: Nanos) {
        let record = self.records.record(router);
        if record.last_advert() <= since {
            record.set_last_sent(since);
            record.set_owned_since(since);
            record.set_owned_until(until);
        }
    }

    fn report_dual_active(&self, router: RouterId, other: IpAddr, priority: Priority) {
        if let Some(plan) = self.plan(router) {
            let name = &plan.name;
            log::warn!("({name}) DUAL_ACTIVE: {other} (priority {priority}) is Active, too");
        }
        // The main loop outlives this thread, unless both are going down.
        let _ = self.reports.send(Report::DualActive {
            router,
            priority: self.priority(router),
        });
    }

    fn report_lower(&self, router: RouterId, other: IpAddr, priority: Priority) {
        let own = self.priority(router);
        if let Some(plan) = self.plan(router) {
            let name = &plan.name;
            log::debug!(
                "({name}) Received advert from {other} with lower priority {priority}, ours {own}"
            );
        }
        // The main loop outlives this thread, unless both are going down.
        let _ = self.reports.send(Report::HeardLower {
            router,
            priority: own,
        });
    }

    /// Effective Priority of a router.
    fn priority(&self, router: RouterId) -> Priority {
        Priority::new(self.records.record(router).election().priority)
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
