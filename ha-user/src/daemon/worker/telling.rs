//! What the operator is told: by scripts, and by pipes.

use super::Worker;
use crate::config::model::{Config, Instance};
use crate::daemon::fifos::{Fifos, Topic};
use crate::daemon::health::ServiceChange;
use crate::daemon::mailer::Mailer;
use crate::daemon::notifier;
use crate::notify::letter::Letter;
use crate::notify::{self, Occasion, Subject, line};
use crate::vrrp::{RouterId, State};

impl Worker<'_> {
    /// A router has entered a state. What was adopted has not changed for anyone: nobody is told.
    pub(super) fn note_state(
        &mut self,
        router: RouterId,
        state: State,
        priority: u8,
        adopted: bool,
    ) {
        self.outlook.note(router, state);
        if !adopted {
            self.notify(router, Occasion::Entered(state), priority);
        }
        let Some(known) = self.routers.get(router) else {
            return;
        };
        let entered = self.groups.note(&self.config, &known.plan.name, state);
        if let Some((group, state)) = entered.filter(|_| !adopted) {
            self.entered.push((group.name.clone(), state));
        }
    }

    /// Tells of groups, when all that is known of their members has been told.
    pub(super) fn notify_groups(&mut self) {
        if !self.adverts.reports.is_empty() {
            return;
        }
        for (name, state) in std::mem::take(&mut self.entered) {
            let mut groups = self.config.sync_groups.iter();
            let Some(group) = groups.find(|group| group.name == name) else {
                continue;
            };
            let subject = Subject::Group(&group.name);
            let occasion = Occasion::Entered(state);
            notifier::start(&self.config, &group.notify, subject, occasion);
            let voices = (&mut self.mailer, &mut self.fifos);
            spread(voices, &self.config, subject, occasion, group.smtp_alert);
        }
    }

    pub(super) fn notify(&mut self, router: RouterId, occasion: Occasion, priority: u8) {
        let Some(known) = self.routers.get(router) else {
            return;
        };
        if let Some(instance) = self.config.instance(&known.plan.name) {
            let subject = Subject::Instance(&instance.name, priority);
            notifier::start(&self.config, &instance.notify, subject, occasion);
            let voices = (&mut self.mailer, &mut self.fifos);
            spread(voices, &self.config, subject, occasion, instance.smtp_alert);
        }
    }

    /// A MASTER of `priority` has heard a lower one.
    pub(super) fn notify_lower(&mut self, router: RouterId, priority: u8) {
        let Some(known) = self.routers.get(router) else {
            return;
        };
        if let Some(instance) = self.config.instance(&known.plan.name) {
            if let Some(command) = &instance.rarely.heard_lower {
                notifier::start_command(&self.config, command);
            }
            let line = line::of_lower(&instance.name, priority);
            self.fifos.tell(Topic::Routers, &line);
        }
    }

    /// Keeps the instances that `config` does not have any more, whose routers are to leave.
    pub(super) fn keep_removed(&mut self, config: &Config) {
        let is_gone = |instance: &&Instance| config.instance(&instance.name).is_none();
        self.removed.retain(|_, instance| is_gone(&&*instance));
        let gone = self.config.instances.iter().filter(is_gone);
        let gone = gone.map(|instance| (instance.name.clone(), instance.clone()));
        self.removed.extend(gone);
    }

    /// A router is no more; if its instance is not either, that is told.
    pub(super) fn notify_removal(&mut self, router: RouterId) {
        let Some(plan) = self.routers.leaving(router) else {
            return;
        };
        if let Some(instance) = self.removed.remove(&plan.name) {
            let last = self.priorities.get(&plan.name).copied();
            let priority = last.unwrap_or(plan.parameters.priority.get());
            let (word, commands) = notify::of_removal(&instance, priority);
            for command in commands {
                notifier::start_command(&self.config, &command);
            }
            let line = line::of_removal(&plan.name, word, priority);
            self.fifos.tell(Topic::Routers, &line);
        }
    }

    /// Tells of effective priorities that are others than before.
    pub(super) fn notify_priorities(&mut self) {
        let before = std::mem::take(&mut self.priorities);
        self.keep_priorities();
        let instances = self.config.instances.iter();
        for instance in instances.filter(|instance| instance.notify_priority_changes) {
            let name = &instance.name;
            let (Some(before), Some(now)) = (before.get(name), self.priorities.get(name)) else {
                continue;
            };
            let router = self.routers.named(name);
            let state = router.and_then(|router| self.outlook.state(router));
            if let Some(state) = state.filter(|_| before != now)
                && let Some(line) = line::of_priority(name, state, *now)
            {
                self.fifos.tell(Topic::Routers, &line);
            }
        }
    }

    /// From now on priorities are compared with those of now.
    pub(super) fn keep_priorities(&mut self) {
        let routers = self.routers.iter();
        let priorities = routers.map(|(_, one)| (one.plan.name.clone(), one.priority().get()));
        self.priorities = priorities.collect();
    }

    /// After a reload, tells the pipes of every state, if they want to know.
    pub(super) fn tell_states_again(&mut self) {
        if !self.config.fifos.states_on_reload {
            return;
        }
        let groups = self.config.sync_groups.iter().filter_map(|group| {
            let state = self.groups.state(&group.name)?;
            line::of_occasion(Subject::Group(&group.name), Occasion::Entered(state))
        });
        let instances = self.config.instances.iter().filter_map(|instance| {
            let router = self.routers.named(&instance.name)?;
            let state = self.outlook.state(router)?;
            let priority = self.priorities.get(&instance.name)?;
            let subject = Subject::Instance(&instance.name, *priority);
            line::of_occasion(subject, Occasion::Entered(state))
        });
        let lines: Vec<String> = groups.chain(instances).collect();
        for line in lines {
            self.fifos.tell(Topic::Routers, &line);
        }
    }

    /// Tells the pipes of the end of every instance and group.
    pub(super) fn tell_end(&mut self) {
        let instances = self.config.instances.iter().map(|instance| {
            let last = self.priorities.get(&instance.name);
            Subject::Instance(&instance.name, *last.unwrap_or(&instance.priority))
        });
        let groups = self.config.sync_groups.iter();
        let groups = groups.map(|group| Subject::Group(&group.name));
        for subject in instances.chain(groups) {
            if let Some(line) = line::of_occasion(subject, Occasion::Stop) {
                self.fifos.tell(Topic::Routers, &line);
            }
        }
    }

    /// A server or a service is up or down. What a worker finds that has just begun, the one before may have
    /// told.
    pub(super) fn note_service(&mut self, change: &ServiceChange) {
        let ServiceChange {
            service,
            server,
            is_up,
            said,
        } = change;
        let server = server.and_then(|place| service.servers.get(place));
        let what = line::service(service, server);
        if self.fifos.is_news(&what, *is_up) {
            let line = format!("{what} {}\n", line::up_or_down(*is_up));
            self.fifos.tell(Topic::Servers, &line);
            if server.map_or(service.smtp_alert, |server| server.smtp_alert) {
                let letter = Letter::of_service(service, server, line::up_or_down(*is_up), said);
                self.mailer.send(&self.config, &letter);
            }
        }
    }
}

/// Tells those of an occasion who run no script: the pipes, and, if that is wanted, people by mail.
fn spread(
    (mailer, fifos): (&mut Mailer, &mut Fifos),
    config: &Config,
    subject: Subject<'_>,
    occasion: Occasion,
    mails: bool,
) {
    if mails {
        mail_state(mailer, config, subject, occasion);
    }
    if let Some(line) = line::of_occasion(subject, occasion) {
        fifos.tell(Topic::Routers, &line);
    }
}

fn mail_state(mailer: &mut Mailer, config: &Config, subject: Subject<'_>, occasion: Occasion) {
    let Occasion::Entered(state) = occasion else {
        return;
    };
    if config.mail.is_silent_of_faults && matches!(state, State::Initialize { .. }) {
        return;
    }
    if let Some(letter) = Letter::of_state(subject, state) {
        mailer.send(config, &letter);
    }
}
