//! One run of a probe: a socket, and the dialogue on it.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use ha_common::Nanos;
use rustix::event::epoll::EventFlags;
use socket2::Socket;

use super::super::dialogue::{Dialogue, Want};
use super::super::{Failure, Outcome};
use super::target::{Carrier, Target};

/// Octets that are read at once.
pub(super) const ROOM: usize = 16 << 10;
/// How often in a row one run reads: a server that says more and more must not keep others waiting.
const READS: usize = 16;

/// The server will say no more.
const ENDED: EventFlags = EventFlags::RDHUP.union(EventFlags::HUP);
/// There is something to hear, an end, or an error.
pub(super) const HEARD: EventFlags = EventFlags::IN.union(EventFlags::ERR).union(ENDED);

/// When each part of a run was done, from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// It could be spoken to.
    pub connected: Option<Duration>,
    /// It began to answer.
    pub answered: Option<Duration>,
    /// It was over.
    pub ended: Duration,
}

impl Timing {
    /// Of what was one question and one answer.
    pub(super) const fn at_once(time: Duration) -> Self {
        Self {
            connected: None,
            answered: Some(time),
            ended: time,
        }
    }
}

/// A run that is under way.
pub(super) struct Run {
    socket: Socket,
    carrier: Carrier,
    dialogue: Box<dyn Dialogue>,
    begun: Nanos,
    timing: Timing,
    /// What is still to be said.
    unsaid: Bytes,
    /// There may be more to hear, which the kernel does not tell again.
    is_interrupted: bool,
}

impl Run {
    /// Sets out at `now`.
    ///
    /// # Errors
    /// There is no way, for people.
    pub(super) fn begin(
        target: &Target,
        carrier: Carrier,
        dialogue: Box<dyn Dialogue>,
        now: Nanos,
    ) -> Result<Self, Failure> {
        let socket = target.connect(carrier).map_err(|error| failed(&error))?;
        Ok(Self {
            socket,
            carrier,
            dialogue,
            begun: now,
            timing: Timing::default(),
            unsaid: Bytes::new(),
            is_interrupted: false,
        })
    }

    /// Goes on with what the kernel tells of the socket, for as long as there is something to say or to
    /// hear, or for a while. Returns how it has ended, if it has.
    pub(super) fn advance(
        &mut self,
        now: Nanos,
        told: EventFlags,
        room: &mut [u8; ROOM],
    ) -> Option<Outcome> {
        self.is_interrupted = false;
        let outcome = match self.exchange(now, told, room) {
            Ok(outcome) => outcome?,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
            Err(error) => Err(failed(&error)),
        };
        self.timing.ended = now.saturating_since(self.begun);
        Some(outcome)
    }

    /// Ends at `now`, for lack of time.
    pub(super) fn expire(&mut self, now: Nanos) -> Outcome {
        self.timing.ended = now.saturating_since(self.begun);
        match self.timing.connected {
            Some(_) => self.dialogue.expire(),
            None => Err(Failure::new("no connection in time")),
        }
    }

    /// Whether it was told to stop before it was done.
    pub(super) const fn is_interrupted(&self) -> bool {
        self.is_interrupted
    }

    pub(super) const fn timing(&self) -> Timing {
        self.timing
    }

    fn exchange(
        &mut self,
        now: Nanos,
        told: EventFlags,
        room: &mut [u8; ROOM],
    ) -> io::Result<Option<Outcome>> {
        if self.timing.connected.is_none() {
            if !self.is_connected(told)? {
                return Ok(None);
            }
            self.timing.connected = Some(now.saturating_since(self.begun));
            let want = self.dialogue.begin();
            if let Some(outcome) = self.follow(want)? {
                return Ok(Some(outcome));
            }
        }
        self.say()?;
        match told.intersects(HEARD) {
            true => self.hear(now, told, room),
            false => Ok(None),
        }
    }

    fn is_connected(&self, told: EventFlags) -> io::Result<bool> {
        if told.contains(EventFlags::ERR)
            && let Some(error) = self.socket.take_error()?
        {
            return Err(error);
        }
        Ok(told.contains(EventFlags::OUT))
    }

    fn hear(
        &mut self,
        now: Nanos,
        told: EventFlags,
        room: &mut [u8; ROOM],
    ) -> io::Result<Option<Outcome>> {
        let is_stream = self.carrier != Carrier::Udp;
        for _ in 0..READS {
            let count = self.socket.read(room)?;
            self.timing
                .answered
                .get_or_insert(now.saturating_since(self.begun));
            if count == 0 && is_stream {
                return Ok(Some(self.dialogue.close()));
            }
            let want = self.dialogue.hear(&room[..count]);
            if let Some(outcome) = self.follow(want)? {
                return Ok(Some(outcome));
            }
            // Nothing is left of a stream, whose end is told apart from it (`epoll(7)`).
            if is_stream && count < room.len() && !told.intersects(ENDED) {
                return Ok(None);
            }
        }
        self.is_interrupted = true;
        Ok(None)
    }

    fn follow(&mut self, want: Want) -> io::Result<Option<Outcome>> {
        match want {
            Want::End(outcome) => return Ok(Some(outcome)),
            Want::Say(octets) => {
                if octets.is_empty() {
                    // A datagram all the same.
                    self.socket.send(&octets)?;
                }
                self.unsaid = octets;
                self.say()?;
            }
            Want::Hear => {}
        }
        Ok(None)
    }

    fn say(&mut self) -> io::Result<()> {
        while self.unsaid.has_remaining() {
            let count = self.socket.write(&self.unsaid)?;
            self.unsaid.advance(count);
        }
        Ok(())
    }
}

impl AsFd for Run {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// What the kernel says, without its number.
pub(super) fn failed(error: &io::Error) -> Failure {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    Failure::new(words.to_lowercase())
}
