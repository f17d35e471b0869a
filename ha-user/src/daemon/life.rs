//! Whether all threads of a worker go round. The main loop asks the others and goes on; that it does is its
//! own sign of life.

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::checks::Checks;
use super::order::{Order, Orders};

/// Questions to the other threads.
#[derive(Debug, Default)]
pub(super) struct Life(JoinSet<()>);

impl Life {
    /// Asks.
    pub(super) fn ask(&mut self, adverts: &Orders, checks: &Checks) {
        let (reply, adverts_answer) = oneshot::channel();
        adverts.send(Order::Answer(reply));
        let health_answers = checks.answer();
        self.0.spawn(async move {
            // A thread that is gone ends this process.
            let _ = adverts_answer.await;
            if let Some(answer) = health_answers {
                let _ = answer.await;
            }
        });
    }

    /// Waits until all have answered; for ever if nobody has asked. Can be cancelled.
    pub(super) async fn shown(&mut self) {
        if self.0.join_next().await.is_none() {
            std::future::pending().await
        }
    }
}
