//! In what order announcements are made, and how fast.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use ha_common::Nanos;

use super::line::Line;
use super::{Announcement, Held, Lane};

/// Announcements that one system call takes; before each, the addresses must still be held.
const SLICE: usize = 64;

/// Between two bursts of [`SLICE`] announcements where no pause between single ones is asked for.
/// Without it, thousands of addresses would overrun the queues on the way (a veth's holds 256), and
/// adverts would be lost in them.
const BREATH: Duration = Duration::from_millis(1);

/// Announcements of one kind and interface that are made one after the other, some times over.
pub(super) struct Round {
    announcements: Arc<[Announcement]>,
    made: usize,
    /// How often all are to be made, this time included.
    times: u32,
    /// After each.
    pause: Duration,
    held: Held,
}

impl Round {
    /// Announcements of which none has been made.
    pub(super) fn new(
        announcements: &[Announcement],
        times: u32,
        pause: Duration,
        held: Held,
    ) -> Self {
        Self {
            announcements: announcements.into(),
            made: 0,
            times,
            pause,
            held,
        }
    }

    /// What is to be made next; nothing at the end, or when it is no longer true.
    fn slice(&self) -> &[Announcement] {
        if self.times == 0 || !(self.held)() {
            return &[];
        }
        let most = if self.pause.is_zero() { SLICE } else { 1 };
        let left = &self.announcements[self.made..];
        &left[..left.len().min(most)]
    }

    /// The same once more, if it is to be repeated.
    fn again(self) -> Option<Self> {
        let times = self.times.saturating_sub(1);
        (times > 0).then_some(Self {
            made: 0,
            times,
            ..self
        })
    }
}

/// What is still to be said.
#[derive(Default)]
pub(super) struct Queues(BTreeMap<Lane, Queue>);

impl Queues {
    /// Takes in a round for `lane`.
    pub(super) fn add(&mut self, lane: Lane, round: Round) {
        self.0.entry(lane).or_default().first.push_back(round);
    }

    /// When [`Self::speak`] is next worth calling.
    pub(super) fn next_at(&self) -> Option<Nanos> {
        self.0.values().map(|queue| queue.next_at).min()
    }

    /// Makes some announcements wherever it is time.
    pub(super) fn speak(&mut self, now: Nanos) {
        for queue in self.0.values_mut() {
            if queue.next_at <= now {
                queue.speak(now);
            }
        }
        self.0
            .retain(|_, queue| !queue.is_empty() || queue.next_at > now);
    }
}

/// What is still to be said in one lane.
#[derive(Default)]
struct Queue {
    /// By interface.
    lines: BTreeMap<u32, Line>,
    /// Announcements that nobody has heard yet come before repetitions.
    first: VecDeque<Round>,
    repetitions: VecDeque<Round>,
    next_at: Nanos,
}

impl Queue {
    fn is_empty(&self) -> bool {
        self.first.is_empty() && self.repetitions.is_empty()
    }

    /// Makes announcements until a pause is due.
    fn speak(&mut self, now: Nanos) {
        let mut made = 0;
        while made < SLICE {
            let Some((round, fresh)) = self.take() else {
                return;
            };
            let pause = round.pause;
            let some = self.go_on(round, fresh);
            if some > 0 && !pause.is_zero() {
                self.next_at = now + pause;
                return;
            }
            // One that has ended is not for nothing, or this might not end.
            made += some.max(1);
        }
        self.next_at = now + BREATH;
    }

    /// Makes the next slice of `round`, which ends if there is none. Returns how many were made.
    fn go_on(&mut self, mut round: Round, fresh: bool) -> usize {
        let slice = round.slice();
        let [Announcement { ifindex, .. }, ..] = *slice else {
            return 0;
        };
        let made = self.send(ifindex, slice).unwrap_or_else(|error| {
            log::debug!("cannot announce addresses on interface {ifindex}: {error}");
            // Their repetition may fare better.
            slice.len()
        });
        round.made += made;
        if round.made < round.announcements.len() {
            let queue = if fresh {
                &mut self.first
            } else {
                &mut self.repetitions
            };
            queue.push_front(round);
        } else {
            self.repetitions.extend(round.again());
        }
        made
    }

    /// The round that is next, and whether it is made for the first time.
    fn take(&mut self) -> Option<(Round, bool)> {
        let first = self.first.pop_front().map(|round| (round, true));
        first.or_else(|| Some((self.repetitions.pop_front()?, false)))
    }

    /// Returns how many have left. After a failure the line is opened anew.
    fn send(&mut self, ifindex: u32, slice: &[Announcement]) -> io::Result<usize> {
        let line = match self.lines.remove(&ifindex) {
            Some(line) => line,
            None => Line::open(ifindex)?,
        };
        let sent = line.send(slice)?;
        self.lines.insert(ifindex, line);
        Ok(sent)
    }
}
