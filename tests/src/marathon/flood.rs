//! A moment of adverts that nobody needs.

use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::lab::PacketSocket;
use crate::stranger;
use crate::watched::{INTERFACE, Pair};

/// Adverts sent at once, in bursts as far apart: 50,000 adverts in a second. More would push the
/// directors' own adverts out of the cables' queues.
const BATCH: usize = 50;
const RHYTHM: Duration = Duration::from_millis(1);
/// Bursts.
const BURSTS: usize = 200;

/// Floods everybody with a stranger's valid adverts of low priority, on a thread.
pub(super) fn burst<const N: usize>(pair: &Pair<N>) -> Result<()> {
    let socket = PacketSocket::open(pair.stranger.netns(), INTERFACE)?;
    let frames = vec![stranger::advert(pair)?; BATCH];
    thread::spawn(move || {
        for _ in 0..BURSTS {
            // A queue that is full has been flooded.
            let _ = socket.send_all(&frames);
            thread::sleep(RHYTHM);
        }
    });
    Ok(())
}
