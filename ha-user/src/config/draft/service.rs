//! What the file says of virtual servers.

use super::super::diagnostic::{At, Place};
use super::super::model::Command;
use super::super::model::service::{Protocol, WithoutServer};
use super::check::{CheckDraft, HasChecks, HasRhythm, RhythmDraft};
use std::net::SocketAddr;

/// What a virtual server stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) enum Whom {
    Address(SocketAddr),
    Mark(u32),
    Group(String),
}

/// `virtual_server`.
#[derive(Debug)]
pub(in crate::config) struct VirtualServerDraft {
    pub whom: Whom,
    pub at: Place,
    pub protocol: Option<Protocol>,
    pub quorum: Option<At<u32>>,
    pub hysteresis: Option<At<u32>>,
    pub omega: bool,
    pub ha_suspend: Option<Place>,
    pub fail_static: bool,
    pub without_server: WithoutServer,
    pub quorum_up: Option<At<Command>>,
    pub quorum_down: Option<At<Command>>,
    pub sorry_server: Option<SocketAddr>,
    /// What its real servers say otherwise.
    pub defaults: ServerDefaults,
    pub servers: Vec<RealServerDraft>,
}

impl VirtualServerDraft {
    pub(in crate::config) fn new(whom: Whom, at: Place) -> Self {
        Self {
            whom,
            at,
            protocol: None,
            quorum: None,
            hysteresis: None,
            omega: false,
            ha_suspend: None,
            fail_static: false,
            without_server: WithoutServer::default(),
            quorum_up: None,
            quorum_down: None,
            sorry_server: None,
            defaults: ServerDefaults::default(),
            servers: Vec::new(),
        }
    }
}

/// What a virtual server says for all its real servers, and each for itself.
#[derive(Clone, Debug, Default)]
pub(in crate::config) struct ServerDefaults {
    pub rhythm: RhythmDraft,
    pub virtualhost: Option<At<String>>,
    pub weight: Option<u32>,
    pub inhibit_on_failure: Option<bool>,
    pub smtp_alert: Option<bool>,
}

impl ServerDefaults {
    /// What is said here, and otherwise what is said by `outer`.
    pub(in crate::config) fn or(self, outer: Self) -> Self {
        Self {
            rhythm: self.rhythm.or(outer.rhythm),
            virtualhost: self.virtualhost.or(outer.virtualhost),
            weight: self.weight.or(outer.weight),
            inhibit_on_failure: self.inhibit_on_failure.or(outer.inhibit_on_failure),
            smtp_alert: self.smtp_alert.or(outer.smtp_alert),
        }
    }
}

/// `real_server`.
#[derive(Debug)]
pub(in crate::config) struct RealServerDraft {
    pub address: At<SocketAddr>,
    pub own: ServerDefaults,
    /// Most have none.
    pub commands: Option<Box<ServerCommands>>,
    pub checks: Vec<CheckDraft>,
}

/// What is run when a real server becomes good or bad.
#[derive(Debug, Default)]
pub(in crate::config) struct ServerCommands {
    pub up: Option<At<Command>>,
    pub down: Option<At<Command>>,
}

impl RealServerDraft {
    pub(in crate::config) fn new(address: At<SocketAddr>) -> Self {
        Self {
            address,
            own: ServerDefaults::default(),
            commands: None,
            checks: Vec::new(),
        }
    }

    pub(in crate::config) fn commands(&mut self) -> &mut ServerCommands {
        self.commands.get_or_insert_default()
    }
}

/// `virtual_server_group`.
#[derive(Debug)]
pub(in crate::config) struct GroupDraft {
    pub name: At<String>,
    pub addresses: Vec<SocketAddr>,
    /// It has a firewall mark.
    pub has_mark: bool,
}

/// A block that speaks of real servers: one, or all of a virtual server.
pub(in crate::config) trait HasServer {
    fn server(&mut self) -> &mut ServerDefaults;
}

impl HasServer for VirtualServerDraft {
    fn server(&mut self) -> &mut ServerDefaults {
        &mut self.defaults
    }
}

impl HasServer for RealServerDraft {
    fn server(&mut self) -> &mut ServerDefaults {
        &mut self.own
    }
}

impl HasRhythm for VirtualServerDraft {
    fn rhythm(&mut self) -> &mut RhythmDraft {
        &mut self.defaults.rhythm
    }
}

impl HasRhythm for RealServerDraft {
    fn rhythm(&mut self) -> &mut RhythmDraft {
        &mut self.own.rhythm
    }
}

impl HasChecks for RealServerDraft {
    fn checks(&mut self) -> &mut Vec<CheckDraft> {
        &mut self.checks
    }
}
