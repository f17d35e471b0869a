//! Somebody who asks every millisecond who answers for a VIP.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::background::{Background, Stop};
use super::question_frame::{Answer, Asker, FILTER};
use super::realtime::{Duty, prefer_this_thread};
use super::{Host, Lan, Mac, PacketSocket, Question, Subject, Tools, Transcript};

/// Between two rounds of questions, on a real machine.
const RHYTHM: Duration = Duration::from_millis(1);

/// Asks every millisecond from a host of its own: ARP to everybody, and an ICMP echo to each
/// director's own MAC.
///
/// It must not share a host with a client: the ARP answers would keep that one's kernel up to
/// date and hide a takeover that nobody announced.
#[derive(Debug)]
pub struct Prober {
    notes: Arc<Mutex<Notes>>,
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
        let notes = Arc::default();
        let echoes = directors.iter().copied().map(Subject::Echo);
        let mut work = Work {
            socket,
            asker: Asker::new(mac, address, vip),
            subjects: [Subject::Arp].into_iter().chain(echoes).collect(),
            notes: Arc::clone(&notes),
        };
        let thread = Background::start("prober", move |stop| work.run(&stop))?;
        Ok(Self { notes, thread })
    }

    /// What was asked and answered so far.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        lock(&self.notes).transcript.clone()
    }

    /// Lets `read` look at what was asked and answered so far, without a copy. The prober waits
    /// meanwhile.
    pub fn look<T>(&self, read: impl FnOnce(&Transcript) -> T) -> T {
        read(&lock(&self.notes).transcript)
    }

    /// What was asked before `end`, which is forgotten: answers that come later count for nothing.
    #[must_use]
    pub fn take_before(&self, end: Instant) -> Transcript {
        lock(&self.notes).take_before(end)
    }

    /// Stops asking.
    ///
    /// # Errors
    /// When the interface failed meanwhile.
    pub fn finish(self) -> Result<Transcript> {
        self.thread.finish()?;
        Ok(std::mem::take(&mut lock(&self.notes).transcript))
    }
}

/// What was asked, but for what nobody needs any more.
#[derive(Debug, Default)]
struct Notes {
    transcript: Transcript,
    /// Questions taken away; the number of the first that is left.
    taken: usize,
}

impl Notes {
    fn take_before(&mut self, end: Instant) -> Transcript {
        let questions = &mut self.transcript.questions;
        let count = questions.partition_point(|question| question.at < end);
        self.taken += count;
        Transcript {
            questions: questions.drain(..count).collect(),
        }
    }

    /// Notes a question; returns its number.
    fn ask(&mut self, at: Instant, subject: Subject) -> usize {
        let questions = &mut self.transcript.questions;
        questions.push(Question {
            at,
            subject,
            answers: Vec::new(),
        });
        self.taken + questions.len() - 1
    }

    fn answer(&mut self, answer: Answer) {
        let index = answer.number.checked_sub(self.taken);
        let question = index.and_then(|index| self.transcript.questions.get_mut(index));
        if let Some(question) = question {
            question.answers.push(answer.from);
        }
    }
}

struct Work {
    socket: PacketSocket,
    asker: Asker,
    subjects: Vec<Subject>,
    notes: Arc<Mutex<Notes>>,
}

impl Work {
    fn run(&mut self, stop: &Stop) -> Result<()> {
        prefer_this_thread(Duty::Measure);
        let rhythm = RHYTHM * Tools::slowness();
        let mut round = Instant::now();
        while !stop.is_requested() {
            self.ask()?;
            // A round that comes late is not made up for: bursts would not tell more.
            round = (round + rhythm).max(Instant::now());
            self.listen(round)?;
        }
        Ok(())
    }

    /// Asks everything at once, so that one round has one time.
    fn ask(&mut self) -> io::Result<()> {
        let mut notes = lock(&self.notes);
        let at = Instant::now();
        let asker = &mut self.asker;
        let frames = self.subjects.iter().map(|subject| {
            let number = notes.ask(at, *subject);
            asker.frame(number, *subject)
        });
        let frames: Vec<_> = frames.collect();
        drop(notes);
        self.socket.send_all(&frames)
    }

    fn listen(&mut self, until: Instant) -> io::Result<()> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Some(frame) = self.socket.receive(left)? else {
                return Ok(());
            };
            if let Some(answer) = self.asker.answer(frame) {
                lock(&self.notes).answer(answer);
            }
        }
    }
}

fn lock(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}
