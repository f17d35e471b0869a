//! How a worker ends: in order, or in the middle of everything.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;
use tokio::time::timeout;

use super::Worker;
use crate::daemon::exit::Exit;
use crate::daemon::link::Word;
use crate::daemon::notifier;
use crate::daemon::order::{Order, Report};
use crate::logging;

/// How long the farewell and the removal of addresses may take before the process ends anyway.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// How long scripts that are told of the end may run.
const STOP_SCRIPTS: Duration = Duration::from_secs(1);

impl Worker<'_> {
    /// Ends in the middle of everything. What is under way - a script, an address, a burst of
    /// announcements - the next worker finds as after a crash; only the log is not lost.
    pub(super) async fn give_way(mut self) -> ! {
        log::info!("Giving way to the next process");
        self.write_testament();
        self.adverts.orders.send(Order::Cease);
        let ceased = async {
            while !matches!(
                self.adverts.reports.recv().await,
                Some(Report::Stopped) | None
            ) {}
        };
        if timeout(STOP_TIMEOUT, ceased).await.is_ok() {
            drop((self.pid, self.sole));
            self.supervisor.say(&Word::Gone).await;
        }
        // Half a dump would stay where it is drafted. Whoever is slow is ended by the supervisor.
        self.dumps.finish().await;
        logging::flush();
        // Without a destructor more: the control socket may be the next process's by now.
        std::process::exit(Exit::Success as i32)
    }

    /// Leaves every router, then takes the data path off: addresses first, so that nothing here
    /// answers once the program is gone.
    pub(super) async fn stop(mut self) -> Result<ExitCode> {
        log::info!("Stopping");
        self.trackers.clear();
        self.adverts.orders.send(Order::Stop);
        let mut priorities = BTreeMap::new();
        let left = async {
            while let Some(report) = self.adverts.reports.recv().await {
                match report {
                    Report::Stopped => return,
                    Report::Retired(_) | Report::DualActive { .. } | Report::HeardLower { .. } => {}
                    Report::Transition {
                        router, priority, ..
                    } => {
                        let known = self.routers.get(router);
                        let name = known.map(|known| known.plan.name.clone());
                        priorities.extend(name.map(|name| (name, priority.get())));
                    }
                }
            }
        };
        let left = timeout(STOP_TIMEOUT, left).await;
        self.priorities.extend(priorities.clone());
        self.tell_end();
        if left.is_err() {
            log::error!("could not leave every router within {STOP_TIMEOUT:?}");
        } else if self.adverts.thread.is_finished() || wait_for(self.adverts.thread).await {
            log::debug!("left every router");
        }
        if let Some(datapath) = &mut self.datapath {
            for error in datapath.detach_all() {
                log::error!("{error}");
            }
        }
        notifier::run_stop_scripts(&self.config, &priorities, STOP_SCRIPTS).await;
        self.fifos.clear();
        self.control.abort();
        drop(self.pid);
        log::info!("Stopped");
        Ok(Exit::Success.into())
    }
}

async fn wait_for(thread: JoinHandle<Result<()>>) -> bool {
    let joined = tokio::task::spawn_blocking(move || thread.join());
    matches!(timeout(STOP_TIMEOUT, joined).await, Ok(Ok(Ok(Ok(())))))
}
