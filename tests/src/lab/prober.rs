//! Somebody who asks every millisecond who answers for a VIP.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::background::{Background, Stop};
use super::question_frame::{Answer, Asker, FILTER};
use super::{Host, Lan, Mac, PacketSocket, Question, Subject, Transcript};

/// Between two rounds of questions.
const RHYTHM: Duration = Duration::from_millis(1);

/// Asks every millisecond from a host of its own: ARP to everybody, and an ICMP echo to each
/// director's own MAC.
///
/// It must not share a host with a client: the ARP answers would keep that one's kernel up to
/// date and hide a takeover that nobody announced.
#[derive(Debug)]
pub struct Prober {
    transcript: Arc<Mutex<Transcript>>,
    thread: Background,
}

impl Prober {
    /// Starts asking about `vip` on `interface` of `host`, which `lan` knows and which has
    /// `address`. The 16 addresses after that one must be free: ARP has no sequence numbers, so
    /// questions take turns with sender addresses.
    ///
    /// # Errors
    /// Without the interface.
    pub fn start(
        lan: &Lan,
        (host, interface, address): (&Host, &str, Ipv4Addr),
        vip: Ipv4Addr,
        directors: &[Mac],
    ) -> Result<Self> {
        let mac = lan
            .mac(host, interface)
            .context("the prober is not on this LAN")?;
        let socket = PacketSocket::open(host.netns(), interface)?;
        socket.filter(&FILTER)?;
        let transcript = Arc::default();
        let mut work = Work {
            socket,
            asker: Asker::new(mac, address, vip),
            directors: directors.to_vec(),
            transcript: Arc::clone(&transcript),
        };
        let thread = Background::start("prober", move |stop| work.run(&stop))?;
        Ok(Self { transcript, thread })
    }

    /// What was asked and answered so far.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        lock(&self.transcript).clone()
    }

    /// Lets `read` look at what was asked and answered so far, without a copy. The prober waits
    /// meanwhile.
    pub fn look<T>(&self, read: impl FnOnce(&Transcript) -> T) -> T {
        read(&lock(&self.transcript))
    }

    /// Stops asking.
    ///
    /// # Errors
    /// When the interface failed meanwhile.
    pub fn finish(self) -> Result<Transcript> {
        self.thread.finish()?;
        Ok(std::mem::take(&mut *lock(&self.transcript)))
    }
}

struct Work {
    socket: PacketSocket,
    asker: Asker,
    directors: Vec<Mac>,
    transcript: Arc<Mutex<Transcript>>,
}

impl Work {
    fn run(&mut self, stop: &Stop) -> Result<()> {
        let mut round = Instant::now();
        while !stop.is_requested() {
            self.ask(Subject::Arp)?;
            for index in 0..self.directors.len() {
                self.ask(Subject::Echo(self.directors[index]))?;
            }
            // A round that comes late is not made up for: bursts would not tell more.
            round = (round + RHYTHM).max(Instant::now());
            self.listen(round)?;
        }
        Ok(())
    }

    fn ask(&mut self, subject: Subject) -> io::Result<()> {
        let mut transcript = lock(&self.transcript);
        let number = transcript.questions.len();
        transcript.questions.push(Question {
            at: Instant::now(),
            subject,
            answers: Vec::new(),
        });
        drop(transcript);
        self.socket.send(self.asker.frame(number, subject))
    }

    fn listen(&mut self, until: Instant) -> io::Result<()> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Some(frame) = self.socket.receive(left)? else {
                return Ok(());
            };
            if let Some(Answer { number, from }) = self.asker.answer(frame) {
                let mut transcript = lock(&self.transcript);
                if let Some(question) = transcript.questions.get_mut(number) {
                    question.answers.push(from);
                }
            }
        }
    }
}

fn lock(transcript: &Mutex<Transcript>) -> MutexGuard<'_, Transcript> {
    transcript.lock().unwrap_or_else(PoisonError::into_inner)
}
