//! The next worker, which gets ready while the present one still runs.

use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, timeout_at};

use super::child::Child;
use super::link::Word;
use super::role::{self, Role};
use super::testament::Testament;

/// The kernel's verifier takes tenths of a second for our programs, more on a machine that is busy.
const LIMIT: Duration = Duration::from_secs(20);
/// From the end of the link to the end of the process.
const END: Duration = Duration::from_secs(1);

/// A worker of the program as it is installed now.
#[derive(Debug)]
pub(super) struct Successor {
    pub(super) child: Child,
    limit: Instant,
}

impl Successor {
    /// Starts one.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn start(testament: &Testament) -> Result<Self> {
        let program = role::installed_program();
        let child = Child::start(&program, Role::Successor, testament)?;
        log::info!(
            "Restarting: {} gets ready (pid {})",
            program.display(),
            child.process.pid().as_raw_pid()
        );
        Ok(Self {
            child,
            limit: Instant::now() + LIMIT,
        })
    }

    /// Waits until it can take over; tells whether it carries on with what the present worker leaves
    /// in the kernel. Can be cancelled without losing anything.
    ///
    /// # Errors
    /// For people: why it cannot. It lives no more then.
    pub(super) async fn prepared(&mut self) -> Result<bool, String> {
        loop {
            let word = timeout_at(self.limit, self.child.link.next()).await;
            match word {
                Ok(Some(Word::Prepared { adopts })) => return Ok(adopts),
                Ok(Some(_)) => {}
                Ok(None) => return Err(self.how_it_ended().await),
                Err(_) => {
                    let _ = self.child.process.kill().await;
                    return Err(format!("the new program was not ready within {LIMIT:?}"));
                }
            }
        }
    }

    async fn how_it_ended(&mut self) -> String {
        match self.child.process.ended_within(END).await {
            Ok(Some(status)) => {
                format!("the new program cannot start ({status}); the log says why")
            }
            Ok(None) => "the new program does not speak with this one".to_owned(),
            Err(error) => format!("{error:#}"),
        }
    }
}
