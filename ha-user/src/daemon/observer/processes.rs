//! Processes, as the kernel tells of them, or else as they are found now and then.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use ha_common::Nanos;

use crate::net::clock;
use crate::track::process::{
    Census, Events, Scope, Seen, Verdict, Wanted, everybody, is_loss, look,
};

/// How often everybody is counted where the kernel does not tell.
const INTERVAL: Duration = Duration::from_millis(250);
/// Counting takes no more than this part of the time, however many there are.
const SHARE: u32 = 20;
/// When events were lost, whoever makes so many gets so much time to end.
const RESPITE: Duration = Duration::from_millis(100);
/// Events that are taken before anything else is looked at.
const AT_ONCE: usize = 4096;

/// The processes that are followed.
#[derive(Debug, Default)]
pub(super) struct Processes {
    census: Census,
    source: Source,
    /// When everybody is to be counted, and for whom.
    count: Option<(Nanos, Scope)>,
    has_complained: bool,
}

/// How it is known who comes and goes.
#[derive(Debug, Default)]
enum Source {
    /// There is nothing to know.
    #[default]
    None,
    Events(Events),
    /// By counting again and again.
    Polling,
}

impl Processes {
    /// Follows these, and no others.
    pub(super) fn follow(&mut self, wanted: Vec<Wanted>) {
        self.census.follow(wanted);
        if self.census.is_empty() {
            (self.source, self.count) = (Source::None, None);
            return;
        }
        if matches!(self.source, Source::None) {
            self.source = listen();
        }
        let scope = match (&self.source, self.count) {
            (Source::Events(_), None | Some((_, Scope::New))) => Scope::New,
            _ => Scope::All,
        };
        self.count = Some((Nanos::new(0), scope));
    }

    /// Takes what has happened, and counts when it is time.
    pub(super) fn look(&mut self, now: Nanos) {
        if let Some((_, scope)) = self.count.filter(|(due, _)| *due <= now) {
            self.count_everybody(scope);
        }
        self.take_events();
        self.census.handle_timeout(clock::now());
    }

    /// When [`Self::look`] is to be called, if nothing happens.
    pub(super) fn next_deadline(&self) -> Option<Nanos> {
        let count = self.count.map(|(due, _)| due);
        count.into_iter().chain(self.census.next_deadline()).min()
    }

    /// What becomes readable when something happens.
    pub(super) const fn events(&self) -> Option<&Events> {
        match &self.source {
            Source::Events(events) => Some(events),
            Source::None | Source::Polling => None,
        }
    }

    /// What has changed since this was asked last. The words are keepalived's.
    pub(super) fn news(&mut self) -> Vec<Verdict> {
        let verdicts = self.census.verdicts();
        for Verdict { name, up, .. } in verdicts.iter().filter(|one| !one.is_first) {
            let what = if *up { "gained" } else { "lost" };
            log::info!("Quorum {what} for tracked process {name}");
        }
        verdicts
    }

    fn count_everybody(&mut self, scope: Scope) {
        let begun = clock::now();
        let people = people(self.census.needs_commands()).unwrap_or_else(|error| {
            if !std::mem::replace(&mut self.has_complained, true) {
                log::error!("cannot count processes, so there are none: {error}");
            }
            BTreeMap::new()
        });
        self.census.count(clock::now(), &people, scope);
        self.count = match self.source {
            Source::Polling => {
                let took = clock::now().saturating_since(begun);
                let pause = INTERVAL.max(took * SHARE);
                Some((clock::now() + pause, Scope::All))
            }
            Source::None | Source::Events(_) => None,
        };
    }

    fn take_events(&mut self) {
        let Source::Events(events) = &mut self.source else {
            return;
        };
        for _ in 0..AT_ONCE {
            match events.take() {
                Ok(Some(event)) => self.census.take(clock::now(), event, look),
                Ok(None) => return,
                Err(error) if is_loss(&error) => {
                    log::debug!("too much comes and goes: counting processes anew");
                    events.skip();
                    return self.count_soon();
                }
                Err(error) => return self.poll(&error),
            }
        }
    }

    /// No later for what is lost meanwhile.
    fn count_soon(&mut self) {
        let soon = clock::now() + RESPITE;
        let due = self.count.map_or(soon, |(due, _)| due.min(soon));
        self.count = Some((due, Scope::All));
    }

    /// The kernel tells no more.
    fn poll(&mut self, error: &io::Error) {
        say_that_it_polls(error);
        self.source = Source::Polling;
        self.count = Some((Nanos::new(0), Scope::All));
    }
}

fn listen() -> Source {
    match Events::open() {
        Ok(events) => Source::Events(events),
        Err(error) => {
            say_that_it_polls(&error);
            Source::Polling
        }
    }
}

fn say_that_it_polls(error: &io::Error) {
    log::info!(
        "processes are counted every {} ms: the kernel does not tell of them here ({error})",
        INTERVAL.as_millis()
    );
}

fn people(needs_commands: bool) -> io::Result<BTreeMap<u32, Seen>> {
    let everybody = everybody()?.into_iter();
    Ok(everybody
        .filter_map(|process| Some((process, look(process, needs_commands)?)))
        .collect())
}
