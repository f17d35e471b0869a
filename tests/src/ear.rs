//! Who hears the directors' adverts where a flood passes by.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::lab::{Host, Mac, PacketSocket, adverts_but_from};
use crate::watched::{INTERFACE, Pair};

/// How long the thread may take to notice that nobody listens to it any more.
const PATIENCE: Duration = Duration::from_millis(100);

/// Listens on a host of a [`Pair`] for adverts that the pair's stranger has not sent.
#[derive(Debug)]
pub struct Ear {
    heard: Arc<Mutex<Heard>>,
}

#[derive(Debug, Default)]
struct Heard {
    count: usize,
    last: Option<Instant>,
}

impl Ear {
    /// Starts listening on `host`.
    ///
    /// # Errors
    /// As of [`PacketSocket`].
    pub fn start<const N: usize>(pair: &Pair<N>, host: &Host) -> Result<Self> {
        let mut socket = PacketSocket::open(host.netns(), INTERFACE)?;
        let (_, Mac([.., a, b, c, d])) = pair.stranger()?;
        socket.filter(&adverts_but_from(u32::from_be_bytes([a, b, c, d])))?;
        let ear = Self {
            heard: Arc::default(),
        };
        let heard = Arc::downgrade(&ear.heard);
        thread::spawn(move || -> Result<()> {
            while let Some(heard) = heard.upgrade() {
                if socket.receive(PATIENCE)?.is_some() {
                    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                    heard.count += 1;
                    heard.last = Some(Instant::now());
                }
            }
            Ok(())
        });
        Ok(ear)
    }

    /// When the last advert was heard.
    #[must_use]
    pub fn last(&self) -> Option<Instant> {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .last
    }

    /// How many were heard.
    #[must_use]
    pub fn count(&self) -> usize {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .count
    }
}
