//! What the health thread is told, and what it tells.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::report::Summary;
use super::services::WantedService;
use crate::check::prober::Finding;
use crate::config::model::check::Check;
use crate::config::model::service::VirtualServer;
use crate::config::model::ssl::Ssl;
use crate::config::model::{Command, ScriptUser};
use crate::datapath::ServiceTable;

/// What the health thread is told.
#[derive(Debug)]
pub(in crate::daemon) enum Order {
    /// Probe what these ask for, and nothing else, from now on.
    Follow(Box<Assignment>),
    /// A service, by its name, is suspended, or not, from now on.
    Suspend(String, bool),
    /// A command has ended.
    Ended(Finding),
    /// Say that this thread goes round.
    Answer(oneshot::Sender<()>),
    /// How is everything?
    Inquire(oneshot::Sender<Summary>),
    /// End.
    Stop,
}

/// Everything that is to be probed.
#[derive(Debug)]
pub(in crate::daemon) struct Assignment {
    /// What priorities follow.
    pub(in crate::daemon) checks: Vec<Wanted>,
    /// What the data path gates.
    pub(in crate::daemon) services: Vec<WantedService>,
    /// By which it does.
    pub(in crate::daemon) table: Option<ServiceTable>,
    /// Whom commands run as that name nobody.
    pub(in crate::daemon) script_user: Option<ScriptUser>,
    /// How probes speak TLS.
    pub(in crate::daemon) ssl: Ssl,
}

/// What somebody asks to be probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::daemon) struct Wanted {
    /// Who asks.
    pub(in crate::daemon) name: String,
    /// What must all be good.
    pub(in crate::daemon) checks: Vec<Arc<Check>>,
    /// What was thought of it by whoever had it probed before.
    pub(in crate::daemon) known: Option<bool>,
}

/// What the main loop is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::daemon) enum News {
    /// What a priority follows is good or bad from now on.
    Verdict(Verdict),
    /// A command of the operator's is due.
    Run(Command),
    /// A server is good or bad from now on, or there are enough of a service or not.
    Service(ServiceChange),
    /// What was told by [`Order::Follow`] is looked after, and nothing else any more.
    Following,
}

/// What has become of a service, or of one of its servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::daemon) struct ServiceChange {
    pub(in crate::daemon) service: Arc<VirtualServer>,
    /// Place of the server; `None` is the service.
    pub(in crate::daemon) server: Option<usize>,
    pub(in crate::daemon) is_up: bool,
    /// Why, for people.
    pub(in crate::daemon) said: String,
}

/// A verdict that has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::daemon) struct Verdict {
    /// Who asked.
    pub(in crate::daemon) name: String,
    /// Whether all is good.
    pub(in crate::daemon) up: bool,
}
