//! What a worker does before anybody could notice: a successor does this while its predecessor works.

use anyhow::{Context as _, Result};
use tokio::sync::oneshot;

use super::link::{Link, Word};
use super::plan;
use super::signals::Signals;
use super::startup;
use super::testament::Testament;
use crate::cli::Options;
use crate::config::model::Config;
use crate::datapath::{Datapath, Hook, Loaded};
use crate::net::link::Monitor;

/// A worker that touches nothing yet.
pub(super) struct Prepared {
    pub(super) config: Config,
    pub(super) signals: Signals,
    pub(super) monitor: Monitor,
    /// Attached to nothing by us, but perhaps by a previous process.
    pub(super) datapath: Option<Datapath>,
    /// Programs for a data path that was inherited without, as soon as the kernel has taken them.
    pub(super) loading: Option<oneshot::Receiver<Loaded>>,
    /// What a previous process has left for us, and we leave for the next.
    pub(super) testament: Option<Testament>,
}

impl Prepared {
    /// Looks at interfaces, and at what the kernel has of a previous process. Without that the
    /// kernel's verifier sees the programs now.
    ///
    /// # Errors
    /// If what cannot be done without is not to be had.
    pub(super) async fn new(options: &Options, config: Config) -> Result<Self> {
        let signals = Signals::new()?;
        let monitor = Monitor::open()
            .await
            .context("cannot watch the interfaces")?;
        let plans = plan::plan(&config, monitor.links());
        let datapath =
            startup::open_datapath(config.xdp.mode, options.debug_xdp, &plans, monitor.links())?;
        Ok(Self {
            config,
            signals,
            monitor,
            datapath,
            loading: None,
            testament: Testament::of_supervisor(),
        })
    }

    /// Whether it goes on with the programs and maps of a previous process.
    fn adopts(&self) -> bool {
        let programs = self.datapath.as_ref().map(|one| one.program(Hook::Xdp));
        programs.is_some_and(|ours| ours.is_none())
    }

    /// Does all that can be done beforehand, and waits to be told to take over; `false` if that never
    /// comes.
    ///
    /// # Errors
    /// If the kernel refuses the programs.
    pub(super) async fn wait_for_turn(&mut self, supervisor: &mut Link) -> Result<bool> {
        let adopts = self.adopts();
        self.load_programs().await?;
        supervisor.say(&Word::Prepared { adopts }).await;
        loop {
            match supervisor.next().await {
                Some(Word::TakeOver) => return Ok(true),
                Some(_) => {}
                None => return Ok(false),
            }
        }
    }

    /// Has the kernel's verifier see the programs now that take the place of a previous process's:
    /// a program that it refuses is refused before anything has changed.
    ///
    /// # Errors
    /// If it does.
    async fn load_programs(&mut self) -> Result<()> {
        let Some(loading) = startup::load_programs(self.datapath.as_mut()) else {
            return Ok(());
        };
        let programs = loading
            .await
            .context("the kernel does not take the programs of this version")?;
        let (done, loading) = oneshot::channel();
        // The receiver is right here.
        drop(done.send(programs));
        self.loading = Some(loading);
        Ok(())
    }
}
