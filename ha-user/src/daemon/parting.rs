//! How a supervisor parts from a worker.

use std::time::Duration;

use anyhow::Result;
use rustix::process::Signal;
use tokio::time::timeout;

use super::child::Child;
use super::link::{Link, Word};

/// How long a worker may take to withdraw adverts and addresses before it is killed.
pub(super) const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a worker may take to stop where it stands. It goes on until then.
const GIVE_WAY_TIMEOUT: Duration = Duration::from_millis(500);

/// Ends a worker in order.
pub(super) async fn stop(worker: &mut Child) -> Result<()> {
    worker.process.signal(Signal::TERM);
    let ended = worker.process.ended_within(STOP_TIMEOUT).await?;
    if ended.is_none() {
        log::error!("the VRRP process did not stop within {STOP_TIMEOUT:?} and was killed");
    }
    Ok(())
}

/// Has a worker do nothing any more, whether it is gone or not.
pub(super) async fn give_way(worker: &mut Child) -> Result<()> {
    worker.link.say(&Word::GiveWay).await;
    let Child { link, process } = worker;
    let gone = async {
        tokio::select! {
            // Threads of one that hangs up may still run.
            ended = process.ended() => ended.map(drop),
            () = said_gone(link) => Ok(()),
        }
    };
    let Ok(gone) = timeout(GIVE_WAY_TIMEOUT, gone).await else {
        log::warn!("the VRRP process did not give way within {GIVE_WAY_TIMEOUT:?}: killing it");
        return worker.process.kill().await.map(drop);
    };
    gone
}

async fn said_gone(link: &mut Link) {
    while link.word().await != Word::Gone {}
}
