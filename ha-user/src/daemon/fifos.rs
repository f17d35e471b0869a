//! The operator's pipes (`notify_fifo` and its likes), and the commands that read them.
//!
//! Both outlive a worker: the next one finds in the testament which pipes were made and what reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::model::fifo::Fifo;
use crate::config::model::{Config, ScriptUser};
use crate::notify::pipe::Pipe;
use crate::script::{Account, Lasting, Script};

/// What is written into a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    /// Instances and groups.
    Routers,
    /// Virtual and real servers.
    Servers,
}

/// All pipes.
#[derive(Debug, Default)]
pub(super) struct Fifos {
    pipes: Vec<(Topics, Pipe)>,
    left: Left,
}

/// What one pipe gets.
type Topics = &'static [Topic];

/// What must be known of pipes when the process is another one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Left {
    /// All of them.
    open: BTreeSet<PathBuf>,
    /// Pipes that were made, and are to go with the daemon.
    made: BTreeSet<PathBuf>,
    /// What reads each, and its command line.
    readers: BTreeMap<PathBuf, (Vec<String>, Lasting)>,
    /// What was told last of servers.
    servers: BTreeMap<String, bool>,
}

impl Left {
    /// Pipes that are open as long as this lives: who reads them sees no end, and what is in them is not
    /// lost, though the process that writes dies.
    pub(super) fn hold(&self) -> Vec<File> {
        let open = self.open.iter().map(|path| Pipe::open_existing(path));
        open.filter_map(io::Result::ok).collect()
    }

    /// Ends what reads the pipes, and takes those away that were made.
    pub(super) fn clear(&mut self) {
        for (_, reader) in std::mem::take(&mut self.readers).into_values() {
            reader.end();
        }
        for path in std::mem::take(&mut self.made) {
            remove(&path);
        }
    }
}

impl Fifos {
    /// None yet; `left` by the process before.
    pub(super) fn new(left: Left) -> Self {
        Self {
            pipes: Vec::new(),
            left,
        }
    }

    /// What the next process must know.
    pub(super) const fn left(&self) -> &Left {
        &self.left
    }

    /// Has the pipes that `config` asks for, and no others. What reads them is started again at a reload,
    /// else only if it does not run.
    pub(super) fn follow(&mut self, config: &Config, is_reload: bool) {
        const BOTH: Topics = &[Topic::Routers, Topic::Servers];
        let fifos = &config.fifos;
        let wanted = [
            (BOTH, &fifos.all),
            (&BOTH[..1], &fifos.vrrp),
            (&BOTH[1..], &fifos.servers),
        ];
        let mut pipes = std::mem::take(&mut self.pipes);
        let mut readers = std::mem::take(&mut self.left.readers);
        for (topics, fifo) in wanted {
            let Some(fifo) = fifo else { continue };
            let open = pipes.iter().position(|(_, pipe)| pipe.path() == fifo.path);
            let pipe = open.map(|at| pipes.swap_remove(at).1);
            let pipe = pipe.or_else(|| self.open(fifo));
            self.pipes.extend(pipe.map(|pipe| (topics, pipe)));
            let before = readers.remove(&fifo.path);
            self.read(fifo, before, config.global.script_user.as_ref(), is_reload);
        }
        for (_, reader) in readers.into_values() {
            reader.end();
        }
        self.left.open = self
            .pipes
            .iter()
            .map(|(_, pipe)| pipe.path().to_owned())
            .collect();
        self.forget_others();
    }

    /// Writes `line` into every pipe that gets `topic`.
    pub(super) fn tell(&mut self, topic: Topic, line: &str) {
        let concerned = self.pipes.iter_mut();
        for (_, pipe) in concerned.filter(|(topics, _)| topics.contains(&topic)) {
            pipe.write(line);
        }
    }

    /// Whether `is_up` is another state of a server, or a virtual server, than was told last.
    pub(super) fn is_news(&mut self, server: &str, is_up: bool) -> bool {
        self.left.servers.insert(server.to_owned(), is_up) != Some(is_up)
    }

    /// Ends everything.
    pub(super) fn clear(&mut self) {
        self.pipes.clear();
        self.left.clear();
    }

    fn open(&mut self, fifo: &Fifo) -> Option<Pipe> {
        let path = fifo.path.display();
        let owner = fifo.owner.as_ref().map(Account::of).transpose();
        let opened = owner.and_then(|owner| {
            let opened = Pipe::open(&fifo.path, owner);
            opened.map_err(|error| error.to_string())
        });
        match opened {
            Ok((pipe, made)) => {
                self.left.made.extend(made.then(|| fifo.path.clone()));
                Some(pipe)
            }
            Err(error) => {
                log::error!("nothing is written to {path}: {error}");
                None
            }
        }
    }

    /// Has `fifo` read by its command, which `before` may be already.
    fn read(
        &mut self,
        fifo: &Fifo,
        before: Option<(Vec<String>, Lasting)>,
        script_user: Option<&ScriptUser>,
        is_reload: bool,
    ) {
        let command = fifo.script.clone().map(|mut command| {
            command.words.push(fifo.path.display().to_string());
            command
        });
        if let Some((words, reader)) = before {
            let same = command.as_ref().is_some_and(|one| one.words == words);
            if same && !is_reload && reader.is_alive() {
                self.left.readers.insert(fifo.path.clone(), (words, reader));
                return;
            }
            reader.end();
        }
        let Some(command) = command else { return };
        let what = format!("notify fifo script `{}`", command.words.join(" "));
        let started = Script::new(&command, script_user).and_then(|script| {
            let started = Lasting::start(&script, what.clone());
            started.map_err(|error| error.to_string())
        });
        match started {
            Ok(reader) => {
                let reader = (command.words, reader);
                self.left.readers.insert(fifo.path.clone(), reader);
            }
            Err(error) => log::error!("cannot run {what}: {error}"),
        }
    }

    /// Takes away what was made and is not asked for any more.
    fn forget_others(&mut self) {
        let Left { open, made, .. } = &mut self.left;
        for path in made.difference(open) {
            remove(path);
        }
        made.retain(|path| open.contains(path));
    }
}

fn remove(path: &Path) {
    let removed = fs::remove_file(path);
    if let Err(error) = removed
        && error.kind() != io::ErrorKind::NotFound
    {
        log::warn!("cannot remove {}: {error}", path.display());
    }
}
