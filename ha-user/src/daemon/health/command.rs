//! `MISC_CHECK`: a command of the operator's, run by the main loop's runtime.

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
            let ended = script.run_on_leash(timeout).await;
            let weight = weight(&ended).filter(|_| is_dynamic);
            orders.send(Order::Ended(Finding {
                probe,
                outcome: judge(ended, weight),
                weight,
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

/// What an exit code has the server count for, with `misc_dynamic`: two less, from 2 on.
fn weight(ended: &Outcome) -> Option<u32> {
    match ended {
        Outcome::Ended(status) => u32::try_from(status.code()?).ok()?.checked_sub(2),
        _ => None,
    }
}

/// Whoever says what the server counts for has found it good.
fn judge(ended: Outcome, weight: Option<u32>) -> check::Outcome {
    match weight.is_some() || ended.is_success() {
        true => Ok(()),
        false => Err(Failure::new(ended.describe())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::*;

    #[test]
    fn a_dynamic_code_is_a_weight() {
        let ended = |code: i32| Outcome::Ended(ExitStatus::from_raw(code << 8));
        let weights = [0, 1, 2, 255].map(|code| weight(&ended(code)));
        assert_eq!(weights, [None, None, Some(0), Some(253)]);
        assert_eq!(weight(&Outcome::Ended(ExitStatus::from_raw(9))), None);
        assert_eq!(weight(&Outcome::TimedOut), None);
    }

    #[test]
    fn who_tells_a_weight_is_good() {
        let ended = |code: i32| Outcome::Ended(ExitStatus::from_raw(code << 8));
        let codes = [
            (0, None),
            (1, None),
            (2, None),
            (2, Some(0)),
            (255, Some(253)),
        ];
        let good = codes.map(|(code, weight)| judge(ended(code), weight).is_ok());
        assert_eq!(good, [true, false, false, true, true]);
        assert!(judge(Outcome::TimedOut, None).is_err());
    }
}
