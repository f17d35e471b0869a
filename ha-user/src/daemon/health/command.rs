//! `MISC_CHECK`: a command of the operator's, run by the main loop's runtime.

use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::Order;
use crate::check::prober::{Finding, Timing};
use crate::check::{self, Failure, ProbeId};
use crate::config::model::{self, ScriptUser};
use crate::daemon::queue;
use crate::script::{Outcome, Script};

/// A command, and its run of now, which ends with this.
#[derive(Debug)]
pub(super) struct Program {
    script: Script,
    is_dynamic: bool,
    run: Option<JoinHandle<()>>,
}

impl Program {
    /// One that does not run yet.
    ///
    /// # Errors
    /// Names a user or group that does not exist.
    pub(super) fn new(
        command: &model::Command,
        is_dynamic: bool,
        script_user: Option<&ScriptUser>,
    ) -> Result<Self, String> {
        Ok(Self {
            script: Script::new(command, script_user)?,
            is_dynamic,
            run: None,
        })
    }

    /// Begins a run for `probe` that may take `timeout`; `orders` hears how it ends.
    pub(super) fn begin(
        &mut self,
        probe: ProbeId,
        timeout: Duration,
        runtime: &Handle,
        orders: &queue::Sender<Order>,
    ) {
        let (script, is_dynamic, orders) = (self.script.clone(), self.is_dynamic, orders.clone());
        let run = runtime.spawn(async move {
            let begun = Instant::now();
            let outcome = judge(script.run_on_leash(timeout).await, is_dynamic);
            orders.send(Order::Ended(Finding {
                probe,
                outcome,
                timing: Timing {
                    ended: begun.elapsed(),
                    ..Timing::default()
                },
            }));
        });
        self.end();
        self.run = Some(run);
    }

    /// Ends a run of which nothing is to be told.
    pub(super) fn end(&mut self) {
        if let Some(run) = self.run.take() {
            run.abort();
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}

/// With `misc_dynamic` every exit code but 1 is a success, 2 and more with a weight.
fn judge(outcome: Outcome, is_dynamic: bool) -> check::Outcome {
    let is_good = match outcome {
        Outcome::Ended(status) if is_dynamic && status.signal().is_none() => {
            status.code() != Some(1)
        }
        outcome => outcome.is_success(),
    };
    match is_good {
        true => Ok(()),
        false => Err(Failure::new(outcome.describe())),
    }
}

#[cfg(test)]
mod tests {
    use std::process::ExitStatus;

    use super::*;

    #[test]
    fn a_dynamic_code_is_a_weight() {
        let ended = |code: i32| Outcome::Ended(ExitStatus::from_raw(code << 8));
        let good = |is_dynamic: bool| {
            let codes = [0, 1, 2, 255].map(ended);
            codes.map(|outcome| judge(outcome, is_dynamic).is_ok())
        };
        assert_eq!(good(true), [true, false, true, true]);
        assert_eq!(good(false), [true, false, false, false]);
        assert!(judge(Outcome::Ended(ExitStatus::from_raw(9)), true).is_err());
        assert!(judge(Outcome::TimedOut, true).is_err());
    }
}
